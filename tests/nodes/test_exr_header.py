"""Files that a host must not be pointed at, told from those that it may."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import OpenEXR
import pytest
from exr_files import H, W, blender_channels, header, noise, write_exr

from nodes.errors import WorkerError
from nodes.exr_header import check_exr, is_whole

RGB = {name: noise(seed) for seed, name in enumerate("RGB")}


def write_parts(path: Path) -> Path:
    """Two parts, as Blender 5 and Nuke write them."""
    names = ("ViewLayer.Combined", "ViewLayer.Depth")
    parts = [OpenEXR.Part(header(), {name: noise(1)}, name) for name in names]
    OpenEXR.File(parts).write(str(path))
    return path


def write_tiles(path: Path) -> Path:
    tiles = OpenEXR.TileDescription()
    tiles.xSize = tiles.ySize = 16
    attributes = {"type": OpenEXR.tiledimage, "tiles": tiles, "compression": OpenEXR.ZIP_COMPRESSION}
    OpenEXR.File(attributes, dict(RGB)).write(str(path))
    return path


WRITERS: dict[str, Callable[[Path], Path]] = {
    "one part": lambda path: write_exr(path, RGB),
    "no compression": lambda path: write_exr(path, RGB, compression=OpenEXR.NO_COMPRESSION),
    "large chunks": lambda path: write_exr(path, RGB, compression=OpenEXR.DWAB_COMPRESSION),
    "many layers": lambda path: write_exr(path, blender_channels()),
    "parts": write_parts,
    "tiles": write_tiles,
}


@pytest.mark.parametrize("write", WRITERS.values(), ids=WRITERS.keys())
def test_a_whole_file_is_told_from_one_that_was_cut_off(write: Callable[[Path], Path], tmp_path: Path) -> None:
    path = write(tmp_path / "frame.exr")
    found = check_exr(path)
    assert (found.width, found.height, found.color_space) == (W, H, "")
    whole = path.read_bytes()
    for end in (0, 3, 8, 100, 400, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:end])
        assert not is_whole(path)
        with pytest.raises(WorkerError, match="is not a complete EXR file; delete it"):
            check_exr(path)


def test_a_file_whose_writer_was_killed_is_not_whole(tmp_path: Path) -> None:
    """Until it is closed, the table of offsets is empty."""
    path = write_exr(tmp_path / "frame.exr", RGB, compression=OpenEXR.NO_COMPRESSION)
    whole = path.read_bytes()
    offsets = len(whole) - H * (8 + 3 * 2 * W) - 8 * H
    path.write_bytes(whole[:offsets] + bytes(8 * H) + whole[offsets + 8 * H :])
    assert not is_whole(path)


@pytest.mark.parametrize("content", [b"", b"\x89PNG\r\n\x1a\n" + bytes(200), b"v/1\x01" + b"\xff" * 400])
def test_what_is_no_exr_is_not_whole(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "frame.exr").write_bytes(content)
    assert not is_whole(tmp_path / "frame.exr")


def test_garbage_behind_a_good_beginning_never_gets_out_of_hand(tmp_path: Path) -> None:
    path = write_exr(tmp_path / "frame.exr", RGB)
    whole = bytearray(path.read_bytes())
    random = np.random.default_rng(4)
    for _ in range(300):
        damaged = bytearray(whole)
        for place in random.integers(4, 600, 3):
            damaged[place] = random.integers(256)
        path.write_bytes(damaged)
        is_whole(path)  # either, but no other error


def test_the_colour_space_is_read(tmp_path: Path) -> None:
    path = write_exr(tmp_path / "frame.exr", RGB, colorInteropID="lin_ap1_scene")
    assert check_exr(path).color_space == "lin_ap1_scene"


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(WorkerError, match=r"none\.exr cannot be read \(No such file or directory\)"):
        check_exr(tmp_path / "none.exr")

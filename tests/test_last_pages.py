"""A disk that fills up within the last eight pages of a file, whatever its format: an error, and no file of that name.

``make test-disk`` tries every hundredth byte of them.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import OpenEXR
import pytest
import torch
from exr_files import multipart, noise, rewrite, write_exr
from full_disk import largest_file
from small_network import CARD, STYLES, random_network
from small_shot import SmallShot, copy_of, leftovers

from vst_core import read_frame
from vst_core.errors import VstError
from vst_core.files.exr_file import COMPRESSIONS
from vst_core.flow.files import write_flo
from vst_core.image import Frame
from vst_core.networks import write_checkpoint
from vst_core.pipeline.clip import write_clip
from vst_core.pipeline.journal import publish
from vst_core.pipeline.movie import write_movie
from vst_core.pipeline.sheet import write_sheet
from vst_core.sequence import FrameSequence

PAGES = 8 * 4096
FEW = (1, 300, 4095, 4097, PAGES - 1)

Write = Callable[[Path], object]
"""Writes a file by a name."""


@pytest.fixture
def formats(tmp_path: Path, small_shot: SmallShot, rendered: Path) -> dict[str, Write]:
    """By the names of what they write."""
    channels = {name: noise(index, shape=(96, 120)) for index, name in enumerate("RGBA")}
    frame = read_frame(write_exr(tmp_path / "plate.exr", channels))
    mixed = channels | {"Z": noise(4, np.float32, (96, 120))}
    tiled = {"type": OpenEXR.tiledimage, "tiles": OpenEXR.TileDescription()}
    mixed_lines = read_frame(write_exr(tmp_path / "plate.mixed.exr", mixed))
    mixed_tiles = read_frame(write_exr(tmp_path / "plate.mixed tiles.exr", mixed, **tiled))
    parts = read_frame(multipart(tmp_path / "plate.parts.exr"))
    tiles = read_frame(multipart(tmp_path / "plate.tiles.exr", tiled=True))
    output = FrameSequence.parse(copy_of(rendered, tmp_path / "rendered") / "out.####.exr")
    every: dict[str, Write] = {
        f"{name}.exr": lambda path, name=name: write_large(path, frame, compression=name)  # type: ignore[misc]
        for name in COMPRESSIONS
    }
    return every | {
        "mixed.exr": lambda path: write_large(path, mixed_lines),
        "mixed tiles.exr": lambda path: write_large(path, mixed_tiles),
        "parts.exr": lambda path: write_large(path, parts),
        "tiles.exr": lambda path: write_large(path, tiles),
        "flow.flo": lambda path: write_flo(path, torch.rand(2, 96, 120)),
        "network.safetensors": lambda path: write_checkpoint(path, random_network(), STYLES, CARD),
        "sheet.png": lambda path: write_sheet([small_shot.pattern], path),
        "clip.otio": lambda path: write_clip(output, path, rate=Fraction(24)),
        "movie.mp4": lambda path: write_movie(small_shot.pattern, path, rate=Fraction(24)),
        "movie.mov": lambda path: write_movie(small_shot.pattern, path, rate=Fraction(24)),
        "out.manifest.json": lambda path: write_manifest(rendered, path),
    }


def write_large(path: Path, frame: Frame, compression: str | None = None) -> None:
    """With a header so large that only the whole file is too large for the disk, and not its pixels alone."""
    rewrite(path, frame, attributes={"shot": "x" * PAGES}, compression=compression)


def write_manifest(rendered: Path, path: Path) -> None:
    """By its journals, from which it is made."""
    if not path.parent.joinpath(".out.vst").exists():
        copy_of(rendered / ".out.vst", path.parent / ".out.vst")
    publish(FrameSequence.parse(path.with_name("out.####.exr")))


def try_all(formats: dict[str, Write], folder: Path, wanted: tuple[int, ...]) -> None:
    folder.mkdir()
    for name, write in formats.items():
        place = folder / name.replace(".", " ")
        place.mkdir()
        write(place / name)
        size = (place / name).stat().st_size
        (place / name).unlink()
        for missing in wanted:
            if missing < size:
                with largest_file(size - missing), pytest.raises(VstError):
                    write(place / name)
                assert not (place / name).exists(), f"{name} without its last {missing} bytes"
                assert leftovers(place) == []
        with largest_file(size):
            write(place / name)


def test_a_disk_that_fills_up_at_the_end_of_any_file(formats: dict[str, Write], tmp_path: Path) -> None:
    try_all(formats, tmp_path / "few", FEW)


@pytest.mark.slow
@pytest.mark.timeout(0)
def test_a_disk_that_fills_up_anywhere_at_the_end_of_any_file(formats: dict[str, Write], tmp_path: Path) -> None:
    try_all(formats, tmp_path / "many", tuple(range(1, PAGES, 100)))

from __future__ import annotations

import os
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
import torch
from small_training import smooth_picture, write_picture

from vst_core.errors import InputError
from vst_core.training.data import Clips, PictureFolder, Pictures, Scenes
from vst_core.training.motion import Clip

PICTURES = 5


def same(a: Clip, b: Clip) -> bool:
    return all(torch.equal(getattr(a, name), getattr(b, name)) for name in ("frames", "backward_flow", "valid"))


def opened(folder: Path) -> tuple[PictureFolder, list[Path]]:
    """A folder of pictures, and what it skips."""
    skipped: list[Path] = []
    return PictureFolder(folder, skipped.append), skipped


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Pictures, one of them in a folder of its own, one that does not decode, and something else."""
    for index in range(PICTURES - 1):
        write_picture(tmp_path / f"{index}.png", smooth_picture(index))
    write_picture(tmp_path / "deeper" / "last.jpg", smooth_picture(9))
    (tmp_path / "broken.png").write_bytes((tmp_path / "0.png").read_bytes()[:200])
    (tmp_path / "notes.txt").write_text("no picture")
    return tmp_path


@pytest.mark.parametrize("source", ["scenes", "folder"])
def test_a_batch_is_decided_by_its_number_alone(source: str, folder: Path) -> None:
    def pictures() -> Pictures:
        return Scenes(3) if source == "scenes" else opened(folder)[0]

    running = Clips(pictures(), 5)
    batches = [running.batch(number, 2, 2, 48) for number in range(3)]
    assert same(Clips(pictures(), 5).batch(2, 2, 2, 48), batches[2])
    assert same(running.batch(0, 2, 2, 48), batches[0])
    assert not torch.equal(batches[0].frames, batches[1].frames)
    assert not torch.equal(Clips(pictures(), 6).batch(0, 2, 2, 48).frames, batches[0].frames)


def test_clips_of_a_batch_differ_and_have_the_size_asked_for() -> None:
    batch = Clips(Scenes(0), 0).batch(0, 3, 2, 48)
    assert batch.frames.shape == (3, 2, 3, 48, 48)
    assert batch.backward_flow.shape == (3, 1, 2, 48, 48)
    assert batch.valid.shape == (3, 1, 1, 48, 48)
    assert not torch.equal(batch.frames[0], batch.frames[1])
    assert not torch.equal(batch.frames[1], batch.frames[2])
    assert Clips(Scenes(0), 0).batch(0, 1, 1, 48).backward_flow.shape == (1, 0, 2, 48, 48)


def test_pictures_below_a_folder_are_found_in_order(folder: Path) -> None:
    pictures, _ = opened(folder)
    names = [path.relative_to(folder).as_posix() for path in pictures.paths]
    assert names == ["0.png", "1.png", "2.png", "3.png", "broken.png", "deeper/last.jpg"]
    assert len(pictures) == PICTURES + 1


def test_a_picture_keeps_its_colours(folder: Path) -> None:
    pictures, _ = opened(folder)
    read = pictures.read(1, 104)
    assert read is not None
    assert read.dtype == np.float32
    np.testing.assert_allclose(read, smooth_picture(1), atol=0.003)


def test_small_pictures_grow_and_large_ones_shrink(tmp_path: Path) -> None:
    write_picture(tmp_path / "large.png", smooth_picture(0, 400, 700))
    write_picture(tmp_path / "small.png", smooth_picture(0, 20, 30))
    pictures, _ = opened(tmp_path)
    large, small = pictures.read(0, 64), pictures.read(1, 64)
    assert large is not None
    assert small is not None
    assert large.shape == (192, 336, 3)
    assert small.shape == (64, 96, 3)


def test_a_broken_picture_is_named_once_and_left_out(folder: Path) -> None:
    pictures, skipped = opened(folder)
    clips = Clips(pictures, 0)
    for number in range(8):
        assert bool(clips.batch(number, 2, 1, 48).frames.isfinite().all())
    assert skipped == [folder / "broken.png"]
    assert pictures.read(4, 48) is None
    assert len(skipped) == 1


def png(width: int, height: int, pixels: bytes) -> bytes:
    """A picture of one grey, of whatever size its header claims."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(pixels)) + chunk(b"IEND", b"")


def test_what_a_folder_of_photographs_may_hold(folder: Path) -> None:
    whole = (folder / "deeper" / "last.jpg").read_bytes()
    (folder / "cut.jpg").write_bytes(whole[: len(whole) // 2])
    (folder / "empty.png").write_bytes(b"")
    (folder / "bomb.png").write_bytes(png(60000, 60000, b"\0"))
    (folder / "folder.png").mkdir()
    (folder / "link.png").symlink_to(folder / "nowhere")
    (folder / os.fsdecode(b"Caf\xe9.jpg")).write_bytes(whole)  # a name that is not UTF-8
    pictures, skipped = opened(folder)
    read = {path.name: pictures.read(index, 48) for index, path in enumerate(pictures.paths)}
    broken = ["bomb.png", "broken.png", "cut.jpg", "empty.png", "folder.png", "link.png"]
    assert [path.name for path in skipped] == broken
    expected = read["last.jpg"]
    assert expected is not None
    found = read[os.fsdecode(b"Caf\xe9.jpg")]
    assert found is not None
    assert np.array_equal(found, expected)


@pytest.mark.parametrize("height", [1, 64])
def test_of_a_strip_as_much_is_taken_as_can_be_sampled(height: int, tmp_path: Path) -> None:
    (tmp_path / "strip.png").write_bytes(png(40000, height, (b"\0" + b"\x80" * 40000) * height))
    pictures, skipped = opened(tmp_path)
    frames = Clips(pictures, 0).batch(0, 2, 1, 64).frames
    assert bool(frames.isfinite().all())
    assert not skipped


def test_a_folder_of_broken_pictures_only_is_refused(tmp_path: Path) -> None:
    for index in range(3):
        (tmp_path / f"{index}.png").write_bytes(b"no picture")
    pictures, skipped = opened(tmp_path)
    with pytest.raises(InputError, match="none of the pictures can be decoded"):
        Clips(pictures, 0).batch(0, 2, 1, 48)
    assert sorted(skipped) == list(pictures.paths)


def test_a_folder_that_is_none_or_empty_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"is not a folder.*synthetic"):
        opened(tmp_path / "missing")
    (tmp_path / "notes.txt").write_text("no picture")
    with pytest.raises(InputError, match="contains no pictures"):
        opened(tmp_path)

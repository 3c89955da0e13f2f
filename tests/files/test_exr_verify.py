"""A file that is not what was to be written is no frame, whatever the libraries said while they wrote it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from exr_files import multipart, rewrite

from vst_core import OutputError, frame_io
from vst_core.files.exr_file import write_parts
from vst_core.frame_io import read_frame

Spoil = Callable[[list[Any], list[list[Any]]], object]


def pixel(part: int, row: int) -> Spoil:
    def spoil(_: list[Any], planes: list[list[Any]]) -> None:
        planes[part][-1] = planes[part][-1].copy()
        planes[part][-1][row, -1] += 1

    return spoil


def less(specs: list[Any], planes: list[list[Any]]) -> None:
    del specs[-1], planes[-1]


def moved(specs: list[Any], _: list[list[Any]]) -> None:
    specs[0].x += 1


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (pixel(0, 0), "the pixels of part 0 differ from row 0"),
        (pixel(2, -1), "the pixels of part 2 differ from row 39"),
        (less, "it has 2 parts instead of 3"),
        (lambda specs, _: specs[0].set_format("half"), "channels or their types differ"),
        (moved, "the windows differ"),
        (lambda specs, _: specs[0].attribute("compression", "rle"), "the compression differs"),
    ],
    ids=["first row", "last row", "parts", "types", "windows", "compression"],
)
def test_a_frame_that_was_written_otherwise_gets_no_name(
    spoil: Spoil, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plate = multipart(tmp_path / "plate.exr")

    def write(path: Path, specs: list[Any], planes: list[Any], *, final: Path) -> None:
        specs, planes = [spec.copy() for spec in specs], [list(each) for each in planes]
        spoil(specs, planes)
        write_parts(path, specs, planes, final=final)

    monkeypatch.setattr(frame_io, "write_parts", write)
    with pytest.raises(OutputError, match=rf"cannot be read back \({said}\)"):
        rewrite(tmp_path / "b.exr", read_frame(plate))
    assert list(tmp_path.iterdir()) == [plate]

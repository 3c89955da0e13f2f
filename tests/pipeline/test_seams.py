"""Where draft chunks meet, what they differ by is known without a render of the whole shot."""

from __future__ import annotations

import math
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from safetensors.torch import load_file
from small_network import with_network
from small_shot import SmallShot

from vst_core.pipeline.seams import Seam, find_seams
from vst_core.sequence import FrameSequence

Paint = Callable[..., list[Seam]]


@pytest.fixture
def paint(small_shot: SmallShot, small_network: Path, tmp_path: Path) -> Paint:
    """Renders chunks of the small shot's five frames into one folder; returns their seams."""

    def run(*chunks: str, **changes: Any) -> list[Seam]:
        for chunk in chunks:
            settings = with_network(small_network, frames="1001-1005", chunk=chunk, **changes)
            small_shot.render(tmp_path, **settings)
        return list(find_seams(FrameSequence.parse(tmp_path / "out.####.exr")))

    return run


def painting(folder: Path, chunk: str, frame: int) -> Any:
    return load_file(folder / ".out.vst" / chunk / f"{frame}.safetensors")["stylized"].float()


def test_a_seam_is_how_far_two_paintings_of_one_frame_are_apart(paint: Paint, tmp_path: Path) -> None:
    first, second = paint("1001-1002", "1003-1004", "1005", preroll=1)
    apart = painting(tmp_path, "1001-1002", 1002) - painting(tmp_path, "1003-1004", 1002)
    assert (first.frame, first.preroll, second.frame) == (1003, 1, 1005)
    assert first.error == pytest.approx(float(apart.square().mean().sqrt()))
    assert first.error is not None
    assert first.error > 0
    assert str(first).startswith("seam before frame 1003, preroll 1: ")


def test_a_preroll_from_the_first_frame_on_leaves_none_to_see(paint: Paint) -> None:
    assert paint("1001-1002", "1003-1005", preroll=9) == [Seam(1003, 9, 0.0)]


def test_whole_shots_exact_chunks_and_cuts_have_no_seam(paint: Paint) -> None:
    assert paint("1001-1002", "1003-1005") == []
    assert paint("1001-1002", "1003-1005", preroll=0, cuts="1003", overwrite=True) == []


def test_what_cannot_be_known_is_said_to_be(paint: Paint, tmp_path: Path) -> None:
    assert paint("1001-1002", "1003-1005", preroll=0) == [Seam(1003, 0, None)]
    (seam,) = paint("1001-1002", "1003-1005", preroll=1, overwrite=True)
    assert seam.error is not None
    assert not math.isnan(seam.error)
    shutil.rmtree(tmp_path / ".out.vst" / "1003-1005")
    (seam,) = paint()
    assert str(seam) == "seam before frame 1003, preroll 1: not known"

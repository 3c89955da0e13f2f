"""What is made of a shot for those who look at it: what it cannot be, in a line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from exr_files import write_exr
from small_shot import Outcome


@pytest.fixture
def pattern(tmp_path: Path) -> str:
    """Two frames, the second one larger."""
    for frame in (1, 2):
        picture = np.zeros((20, 30 * frame), np.float16)
        write_exr(tmp_path / f"shot.{frame:04d}.exr", dict.fromkeys("RGB", picture))
    return str(tmp_path / "shot.####.exr")


@pytest.mark.parametrize(
    ("command", "output", "options", "code", "complaint"),
    [
        ("sheet", "a.jpg", (), 2, "a contact sheet is written as PNG; end the output name in .png"),
        ("movie", "a.avi", (), 2, "is not a movie; end its name in .mp4 or .mov"),
        ("movie", "a.mp4", (), 4, "would change size partway through; give --frames"),
        ("movie", "a.mp4", ("--frames", "1-3"), 3, "1 of 3 frames are missing: 3"),
        ("movie", "a.mp4", ("--frames", "9" * 5000), 2, "is not a range of consecutive frames"),
        ("movie", "a.mp4", ("--rate", "24/0"), 2, "'24/0' is not a frame rate"),
        ("clip", "a.edl", (), 2, "is not a timeline; end its name in .otio"),
        ("clip", "a.otio", (), 3, "there is no manifest for these frames"),
    ],
)
def test_what_cannot_be_made(
    command: str,
    output: str,
    options: tuple[str, ...],
    code: int,
    complaint: str,
    pattern: str,
    tmp_path: Path,
    vst: Callable[..., Outcome],
) -> None:
    outcome = vst(command, pattern, "-o", tmp_path / output, *options)
    assert outcome.code == code
    assert complaint in outcome.complaint
    assert sorted(path.name for path in tmp_path.iterdir()) == ["shot.0001.exr", "shot.0002.exr"]

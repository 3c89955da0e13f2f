"""What the artist is told before a frame is spent."""

from __future__ import annotations

import re
from pathlib import Path

from real_blender import blender


def test_every_problem_has_a_line_and_a_button_that_mends_it(tmp_path: Path) -> None:
    found = blender("checking.preflight", tmp_path)
    assert [name for name, (_, gone) in found.items() if not gone] == []
    for name, words in {"blur": "motion blur", "vectors": "Vector pass", "preferences": "/nowhere/vst"}.items():
        assert words in found[name][0]
    assert all("\n" not in line and ";" in line for name, (line, _) in found.items() if line)


def test_the_worker_can_be_tried() -> None:
    assert re.fullmatch(r"vst \S+ on \w.*, \d+\.\d\d s for a frame of 128 x 128", blender("checking.trial"))


def test_files_are_named_as_the_engine_finds_them(tmp_path: Path) -> None:
    assert blender("checking.files", tmp_path) == [str(tmp_path / "flow.####.exr"), str(tmp_path / "shot_#.jp2")]

"""``vst plan`` as a supervisor meets it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import opentimelineio as otio
import pytest
from opentimelineio.opentime import RationalTime, TimeRange
from small_shot import Outcome, SmallShot

Run = Callable[..., Outcome]


def plan(vst: Run, shot: SmallShot, output: Path, *more: object) -> Outcome:
    return vst("plan", shot.pattern, "--style", "oil", "--output", output / "out.####.exr", *more)


def test_a_plan_is_a_table_and_renders_nothing(vst: Run, small_shot: SmallShot, tmp_path: Path) -> None:
    shown = plan(vst, small_shot, tmp_path / "out", "--chunks", "exact", "--chunk-size", 3)
    assert (shown.code, shown.err) == (0, "")
    assert [line.split() for line in shown.out.splitlines()] == [
        ["shot", "frames", "computed", "after", "memory"],
        ["shot", "1001-1003", "3", "-", "0.6", "GB"],
        ["shot", "1004-1005", "2", "1001-1003", "0.6", "GB"],
        [],
        ["2", "tasks,", "5", "frames,", "5", "computed,", "5", "in", "a", "row"],
    ]
    assert list(tmp_path.iterdir()) == []


def test_a_plan_is_json(vst: Run, small_shot: SmallShot, tmp_path: Path) -> None:
    shown = plan(vst, small_shot, tmp_path, "--chunks", "draft", "--chunk-size", 4, "--seconds-per-frame", 2, "--json")
    data = json.loads(shown.out)
    assert data["chunks"] == "draft"
    assert [(task["frames"], task["preroll"], task["after"]) for task in data["tasks"]] == [
        ("1001-1004", 0, None),
        ("1005", 4, None),
    ]
    assert data["seconds"] == 18


@pytest.mark.parametrize(("method", "seconds"), [("feedforward", 30), ("optimization", 15)])
def test_every_pass_of_a_network_takes_its_time(
    vst: Run, small_shot: SmallShot, tmp_path: Path, method: str, seconds: int
) -> None:
    more = ("--method", method, "--passes", 2, "--seconds-per-frame", 3)
    shown = plan(vst, small_shot, tmp_path, *more).out.splitlines()[-1]
    computed = seconds // 3
    assert shown.startswith(f"1 task, 5 frames, {computed} computed, {computed} in a row; {seconds} s on one machine")


def test_clips_whose_frames_are_not_said_are_named(vst: Run, small_shot: SmallShot, tmp_path: Path) -> None:
    cut, movie = otio.schema.Timeline("cut"), otio.schema.ExternalReference("sh.mov")
    used = TimeRange(RationalTime(2, 24), RationalTime(2, 24))
    own = {"vst": {"frames": "1002-1003"}}
    clips = [otio.schema.Clip("a", movie, used), otio.schema.Clip("b", movie.clone(), used, metadata=own)]
    cut.tracks.append(otio.schema.Track("V1", clips))
    otio.adapters.write_to_file(cut, str(tmp_path / "cut.otio"))
    more = ("--shots", tmp_path / "cut.otio", "--output", tmp_path / "{shot}.####.exr", "--json")
    shown = plan(vst, small_shot, tmp_path, *more)
    assert [task["frames"] for task in json.loads(shown.out)["tasks"]] == ["1001-1005", "1002-1003"]
    assert shown.err.startswith(f"warning: {tmp_path / 'cut.otio'}: which frames the cut uses is not said of ")
    assert shown.err.endswith("(a); using all frames on disk\n")
    assert plan(vst, small_shot, tmp_path, *more, "--frames", "1001-1002").err == ""


@pytest.mark.parametrize(
    ("more", "code", "text"),
    [
        (("--chunk-size", 0), 2, "--chunk-size: Input should be greater than or equal to 1"),
        (("--chunks", "many"), 2, "chunks: Input should be 'whole', 'exact' or 'draft'"),
        (("--seconds-per-frame", 0), 2, "--seconds-per-frame: "),
        (("--frames", "1004-1007"), 3, "2 of 4 frames are missing: 1006-1007"),
        (("--output", f"{__file__}/out.####.exr"), 4, "is a file, not a folder"),
        (("--style-weights", "x"), 2, "is not a list of numbers"),
    ],
)
def test_what_is_wrong_is_one_line(
    vst: Run, small_shot: SmallShot, tmp_path: Path, more: tuple[object, ...], code: int, text: str
) -> None:
    shown = plan(vst, small_shot, tmp_path, *more)
    assert shown.code == code
    assert text in shown.complaint


def test_chunks_by_hand(vst: Run, small_shot: SmallShot, tmp_path: Path) -> None:
    def render(*more: object) -> Outcome:
        return vst(*small_shot.command(tmp_path, *more))

    missing = render("--chunk", "1003-1004")
    assert missing.code == 3
    assert "the state of frame 1002 is missing; render the frames before the chunk first" in missing.complaint
    outside = render("--chunk", "1004-1006")
    assert (outside.code, "chunk: 1004-1006 is not within the frames 1001-1004" in outside.complaint) == (2, True)
    assert render("--preroll", 2).code == 2
    done = render("--chunk", "1001-1002", "--json")
    assert json.loads(done.out.splitlines()[0]) == {"event": "start", "frames": 2}

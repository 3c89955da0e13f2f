"""``vst submit`` as a TD meets it, with its own engine."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
from exr_files import start_child
from small_network import STYLES
from small_shot import COMMAND_LINE, SHOT, Outcome, SmallShot, outputs

Run = Callable[..., Outcome]


def words(shot: SmallShot, network: Path, *more: object) -> list[str]:
    """Arguments of a job of the small shot's plate with the small network, into folders named by shot."""
    look = ("--network", network, "--style", STYLES[0], "--precision", "float32")
    return [str(word) for word in ("submit", shot.pattern, *look, *more)]


def shot_list(folder: Path, text: str) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "shots.csv").write_text(text)
    return folder / "shots.csv"


def test_shots_of_a_list_are_rendered_beside_one_another(
    vst: Run, small_shot: SmallShot, small_network: Path, tmp_path: Path
) -> None:
    table = shot_list(tmp_path / "list", "shot,frames,output,strength\na,1001-1003,,0.5\nb,1002,own/x.####.exr,\n")
    more = ("--shots", table, "-o", tmp_path / "out {shot}" / "{shot}.####.exr", "--cores", 2)
    done = vst(*words(small_shot, small_network, *more))
    assert (done.code, done.out) == (0, "")
    lines = sorted(line.rpartition(": ")[0].partition(" (")[0] for line in done.err.splitlines())
    assert lines == ["a frame 1001", "a frame 1002", "a frame 1003", "b frame 1002"]
    assert outputs(tmp_path / "out a") == ["a.1001.exr", "a.1002.exr", "a.1003.exr"]
    assert outputs(tmp_path / "list/own") == ["x.1002.exr"]

    again = vst(*words(small_shot, small_network, *more, "--json"))
    events = again.events
    assert events[0] == {"event": "start", "tasks": 2, "frames": 4}
    assert all(event["kept"] for event in events if event["event"] == "frame")
    assert {(event["shot"], event["state"]) for event in events if event["event"] == "task"} == {
        (shot, state) for shot in "ab" for state in ("started", "done")
    }
    assert events[-1] == {"event": "done"}


def test_everything_in_the_way_of_any_shot_is_told_before_anything_is_done(
    vst: Run, small_shot: SmallShot, small_network: Path, tmp_path: Path
) -> None:
    table = shot_list(tmp_path, "shot,color space,style\na,Nonsense,\nb,,\nc,,zebra\n")
    output = ("--shots", table, "-o", tmp_path / "{shot}" / "{shot}.####.exr")
    told = vst(*words(small_shot, small_network, *output))
    assert (told.code, told.out) == (2, "")
    assert [line.split(": ")[:2] for line in told.err.splitlines()] == [["vst", "a"], ["vst", "c"]]
    assert "'Nonsense'" in told.err
    assert "has no style 'zebra'" in told.err
    as_json = vst(*words(small_shot, small_network, *output, "--json"))
    events = as_json.events
    assert [(event["event"], event["shot"], event["exit_code"]) for event in events] == [
        ("complaint", "a", 2),
        ("complaint", "c", 2),
    ]
    assert as_json.err == told.err
    assert outputs(tmp_path) == ["shots.csv"]


def test_what_stands_in_the_way_of_one_shot_is_said_as_a_render_says_it(
    vst: Run, small_shot: SmallShot, small_network: Path, tmp_path: Path
) -> None:
    submitted = words(small_shot, small_network, "-o", tmp_path / "o.####.exr", "--color-space", "Nonsense")
    told, rendered = vst(*submitted), vst("render", *submitted[1:])
    assert (told.code, told.out, told.err) == (rendered.code, "", rendered.err)
    assert told.complaint.startswith("colour space 'Nonsense': ")


@pytest.mark.parametrize(
    ("table", "more", "code", "text"),
    [
        ("shot,frames\na,1001-", (), 2, "shots.csv, line 2: frames: '1001-' is not a range of consecutive frames"),
        ("shot,strength\na,1\nb,2", (), 2, "shots.csv, line 3: strength: Input should be less than or equal to 1"),
        ("shot,style mix\na,x", (), 2, "shots.csv, line 2: --style-mix: 'x' is not a mixture; for example oil:0.3"),
        ("shot\na\nb", ("-o", "x/out.####.exr"), 2, "out.####.exr; put {shot} into the pattern"),
        ("shot,plate\na,none.####.exr", (), 3, "none.####.exr: no file matches"),
        ("shot\na", ("--engine", "cloud"), 2, "--engine: Input should be 'local', 'openjd' or 'slurm'"),
        ("shot\na", ("--engine", "openjd"), 2, "--job: is missing; name the folder for what --engine openjd writes"),
        ("shot\na", ("--job", "x"), 2, "--job: does not apply to the local engine"),
        ("shot\na", ("--retries", "-1"), 2, "--retries: "),
        ("shot\na", ("--handles", "x"), 2, "handles"),
    ],
)
def test_what_is_wrong_is_one_line(
    vst: Run,
    small_shot: SmallShot,
    small_network: Path,
    tmp_path: Path,
    table: str,
    more: tuple[str, ...],
    code: int,
    text: str,
) -> None:
    given = ("--shots", shot_list(tmp_path, table), "-o", tmp_path / "{shot}" / "{shot}.####.exr", *more)
    told = vst(*words(small_shot, small_network, *given))
    assert told.code == code
    assert text in told.complaint


def test_the_seams_of_draft_chunks_are_told(
    vst: Run, small_shot: SmallShot, small_network: Path, tmp_path: Path
) -> None:
    draft = ("--chunks", "draft", "--chunk-size", 3, "--preroll", 1)
    done = vst(*words(small_shot, small_network, "-o", tmp_path / "o.####.exr", *draft, "--json"))
    (seam,) = (event for event in done.events if event["event"] == "seam")
    assert (done.code, seam["shot"], seam["frame"], seam["preroll"]) == (0, "shot", 1004, 1)
    assert 0 < seam["error"] < 1
    told = f"seam before frame 1004, preroll 1: {seam['error']:.2%} of the range"
    assert vst("verify", tmp_path).out.splitlines()[0].endswith(told)
    again = vst(*words(small_shot, small_network, "-o", tmp_path / "o.####.exr", *draft))
    assert again.err.splitlines()[-1] == f"shot: {told}"


def test_handles_are_delivered_as_far_as_there_are_frames(
    vst: Run, small_shot: SmallShot, small_network: Path, tmp_path: Path
) -> None:
    arguments = words(small_shot, small_network, "-o", tmp_path / "o.####.exr", "--frames", "1002-1003", "--handles", 2)
    shown = vst("plan", *arguments[1:], "--json")
    assert [task["frames"] for task in json.loads(shown.out)["tasks"]] == ["1001-1005"]


def test_a_bundle_is_written_once_nothing_stands_in_the_way(
    vst: Run, small_shot: SmallShot, small_network: Path, tmp_path: Path
) -> None:
    job = ("--engine", "openjd", "--job", tmp_path / "a jöb", "--chunks", "exact", "--chunk-size", 2)
    words_of = (small_shot, small_network, "-o", tmp_path / "out" / "o.####.exr", *job)
    assert vst(*words(*words_of, "--color-space", "Nonsense")).code == 2
    assert outputs(tmp_path) == []
    written = vst(*words(*words_of))
    assert (written.code, written.err) == (0, "")
    template = tmp_path / "a jöb" / "template.yaml"
    assert written.out.splitlines() == [
        str(template),
        f"here: openjd run '{template}'",
        f"on AWS Deadline Cloud: deadline bundle submit '{template.parent}'",
    ]
    assert outputs(template.parent) == ["asset_references.yaml", "parameter_values.yaml", "template.yaml"]
    assert outputs(tmp_path) == ["a jöb"]


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_stopped_job_keeps_its_frames_and_leaves_no_process(
    small_shot: SmallShot, tmp_path: Path, sent: signal.Signals, code: int
) -> None:
    arguments: list[Any] = small_shot.command(tmp_path, "--json", "--iterations-next", 100_000)
    with start_child(COMMAND_LINE, "submit", *arguments[1:]) as child:
        assert child.stdout is not None
        next(line for line in child.stdout if json.loads(line).get("frame") == SHOT.first + 1)
        workers = psutil.Process(child.pid).children()
        assert workers
        child.send_signal(sent)
        _, complaints = child.communicate(timeout=60)
    assert child.returncode == code, complaints
    assert complaints.startswith("vst: stopped; finished frames are kept")
    assert not any(worker.is_running() for worker in workers)
    assert outputs(tmp_path) == [f"out.{SHOT.first}.exr"]

"""The command line as a user and a host meet it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from exr_files import run_child
from small_shot import COMMAND_LINE, Outcome, SmallShot, differing, leftovers, out, outputs

import vst_core
from vst_core import FrameRange, RenderSettings
from vst_core.pipeline.manifest import Manifest

Run = Callable[..., Outcome]
COMMANDS = ("render", "check", "flow", "measure", "describe", "weights")


def test_version_and_help(vst: Run) -> None:
    assert vst("--version") == Outcome(0, vst_core.__version__ + "\n", "")
    for arguments in ((), ("--help",)):
        shown = vst(*arguments)
        assert shown.code == 0
        assert all(command in shown.out for command in COMMANDS)
    for command in COMMANDS:
        shown = vst(command, "--help")
        assert (shown.code, shown.err) == (0, "")
        assert f"Usage: vst {command}" in shown.out


@pytest.mark.parametrize(("encoding", "name"), [("cp1252", "Ω"), ("utf-8:strict", "b\udcff")])
def test_a_name_that_the_output_cannot_spell_is_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, encoding: str, name: str
) -> None:
    monkeypatch.setenv("PYTHONIOENCODING", encoding)  # as of a pipe on Windows
    told = run_child(COMMAND_LINE, "install", "nuke", "--dry-run", "--prefix", tmp_path / name)
    assert (told.returncode, told.stderr) == (0, "")
    assert f"\\u{ord(name[-1]):04x}" in told.stdout


def test_help_names_the_defaults_of_the_settings(vst: Run) -> None:
    shown = " ".join(vst("render", "--help").out.split())
    for words in ("[wasserstein]", "[300]", "[80]", "[vgg19]", "[vectors]", "--temporal / --no-temporal"):
        assert words in shown


def test_describe_prints_the_schema_of_the_settings(vst: Run) -> None:
    schema = json.loads(vst("describe").out)
    assert schema["properties"].keys() == RenderSettings.model_fields.keys()
    assert set(schema["required"]) == {"plate", "style", "output"}
    assert json.loads(vst("describe", "settings").out) == schema
    assert json.loads(vst("describe", "manifest").out) == Manifest.model_json_schema()
    assert vst("describe", "weather").code == 2


def test_render_says_a_line_a_frame(small_shot: SmallShot, rendered: Path, tmp_path: Path, vst: Run) -> None:
    first = vst(*small_shot.command(tmp_path, frames="1001-1002"))
    assert (first.code, first.out) == (0, "")
    assert [line.split(":")[0] for line in first.err.splitlines()] == ["frame 1001 (1/2)", "frame 1002 (2/2)"]
    again = vst(*small_shot.command(tmp_path, frames="1001-1003"))
    assert again.err.splitlines()[:2] == ["frame 1001 (1/3): kept", "frame 1002 (2/3): kept"]
    assert again.err.splitlines()[2].startswith("frame 1003 (3/3): loss ")
    assert differing(rendered, tmp_path, FrameRange(1001, 1003)) == []


def test_json_tells_a_host_everything_in_order(small_shot: SmallShot, tmp_path: Path, vst: Run) -> None:
    outcome = vst(*small_shot.command(tmp_path, "--json", "--iterations", 6, frames="1001-1002"))
    assert (outcome.code, outcome.err) == (0, "")
    told = outcome.events
    assert told[0] == {"event": "start", "frames": 2}
    assert told[-1] == {"event": "done", "frames": 2}
    assert {event["event"] for event in told[1:-1]} == {"progress", "frame"}
    for frame, steps in ((1001, 6), (1002, 2)):
        own = [event for event in told if event.get("frame") == frame]
        *progress, result = own
        assert [event["event"] for event in own] == ["progress"] * len(progress) + ["frame"]
        assert [event["step"] for event in progress] == sorted({event["step"] for event in progress})
        assert (progress[-1]["step"], progress[-1]["steps"]) == (steps, steps)
        assert result["path"] == str(out(tmp_path, frame))
        assert result["kept"] is False
        assert result["loss"] == progress[-1]["loss"]
        assert result["seconds"] > 0
        assert result["notes"] == []
        assert result["stages"].keys() == {"read", "motion", "method", "write"}
    kept = vst(*small_shot.command(tmp_path, "--json", "--iterations", 6, frames="1001-1002")).events
    assert [event["event"] for event in kept] == ["start", "frame", "frame", "done"]
    assert all(event["kept"] for event in kept[1:-1])


def test_json_ends_with_the_error(small_shot: SmallShot, tmp_path: Path, vst: Run) -> None:
    shot = small_shot.copy(tmp_path / "plate")
    shot.path(1003).write_bytes(b"")
    outcome = vst(*shot.command(tmp_path / "out", "--json"))
    told = outcome.events
    assert [event["frame"] for event in told if event["event"] == "frame"] == [1001, 1002]
    assert told[-1] == {"event": "error", "message": outcome.complaint, "exit_code": outcome.code}
    assert outcome.code == 3
    usage = vst("render", "--json", "--no-such-option")
    assert usage.events == [{"event": "error", "message": usage.complaint, "exit_code": 2}]


def test_options_override_the_settings_file(small_shot: SmallShot, tmp_path: Path, vst: Run) -> None:
    file = tmp_path / "settings.json"
    settings = small_shot.settings(tmp_path / "out", frames="1001-1003", style__scale=0.5)
    file.write_text(settings.model_dump_json())
    assert vst("render", "--settings", file, "--frames", "1001-1002", "--no-temporal").code == 0
    assert outputs(tmp_path / "out") == ["out.1001.exr", "out.1002.exr"]
    small_shot.render(tmp_path / "same", frames="1001-1002", style__scale=0.5, temporal=False)
    assert differing(tmp_path / "same", tmp_path / "out", FrameRange(1001, 1002)) == []


def test_a_settings_file_may_leave_out_what_differs_by_shot(small_shot: SmallShot, tmp_path: Path, vst: Run) -> None:
    """A studio's own: said once, beside plates, styles and outputs that it does not know."""
    file = tmp_path / "studio.json"
    file.write_text(json.dumps({"output": {"data_type": "float"}, "style": {"scale": 0.5}, "strength": 0.5}))
    own = ("--settings", file, "--frames", "1001-1001")
    assert vst(*small_shot.command(tmp_path / "out", *own)).code == 0
    small_shot.render(tmp_path / "same", frames="1001-1001", output__data_type="float", style__scale=0.5, strength=0.5)
    assert differing(tmp_path / "same", tmp_path / "out", FrameRange(1001, 1001)) == []
    for command in (("render",), ("compare",), ("submit",), ("check",)):
        assert vst(*command, "--settings", file).complaint.startswith("PLATE: is missing")
        assert vst(*command, small_shot.pattern, "--settings", file).complaint.startswith("--style: is missing")
        given = (small_shot.pattern, "--settings", file, "--style", small_shot.style)
        assert vst(*command, *given).complaint.startswith("--output: is missing")


def test_every_setting_of_a_shot_has_an_option(vst: Run) -> None:
    shown = vst("render", "--help").out
    for setting in ("temporal", "scale", "features", "weights", "layer", "device", "precision", "threads", "overwrite"):
        assert f"--{setting} " in shown


def test_several_styles_and_their_weights(small_shot: SmallShot, tmp_path: Path, vst: Run) -> None:
    more = ("--style", small_shot.style, "--style-weights", "3,1")
    assert vst(*small_shot.command(tmp_path, *more, frames="1001")).code == 0
    assert outputs(tmp_path) == ["out.1001.exr"]


def test_check_in_words_and_in_json(small_shot: SmallShot, tmp_path: Path, vst: Run) -> None:
    arguments = small_shot.command(tmp_path / "out", "--style", "none.png", "--layer", "none")[1:]
    words, told = vst("check", *arguments), vst("check", *arguments, "--json")
    assert (words.code, words.err, told.code, told.err) == (3, "", 3, "")
    assert len(words.out.splitlines()) == 2
    assert [event["message"] for event in told.events] == words.out.splitlines()
    assert all(event["event"] == "complaint" and event["exit_code"] == 3 for event in told.events)
    sound = small_shot.command(tmp_path / "out")[1:]
    assert vst("check", *sound) == Outcome(0, "no problems found\n", "")
    assert vst("check", *sound, "--json") == Outcome(0, "", "")
    assert list(tmp_path.iterdir()) == []


def test_flow_names_the_files_it_writes(small_shot: SmallShot, tmp_path: Path, vst: Run) -> None:
    patterns = ("-o", tmp_path / "b.####.flo", "--forward", tmp_path / "f.####.flo")
    outcome = vst("flow", small_shot.pattern, *patterns, "--frames", "1001-1002", "--flow", "vectors")
    assert outcome == Outcome(0, f"{tmp_path / 'b.1002.flo'}\n{tmp_path / 'f.1001.flo'}\n", "")
    assert outputs(tmp_path) == ["b.1002.flo", "f.1001.flo"]


def test_measure_in_words_and_in_json(small_shot: SmallShot, rendered: Path, vst: Run) -> None:
    arguments = ("measure", rendered / "out.####.exr", "--plate", small_shot.pattern, "--lags", "1,3")
    words, told = vst(*arguments), vst(*arguments, "--json")
    assert (words.code, words.err, told.code, told.err) == (0, "", 0, "")
    report = json.loads(told.out)
    assert [error["lag"] for error in report["warping"]] == [1, 3]
    assert f"{report['warping'][1]['stylized']:.4f}" in words.out


def test_measure_takes_vectors_of_other_conventions(small_shot: SmallShot, rendered: Path, vst: Run) -> None:
    arguments = ("measure", rendered / "out.####.exr", "--plate", small_shot.pattern, "--lags", "1", "--json")

    def flicker(*motion: str) -> float:
        return float(json.loads(vst(*arguments, *motion).out)["warping"][0]["source"])

    assert flicker("--flow-layer", "ViewLayer.Vector") == flicker()
    assert flicker("--flow-scale", "0.1") > 1.5 * flicker()


def test_weights_are_listed_and_verified(
    vst: Run, vgg16_weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.setenv("VST_WEIGHTS", str(vgg16_weights.parent))
    listed = vst("weights", "list")
    assert listed.code == 0
    assert any(str(vgg16_weights) in line and " ok " in line for line in listed.out.splitlines())
    verified = vst("weights", "verify")
    assert (verified.code, f"{vgg16_weights}: ok" in verified.out) == (0, True)
    (tmp_path / vgg16_weights.name).write_bytes(b"other bytes")
    monkeypatch.setenv("VST_WEIGHTS", str(tmp_path))
    assert vst("weights", "verify").code == 5
    (tmp_path / vgg16_weights.name).unlink()
    assert "no weights were found" in vst("weights", "verify").complaint
    assert leftovers(tmp_path) == []

"""What stands in a render's way beside the plate: disks, weights, styles, settings, patterns."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from full_disk import largest_file
from small_shot import Outcome, SmallShot, differing, leftovers, outputs

from vst_core import FrameRange
from vst_core.pipeline import state

Run = Callable[..., Outcome]


@pytest.mark.parametrize("size", [8_000, 40_000], ids=["state", "frame"])
def test_a_full_disk_is_named_and_leaves_nothing_half_written(
    small_shot: SmallShot, rendered: Path, tmp_path: Path, vst: Run, size: int
) -> None:
    vst(*small_shot.command(tmp_path, frames="1001-1002"))
    with largest_file(size):
        outcome = vst(*small_shot.command(tmp_path, "--json"))
    assert outcome.code == 4
    told = outcome.events
    assert [event["frame"] for event in told if event["event"] == "frame"] == [1001, 1002]
    assert outcome.complaint.startswith(f"frame 1003, {tmp_path}")
    assert any(words in outcome.complaint for words in ("cannot be written", "cannot be read back"))
    assert outputs(tmp_path) == ["out.1001.exr", "out.1002.exr"]
    assert leftovers(tmp_path) == []
    assert vst(*small_shot.command(tmp_path)).code == 0
    assert differing(rendered, tmp_path, FrameRange(1001, 1004)) == []


def test_a_disk_that_fills_in_the_last_bytes(small_shot: SmallShot, rendered: Path, tmp_path: Path, vst: Run) -> None:
    """There the EXR writer succeeds in writing and closing, and the file cannot be read."""
    small_shot.render(tmp_path / "sized", frames="1001")
    size = (tmp_path / "sized" / "out.1001.exr").stat().st_size
    for missing in (1, 200, 3000):
        output = tmp_path / f"out {missing}"
        with largest_file(size - missing):
            outcome = vst(*small_shot.command(output, frames="1001"))
        assert (outcome.code, outputs(output), leftovers(output)) == (4, [], [])
        assert "out.1001.exr" in outcome.complaint
    assert differing(rendered, tmp_path / "sized", FrameRange(1001, 1001)) == []


def test_output_below_a_file(small_shot: SmallShot, tmp_path: Path, vst: Run) -> None:
    (tmp_path / "file").write_text("x")
    for folder in (tmp_path / "file", tmp_path / "file" / "below"):
        outcome = vst(*small_shot.command(folder))
        assert outcome.code == 4
        assert outcome.complaint == f"{tmp_path / 'file'}: is a file, not a folder; choose another output folder"


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is read-only for root")
def test_output_in_a_read_only_folder(small_shot: SmallShot, tmp_path: Path, vst: Run) -> None:
    (tmp_path / "sealed").mkdir(mode=0o555)
    outcome = vst(*small_shot.command(tmp_path / "sealed" / "below"))
    assert outcome.code == 4
    assert f"{tmp_path / 'sealed'}: cannot be written to" in outcome.complaint


def test_a_frame_that_cannot_be_replaced(small_shot: SmallShot, tmp_path: Path, vst: Run) -> None:
    (tmp_path / "out.1002.exr").mkdir()
    outcome = vst(*small_shot.command(tmp_path))
    assert outcome.code == 4
    assert outcome.complaint.startswith(f"frame 1002, {tmp_path / 'out.1002.exr'}: cannot be written")
    assert outputs(tmp_path) == ["out.1001.exr", "out.1002.exr"]
    assert leftovers(tmp_path) == []


@pytest.mark.parametrize(
    ("content", "said"),
    [(None, "no such file"), (b"", "is empty (0 bytes)"), (b"no picture at all", "cannot be read")],
    ids=["missing", "empty", "text"],
)
def test_a_style_that_is_no_picture(
    small_shot: SmallShot, tmp_path: Path, vst: Run, content: bytes | None, said: str
) -> None:
    style = tmp_path / "style.png"
    if content is not None:
        style.write_bytes(content)
    outcome = vst(*small_shot.command(tmp_path / "out", "--style", style))
    assert outcome.code == 3
    assert outcome.complaint.startswith(f"{style}: {said}")
    assert not (tmp_path / "out").exists()


def test_weights_that_are_damaged_or_of_another_network(small_shot: SmallShot, tmp_path: Path, vst: Run) -> None:
    damaged = tmp_path / small_shot.weights.name
    data = bytearray(small_shot.weights.read_bytes())
    data[-1000] ^= 1
    damaged.write_bytes(data)
    foreign = tmp_path / "foreign.pth"
    torch.save({"layer.weight": torch.zeros(3, 3)}, foreign)
    for path, said in ((damaged, "is corrupt: SHA-256"), (foreign, "does not contain the weights of vgg16")):
        outcome = vst(*small_shot.command(tmp_path / "out", "--weights", path))
        assert outcome.code == 5
        assert outcome.complaint.startswith(f"{path}: {said}")
        assert not (tmp_path / "out").exists()


def test_an_ocio_configuration_that_cannot_be_read(
    small_shot: SmallShot, tmp_path: Path, vst: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    for content in (None, "ocio_profile_version: nonsense"):
        config = tmp_path / f"{content is None}.ocio"
        if content is not None:
            config.write_text(content)
        monkeypatch.setenv("OCIO", str(config))
        outcome = vst(*small_shot.command(tmp_path / "out"))
        assert outcome.code == 3
        assert outcome.complaint.startswith(f"{config}: the OCIO configuration cannot be read")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('{"bogus": 1, "style": {"styles": ["a"], "size": 2}}', ("'bogus'", "'style.size'")),
        ('{"plate": "a.####.exr", "style": {"styles": []}}', ("style.styles",)),
        ('{"plate": 7, "style": {"styles": 7}}', ("plate: ", "style.styles")),
        ('{"scale": 7, "threads": -1}', ("scale", "threads")),
        ("{", ("is not JSON", "line 1")),
        ("[1, 2]", ("settings.json",)),
        (None, ("settings.json: no such file",)),
    ],
    ids=["unknown", "empty list", "numbers", "out of range", "cut off", "a list", "missing"],
)
def test_settings_files_that_make_no_sense(
    tmp_path: Path, vst: Run, content: str | None, said: tuple[str, ...]
) -> None:
    file = tmp_path / "settings.json"
    if content is not None:
        file.write_text(content)
    outcome = vst("render", "--settings", file)
    assert outcome.code == 2
    assert outcome.complaint.startswith(f"{file}: ")
    for words in said:
        assert words in outcome.complaint


def test_what_is_missing_is_asked_for(small_shot: SmallShot, vst: Run) -> None:
    assert vst("render").complaint.startswith("PLATE: is missing")
    assert vst("render", small_shot.pattern).complaint.startswith("--style: is missing")
    assert vst("check", small_shot.pattern, "--style", "s.png").complaint.startswith("--output: is missing")
    for command in (("measure",), ("flow",), ("measure", "a.####.exr"), ("flow", "a.####.exr")):
        outcome = vst(*command)
        assert outcome.code == 2
        assert "Missing" in outcome.complaint


@pytest.mark.parametrize("pattern", ["a.##.##.exr", "a.<UDIM>.exr", "a.%V.####.exr", "", "folder/"])
def test_patterns_that_are_none(small_shot: SmallShot, tmp_path: Path, vst: Run, pattern: str) -> None:
    arguments = small_shot.command(tmp_path / "out")
    plate = vst("render", pattern, *arguments[2:])
    output = vst(*arguments, "-o", pattern)
    assert (plate.code, output.code) == (2, 2)
    assert plate.complaint
    assert output.complaint
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("paint",), 2, "paint"),
        (("--verbose",), 2, "--verbose"),
        (("weights", "burn"), 2, "burn"),
        (("flow", "{plate}", "-o", "{out}/f.####.exr"), 2, "flow is written as .flo"),
        (("flow", "{plate}", "-o", "{out}/f.####.flo", "--flow", "sideways"), 2, "--flow: unknown flow source"),
        (("flow", "{plate}", "-o", "{out}/f.####.flo", "--flow", "raft"), 5, "RAFT needs a weights file"),
        (("flow", "{plate}", "-o", "{out}/f.####.flo", "--frames", "9-1"), 2, "9-1"),
        (("flow", "{out}/none.####.exr", "-o", "{out}/f.####.flo"), 3, "no file matches"),
        (("measure", "{plate}", "--plate", "{plate}", "--lags", "5"), 2, "a lag of 5 does not fit"),
        (("measure", "{plate}", "--plate", "{plate}", "--lags", "one"), 2, "--lags"),
        (("measure", "{plate}", "--plate", "{plate}", "--flow", "sideways"), 2, "--flow: unknown flow source"),
        (("measure", "{plate}", "--plate", "{plate}", "--features", "vgg11"), 2, "'--features': 'vgg11' is not one of"),
        (("measure", "{plate}", "--plate", "{out}/none.####.exr"), 3, "no file matches"),
        (("measure", "{plate}", "--plate", "{plate}", "--style", "{out}/none.png", "--weights", "none"), 5, "none"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_other_commands_complain_as_plainly(
    arguments: tuple[str, ...], code: int, said: str, small_shot: SmallShot, tmp_path: Path, vst: Run
) -> None:
    outcome = vst(*(word.format(plate=small_shot.pattern, out=tmp_path) for word in arguments))
    assert outcome.code == code
    assert said in outcome.complaint
    assert outcome.out == ""
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_what_nobody_foresaw_is_one_line_too(
    small_shot: SmallShot, tmp_path: Path, vst: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("division\nby zero")

    monkeypatch.setattr(state.State, "follow", broken)
    outcome = vst(*small_shot.command(tmp_path, "--json"))
    assert outcome.code == 1
    assert outcome.complaint.startswith("internal error (ZeroDivisionError: division by zero); set VST_TRACEBACK=1")
    assert json.loads(outcome.out.splitlines()[-1])["exit_code"] == 1
    assert outputs(tmp_path) == []


def test_a_lack_of_memory_is_said_as_such(
    small_shot: SmallShot, tmp_path: Path, vst: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    for error in (MemoryError(), RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory")):

        def short(*_: object, error: Exception = error) -> None:
            raise error

        monkeypatch.setattr(state.State, "follow", short)
        outcome = vst(*small_shot.command(tmp_path))
        assert (outcome.code, outcome.complaint) == (5, "out of memory; lower --scale")


@pytest.mark.parametrize(
    ("in_file", "options", "said"),
    [
        ({}, ("--strength", 3), "vst: --strength: Input should be less than or equal to 1"),
        ({}, ("--seed", "-1", "--tile", "-1"), "vst: --tile: Input should be greater than or equal to 0; --seed: "),
        ({}, ("--style-weights", "1,nan"), "vst: --style-weights: "),
        ({}, ("--style-weights", "1,1"), "vst: --style-weights: 2 weights for 1 styles"),
        ({}, ("--flow", "bad", "--flow-scale", 2), "vst: --flow: unknown flow source 'bad'; choose one of vectors, "),
        ({}, ("--flow-forward", "f.####.flo"), "vst: --flow-forward: 'forward' needs a file pattern as the source"),
        ({}, ("--flow-scale", 0), "vst: --flow-scale: a vector scale of 0 would remove all motion"),
        ({}, ("--compression", "foo"), "vst: --compression: unknown compression 'foo'; give 'plate' or none, "),
        ({}, ("--passes", 9, "--iterations-next", 5), "vst: --passes: 9 passes cannot share 5 steps"),
        ({}, ("--preroll", 2), "vst: --preroll: 'preroll' is for a chunk of a shot"),
        ({"passes": 2}, ("--no-temporal",), "vst: settings: passes: several passes carry results from frame to frame"),
        ({"strength": 3}, ("--strength", 0.5), "settings.json: strength: Input should be less than or equal to 1"),
        ({"strengths": 3}, ("--strength", 0.5), "settings.json: unknown setting 'strengths'"),
    ],
)
def test_a_complaint_names_the_option_or_the_file_that_is_wrong(
    small_shot: SmallShot, tmp_path: Path, vst: Run, in_file: dict[str, object], options: tuple[str, ...], said: str
) -> None:
    (tmp_path / "settings.json").write_text(json.dumps(in_file))
    outcome = vst(*small_shot.command(tmp_path / "out", "--settings", tmp_path / "settings.json", *options))
    assert outcome.code == 2
    assert said in outcome.err
    assert not (tmp_path / "out").exists()

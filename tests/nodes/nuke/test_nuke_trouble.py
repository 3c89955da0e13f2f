"""What goes wrong: a plain line each time, no exception swallowed, no thread left, and the next run goes on."""

from __future__ import annotations

import os
import shlex
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import fake_nuke
import fake_worker
import numpy as np
import pytest
from nuke_app import FRAMES, NukeApp, color, run_threads, shown, status

from nodes.client import Patience


@pytest.fixture
def slow(nuke_app: NukeApp, sample_styles: Path, vgg16_weights: Path) -> Any:
    """A node whose first frame is quick and whose others take as many steps as ``optimization_iterations_next``."""
    return nuke_app.script(
        method="optimization",
        style="other",
        style_other=str(sample_styles / "oil.png"),
        style_scale=0.1,
        features="vgg16",
        weights=str(vgg16_weights),
        optimization_style_loss="gram",
        scale=0.5,
        optimization_iterations=1,
        optimization_iterations_next=100_000,
    )


def until(app: NukeApp, seen: Callable[[str], bool]) -> None:
    """Wait until the progress bar shows a text."""
    end = time.monotonic() + 120
    while not (app.state.bars and seen(app.state.bars[-1][1])):
        assert time.monotonic() < end, app.state.bars[-1:]
        assert run_threads(), status(app)
        time.sleep(0.01)


def in_second_frame(text: str) -> bool:
    return text == "main: 1 of 3 frames"


def bad_worker(app: NukeApp, kind: str) -> str:
    """A program that stands in for the worker and misbehaves."""
    program = app.folder / "vst"
    command = shlex.join([sys.executable, fake_worker.__file__, kind])
    program.write_text(f"#!/bin/sh\nexec {command}\n")
    program.chmod(0o755)
    return str(program)


def test_cancelled_in_mid_shot_and_gone_on_with(nuke_app: NukeApp, slow: Any) -> None:
    plate = color(shown(slow, 1002))
    nuke_app.press(slow, "stylize")
    until(nuke_app, in_second_frame)
    nuke_app.press(slow, "cancel")
    nuke_app.press(slow, "cancel")
    nuke_app.wait()
    assert status(slow) == "cancelled; v001, 1 of 3 frames; the next run goes on from there"
    assert (run_threads(), nuke_app.state.messages) == ([], [])
    assert (slow.node("Result")["first"].value(), slow.node("Result")["last"].value()) == (1001, 1001)
    assert np.array_equal(color(shown(slow, 1002)), plate)
    slow["optimization_iterations_next"].setValue(1)
    assert nuke_app.stylize(slow).startswith("v002, 3 of 3 frames")


def test_the_bars_own_button_cancels_too(nuke_app: NukeApp, slow: Any) -> None:
    nuke_app.state.press_cancel = lambda _percent: in_second_frame(nuke_app.state.bars[-1][1])
    assert nuke_app.stylize(slow).startswith("cancelled; v001, 1 of 3 frames")


def test_a_worker_that_is_killed(nuke_app: NukeApp, slow: Any) -> None:
    slow["optimization_iterations_next"].setValue(60)
    nuke_app.press(slow, "stylize")
    until(nuke_app, in_second_frame)
    os.kill(nuke_app.workers._warm.client.pid, signal.SIGKILL)
    nuke_app.wait()
    assert "the worker was killed (SIGKILL, perhaps because memory ran out)" in status(slow)
    assert "(v001, 1 of 3 frames)" in status(slow)
    assert nuke_app.state.messages == [status(slow)]
    written = len(nuke_app.state.written)
    assert nuke_app.stylize(slow).startswith("v001, 3 of 3 frames")
    assert len(nuke_app.state.written) == written  # the plate is there


def test_a_node_that_is_deleted_in_mid_run(nuke_app: NukeApp, slow: Any) -> None:
    nuke_app.press(slow, "stylize")
    until(nuke_app, in_second_frame)
    fake_nuke.delete(slow)
    nuke_app.wait()
    (line,) = nuke_app.state.printed
    assert line.startswith("VST_Stylize1 is gone; cancelled; v001, 1 of 3 frames")
    assert (run_threads(), nuke_app.state.messages) == ([], [])


def test_a_script_that_is_closed_in_mid_run(nuke_app: NukeApp, slow: Any) -> None:
    nuke_app.press(slow, "stylize")
    until(nuke_app, in_second_frame)
    fake_nuke.scriptClear()
    nuke_app.wait()
    assert run_threads() == []
    assert "is gone; cancelled" in nuke_app.state.printed[0]


def test_a_second_run_meanwhile_is_refused(nuke_app: NukeApp, slow: Any) -> None:
    nuke_app.press(slow, "stylize")
    until(nuke_app, in_second_frame)
    nuke_app.press(slow, "stylize")
    assert nuke_app.state.messages == ["VST_Stylize1 is at work; wait for it, or cancel it."]
    nuke_app.press(slow, "cancel")
    nuke_app.wait()


def test_cancel_on_another_node_leaves_a_run_alone(nuke_app: NukeApp, slow: Any) -> None:
    slow["optimization_iterations_next"].setValue(100)
    nuke_app.press(slow, "stylize")
    until(nuke_app, in_second_frame)
    nuke_app.press(nuke_app.vst.create(), "cancel")
    nuke_app.wait()
    assert status(slow).startswith("v001, 3 of 3 frames")


def test_no_worker(nuke_app: NukeApp) -> None:
    node = nuke_app.script(worker="/nowhere/vst")
    line = nuke_app.stylize(node)
    assert line.startswith("the settings name /nowhere/vst as the worker, which does not exist")
    assert nuke_app.state.messages == [line]
    assert nuke_app.state.written == []


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("silent", "gave no sign of life for 1 s and was ended"),
        ("talkative", "gave no sign of life for 1 s and was ended"),
        ("stillborn", "stopped with exit code 1: ModuleNotFoundError: No module named 'torch'"),
        ("complaining", "stopped with exit code 4: no space left; make some"),
        ("of_another_time", "is of version 9.9 and does not match this node; install both from the same release"),
        ("never_ready", "has not started within 1 s"),
    ],
)
def test_a_worker_that_misbehaves(nuke_app: NukeApp, monkeypatch: pytest.MonkeyPatch, kind: str, words: str) -> None:
    quick = {"never_ready": 1.0}.get(kind, 60.0)
    monkeypatch.setattr(nuke_app.workers, "PATIENCE", Patience(quick, silence=1.0, cancel=0.5, terminate=0.5))
    node = nuke_app.script(worker=bad_worker(nuke_app, kind))
    try:
        line = nuke_app.stylize(node)
    finally:
        nuke_app.workers.close_client()
    assert words in line
    assert nuke_app.state.messages == [line]
    assert run_threads() == []


def test_a_disk_that_is_full_while_nuke_writes(nuke_app: NukeApp) -> None:
    node = nuke_app.script()
    nuke_app.state.cut_off = 1002
    line = nuke_app.stylize(node)
    assert line.startswith("frame 1002: ")
    assert line.endswith("plate.main.1002.exr was only partly written; check the free space")
    assert nuke_app.state.messages == [line]
    assert node.node("Dump")["disable"].value()
    nuke_app.state.cut_off = None
    nuke_app.state.written.clear()
    assert nuke_app.stylize(node).startswith("v001, 3 of 3 frames")
    assert [frame for frame, _, _ in nuke_app.state.written] == [1002, 1003]


def test_cancelled_while_nuke_writes(nuke_app: NukeApp) -> None:
    node = nuke_app.script()
    nuke_app.state.cancel_dump = 1002
    assert nuke_app.stylize(node) == "cancelled before the first stylised frame"
    assert (nuke_app.state.messages, node.node("Dump")["disable"].value()) == ([], True)


def test_other_inputs_are_another_version(nuke_app: NukeApp) -> None:
    node = nuke_app.script()
    nuke_app.state.cancel_dump = 1002
    nuke_app.stylize(node)
    nuke_app.state.cancel_dump = None
    node.setInput(0, nuke_app.plate("other"))
    assert nuke_app.stylize(node).startswith("v002, 3 of 3 frames")


def test_the_playhead_decides_nothing_and_a_key_in_any_frame_does(nuke_app: NukeApp) -> None:
    upstream: Any = fake_nuke.nodes.Dissolve(channels="rgb")
    upstream.setInput(0, nuke_app.plate())
    upstream.setInput(1, nuke_app.plate("other"))
    for frame in FRAMES:
        upstream["which"].setValueAt(0.0, frame)
    node = nuke_app.script(plate=upstream)
    nuke_app.state.cancel_dump = 1003
    nuke_app.stylize(node)
    nuke_app.state.cancel_dump = None
    fake_nuke.root()["frame"].setValue(1002)
    assert nuke_app.stylize(node).startswith("v001, 3 of 3 frames")
    assert fake_nuke.root()["frame"].value() == 1002

    nuke_app.state.cancel_dump = 1002
    nuke_app.stylize(node)
    nuke_app.state.cancel_dump = None
    upstream["which"].setValueAt(1.0, 1003)
    assert nuke_app.stylize(node).startswith("v003, 3 of 3 frames")


def test_a_plate_that_nuke_cannot_render(nuke_app: NukeApp) -> None:
    node = nuke_app.script()
    (nuke_app.folder / "plate.main.1002.exr").unlink()
    line = nuke_app.stylize(node)
    assert line.startswith("Nuke cannot render the plate (plate: ")
    assert "plate.main.1002.exr: No such file or directory" in line


@pytest.mark.parametrize(
    ("knobs", "words"),
    [
        ({"use_script_range": False, "first": 990, "last": 1003}, "goes beyond the plate, which has 1001-1003"),
        ({"use_script_range": False, "first": 5, "last": 1}, "the range 5-1 has no frame; correct it"),
        ({"views": "main middle"}, "the script has no view 'middle', only main; correct Views"),
        ({"style": "other"}, "a style is set to other and has no file or name; give it one"),
        ({"method": "optimization"}, "the optimisation paints after an image, and 'oil' is none"),
        ({"folder": "stylized"}, "the output folder stylized is not an absolute path; choose one that is"),
        ({"folder": "/dev/null/stylized"}, "/dev/null/stylized cannot be written; choose another output folder"),
        ({"flow_layer": "motion"}, "plate has no motion vectors in 'motion', only backward, depth, forward, rgba"),
    ],
)
def test_what_is_wrong_is_said_before_anything_is_written(nuke_app: NukeApp, knobs: dict[str, Any], words: str) -> None:
    node = nuke_app.script(**knobs)
    line = nuke_app.stylize(node)
    assert words in line
    assert nuke_app.state.messages == [line]
    assert nuke_app.state.written == []


def test_missing_vectors(nuke_app: NukeApp) -> None:
    node = nuke_app.script(plate=nuke_app.plate(vectors={}))
    line = nuke_app.stylize(node)
    assert line.startswith("plate has no motion vectors in layers called forward or backward, only depth, rgba; ")
    node["flow_source"].setValue("dis")
    assert nuke_app.stylize(node).startswith("v001, 3 of 3 frames")


def test_nothing_connected_and_a_script_without_a_name(nuke_app: NukeApp) -> None:
    node = nuke_app.vst.create()
    assert nuke_app.stylize(node) == "nothing is connected to plate; connect the shot"
    node.setInput(0, nuke_app.plate())
    node["use_script_range"].setValue(False)
    node["first"].setValue(FRAMES[0])
    node["last"].setValue(FRAMES[-1])
    assert nuke_app.stylize(node).startswith("the script has never been saved")


def test_a_part_of_the_inside_that_was_removed(nuke_app: NukeApp) -> None:
    node = nuke_app.script()
    fake_nuke.delete(node.node("Dump"))
    assert nuke_app.stylize(node) == "the node Dump inside VST_Stylize1 was removed; make a new VST_Stylize"


def test_a_part_that_was_removed_in_mid_run(nuke_app: NukeApp) -> None:
    node = nuke_app.script()
    nuke_app.press(node, "stylize")
    fake_nuke.delete(node.node("Result"))
    nuke_app.wait()
    first, *_, last = status(node).splitlines()
    assert first.startswith("v001, 3 of 3 frames")
    assert last == "the node Result inside VST_Stylize1 was removed; make a new VST_Stylize"


def test_a_frame_that_the_engine_refuses(nuke_app: NukeApp) -> None:
    node = nuke_app.script(color_space="no such space")
    line = nuke_app.stylize(node)
    assert line.startswith("colour space 'no such space': is not in the OCIO configuration")
    assert nuke_app.state.messages == [line]


def test_the_worker_uses_the_scripts_own_ocio_configuration(nuke_app: NukeApp) -> None:
    node = nuke_app.script()
    knobs = {"colorManagement": "OCIO", "OCIO_config": "custom", "customOCIOConfigPath": "/nowhere.ocio"}
    for name, value in knobs.items():
        fake_nuke.root()[name].setValue(value)
    assert nuke_app.stylize(node).startswith("/nowhere.ocio: the OCIO configuration cannot be read")


def test_a_fault_of_ours_is_told_and_logged(nuke_app: NukeApp) -> None:
    def press(_percent: int) -> bool:
        if "of 3 frames" in nuke_app.state.bars[-1][1] and list(nuke_app.version(node).glob("jobs/*/job.log")):
            raise ZeroDivisionError("a fault")
        return False

    node = nuke_app.script()
    nuke_app.state.press_cancel = press
    line = nuke_app.stylize(node)
    assert line.startswith("internal error (ZeroDivisionError: a fault); the log says where, report it (v001, ")
    (log,) = nuke_app.version(node).glob("jobs/*/job.log")
    assert "Traceback" in log.read_text()
    assert run_threads() == []

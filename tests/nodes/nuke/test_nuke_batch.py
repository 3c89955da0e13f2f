"""A Nuke without a window, as on a farm: the command line, and the function behind it."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path
from typing import Any

import fake_nuke
import numpy as np
import pytest
from nuke_app import FRAMES, PLUGIN, NukeApp, color, shown


def saved(app: NukeApp, **knobs: Any) -> str:
    """A saved script with a node."""
    app.script(**knobs)
    fake_nuke.scriptSave()
    return str(app.folder / "shot.nk")


def terminal(app: NukeApp, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    """``nuke -t stylize.py ARGUMENTS``; returns the exit code."""
    app = NukeApp(app.folder, gui=False)
    monkeypatch.setattr(sys, "argv", ["stylize.py", *arguments])
    with pytest.raises(SystemExit) as stopped:
        runpy.run_path(str(PLUGIN / "stylize.py"))
    assert app.state.messages == []
    assert app.state.bars == []
    assert not app.state.to_do
    assert isinstance(stopped.value.code, int)
    return stopped.value.code


def test_a_script_is_stylised_and_saved(
    nuke_app: NukeApp, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    script = saved(nuke_app)
    assert terminal(nuke_app, monkeypatch, script) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[-2].startswith("vst: VST_Stylize1: v001, 3 of 3 frames in ")
    assert lines[-1] == "vst: VST_Stylize1: the motion vectors fit the pictures as they are"
    fake_nuke._start(gui=False)
    fake_nuke.scriptOpen(script)
    node = fake_nuke.toNode("VST_Stylize1")
    assert node is not None
    assert node["status"].value().startswith("v001, 3 of 3 frames in ")
    for frame in FRAMES:
        assert not np.array_equal(color(shown(node, frame)), color(shown(node.input(0), frame)))


def test_frames_and_one_node_of_two(nuke_app: NukeApp, monkeypatch: pytest.MonkeyPatch) -> None:
    node = nuke_app.script()
    second = nuke_app.vst.create()
    second.setInput(0, node.input(0))
    fake_nuke.scriptSave()
    script = str(nuke_app.folder / "shot.nk")
    assert terminal(nuke_app, monkeypatch, script, "--node", "VST_Stylize1", "--frames=1002-1003") == 0
    folder = nuke_app.folder / "stylized"
    assert [path.name for path in folder.iterdir()] == ["VST_Stylize1"]
    frames = sorted(path.name for path in (folder / "VST_Stylize1" / "v001").glob("*.exr"))
    assert frames == ["shot.VST_Stylize1.main.1002.exr", "shot.VST_Stylize1.main.1003.exr"]
    assert terminal(nuke_app, monkeypatch, script, "--node=VST_Stylize1", "--new-version") == 0
    assert (folder / "VST_Stylize1" / "v002").is_dir()


@pytest.mark.parametrize(
    ("knobs", "code", "words"),
    [
        ({"worker": "/nowhere"}, 2, "VST_Stylize1: the settings name /nowhere as the worker"),
        ({"network_other": "/nowhere.safetensors", "network": "other"}, 5, "nowhere.safetensors"),
    ],
)
def test_what_goes_wrong_has_the_workers_exit_code(
    nuke_app: NukeApp,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    knobs: dict[str, str],
    code: int,
    words: str,
) -> None:
    assert terminal(nuke_app, monkeypatch, saved(nuke_app, **knobs)) == code
    assert words in capsys.readouterr().out.splitlines()[-1]


def test_no_script_and_no_node(
    nuke_app: NukeApp, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert terminal(nuke_app, monkeypatch, "/nowhere.nk") == 2
    assert capsys.readouterr().out == "vst: /nowhere.nk: No such file or directory\n"
    fake_nuke.scriptSaveAs(str(tmp_path / "empty.nk"))
    assert terminal(nuke_app, monkeypatch, str(tmp_path / "empty.nk")) == 2
    assert "has no such VST_Stylize node" in capsys.readouterr().out


def test_a_script_that_cannot_be_saved_is_told_and_the_frames_are_there(
    nuke_app: NukeApp, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def save() -> bool:
        raise RuntimeError("shot.nk:\nPermission denied")

    script = saved(nuke_app)
    monkeypatch.setattr(fake_nuke, "scriptSave", save)
    assert terminal(nuke_app, monkeypatch, script) == 4
    line = f"vst: {script} cannot be saved (shot.nk: Permission denied); the frames are there"
    assert capsys.readouterr().out.splitlines()[-1] == line
    assert len(list(nuke_app.version(fake_nuke.toNode("VST_Stylize1")).glob("*.exr"))) == len(FRAMES)


def test_frames_may_be_negative(nuke_app: NukeApp, monkeypatch: pytest.MonkeyPatch) -> None:
    script = saved(nuke_app)
    frames = sys.modules["vst_nodes.nuke.batch"]._frames
    assert [frames(text) for text in ("-5--1", "-5-7", "7", "-3")] == [(-5, -1), (-5, 7), (7, 7), (-3, -3)]
    for text in ("5-", "-", "1001,1003"):
        assert terminal(nuke_app, monkeypatch, script, f"--frames={text}") == 2

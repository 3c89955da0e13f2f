"""The group as a script's text: what it says, and that it is the same after every way through a file."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fake_nuke
import numpy as np
import pytest
from fake_nuke._classes import CLASSES, EXR_KNOBS
from nuke_app import FRAMES, NukeApp, color, shown

GOLDEN = Path(__file__).parent / "golden" / "vst_stylize.nk"


def copied(node: Any, file: Path) -> str:
    for other in fake_nuke.allNodes():
        other.setSelected(other is node)
    fake_nuke.nodeCopy(str(file))
    return file.read_text()


def pasted(file: Path) -> Any:
    return fake_nuke.nodePaste(str(file))


def inside(node: Any) -> Iterator[tuple[str, str, list[str]]]:
    """Class, name and inputs of what is in a group."""
    for each in node.nodes():
        sources = (each.input(index) for index in range(each.inputs()))
        yield each.Class(), each.name(), ["" if source is None else source.name() for source in sources]


def test_the_text_is_the_one_that_was_looked_over(nuke_app: NukeApp, tmp_path: Path) -> None:
    """Where this is meant to change, look the new text over and put it into the golden file."""
    assert copied(nuke_app.vst.create(), tmp_path / "copy.nk") == GOLDEN.read_text()


def test_the_text_is_balanced() -> None:
    text = re.sub(r"\\.", "", GOLDEN.read_text())
    text = re.sub(r'"[^"]*"', "", text)
    assert text.count("{") == text.count("}")
    assert len(re.findall(r"^ *Group \{$", text, re.MULTILINE)) == len(re.findall(r"^ *end_group$", text, re.MULTILINE))
    assert '"' not in text


def test_every_node_has_only_knobs_that_its_class_has() -> None:
    own: set[str] = set()
    kind = ""
    seen = set()
    for line in GOLDEN.read_text().splitlines():
        words = line.split()
        if words[-1] == "{":
            kind, own = words[0], set()
            seen.add(kind)
        elif words[0] == "addUserKnob":
            own.add(words[2])
        elif kind and words[0] not in ("}", "inputs", "end_group", "push", "set", "version"):
            more = set(EXR_KNOBS) if kind == "Write" else set()
            assert words[0] in own | set(CLASSES[kind]) | more, (kind, line)
    assert seen == {"Group", "Input", "Output", "Remove", "Copy", "Write", "Read", "Switch", "Dissolve", "Keymix"}


def test_a_knob_that_a_class_has_not_is_refused(nuke_app: NukeApp) -> None:
    assert nuke_app.state.gui
    with pytest.raises(NameError, match="knob compresion does not exist"):
        fake_nuke.nodes.Write()["compresion"].setValue("none")
    with pytest.raises(NameError, match="knob datatype does not exist"):
        fake_nuke.nodes.Write()["datatype"].setValue("32 bit float")


def test_a_new_node_lets_the_plate_through(nuke_app: NukeApp) -> None:
    plate = nuke_app.plate()
    node = nuke_app.script(plate=plate)
    for frame in FRAMES:
        assert np.array_equal(color(shown(node, frame)), color(shown(plate, frame)))


def test_the_menu_makes_a_node_on_what_is_selected(nuke_app: NukeApp) -> None:
    plate = nuke_app.plate()
    plate.setSelected(True)
    command = fake_nuke.menu("Nodes").addMenu("VST").findItem("VST_Stylize")
    assert command is not None
    command.invoke()
    (node,) = fake_nuke.allNodes("Group")
    assert node.input(0) is plate
    assert node.name() == "VST_Stylize1"
    assert nuke_app.vst.create().name() == "VST_Stylize2"


def test_two_copies_are_nodes_of_their_own(nuke_app: NukeApp, tmp_path: Path) -> None:
    node = nuke_app.vst.create()
    node["style"].setValue("ink")
    node["mix"].setValue(0.25)
    node["strength"].setValueAt(0.0, 1001)
    node["strength"].setValueAt(1.0, 1003)
    copied(node, tmp_path / "copy.nk")
    first, second = pasted(tmp_path / "copy.nk"), pasted(tmp_path / "copy.nk")
    assert [each.name() for each in (node, first, second)] == ["VST_Stylize1", "VST_Stylize2", "VST_Stylize3"]
    for copy in (first, second):
        assert sorted(inside(copy)) == sorted(inside(node))
        assert (copy["style"].value(), copy["mix"].value()) == ("ink", 0.25)
        assert copy["strength"].getValueAt(1002) == 0.5
    first["style"].setValue("oil")
    first.node("Result")["last"].setValue(7)
    assert (second["style"].value(), second.node("Result")["last"].value()) == ("ink", 0)
    assert copied(second, tmp_path / "again.nk").replace("VST_Stylize3", "VST_Stylize1") == copied(
        node, tmp_path / "first.nk"
    )


def test_a_script_without_the_plug_in_renders_the_same(nuke_app: NukeApp, tmp_path: Path) -> None:
    node = nuke_app.script(strength=0.7)
    nuke_app.stylize(node)
    before = [color(shown(node, frame)) for frame in FRAMES]
    fake_nuke.scriptSave()
    fake_nuke._start(gui=False)
    fake_nuke.scriptOpen(str(tmp_path / "shot.nk"))
    loaded = fake_nuke.toNode("VST_Stylize1")
    assert loaded is not None
    assert loaded["network"].value() == "fast"
    for frame, expected in zip(FRAMES, before, strict=True):
        assert np.array_equal(color(shown(loaded, frame)), expected)


def test_a_button_without_the_plug_in_says_so(nuke_app: NukeApp, monkeypatch: pytest.MonkeyPatch) -> None:
    node = nuke_app.vst.create()
    monkeypatch.setitem(sys.modules, "vst_nodes.nuke", None)
    nuke_app.press(node, "stylize")
    assert nuke_app.state.messages == [
        "The vst plug-in is not installed here. Frames that were stylised before are shown all the same."
    ]

"""The group: what is inside, and what it shows. Nothing in it needs this package, so scripts render without it."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from pathlib import Path
from typing import cast

import nuke

from ..errors import WorkerError
from ..folders import last_log
from .panel import MARK, add_knobs
from .shot import output_root

INPUTS = ("plate", "motion", "matte")
PLATE, MOTION, MATTE = range(3)

_NOT_LOCALIZED = 3  # a local copy of frames that were made anew would be shown instead of them
_IN_RANGE = "Result.first <= frame && frame <= Result.last"
_NO_MATTE = f"[exists parent.input{MATTE}] ? 0 : 1"


def create() -> nuke.Node:
    """Make a node, connected to what is selected."""
    selected = nuke.selectedNodes()
    group = nuke.nodes.Group()
    with group:
        _build()
    add_knobs(group)
    group.setName("VST_Stylize1", uncollide=True)
    for index, node in enumerate(reversed(selected[: len(INPUTS)])):
        group.setInput(index, node)
    return group


def is_ours(node: nuke.Node) -> bool:
    """Whether a node is one of these."""
    return node.Class() == "Group" and MARK in node.knobs()


def inner(node: nuke.Node, name: str) -> nuke.Node:
    """A node of the inside.

    Raises:
        WorkerError: it was removed.
    """
    found = cast("nuke.Group", node).node(name)
    if found is None:
        raise WorkerError(f"the node {name} inside {node.name()} was removed; make a new VST_Stylize")
    return found


def show(node: nuke.Node, pattern: str, first: int, last: int) -> None:
    """Show stylised frames.

    Args:
        node: the node.
        pattern: the files, with ``%V`` for the view and ``%04d`` for the frame.
        first: the first that is there.
        last: the last one.
    """
    result = inner(node, "Result")
    cast("nuke.File_Knob", result["file"]).fromUserText(f"{pattern} {first}-{last}")
    for name, value in (("first", first), ("last", last), ("origfirst", first), ("origlast", last)):
        result[name].setValue(value)
    result["raw"].setValue(True)
    reload_frames(node)


def reload_frames(node: nuke.Node) -> None:
    """Read the stylised frames again."""
    cast("nuke.Script_Knob", inner(node, "Result")["reload"]).execute()


def open_log(node: nuke.Node) -> None:
    """Show the log of a node's last run in the system's viewer."""
    log = None
    with contextlib.suppress(WorkerError):  # without a folder there is no log in it
        log = last_log(output_root(node))
    if log is None:
        nuke.message("There is no log yet; press Stylize first.")
    elif sys.platform == "win32":
        os.startfile(log)  # noqa: S606 - the artist's own viewer
    else:
        opener = "open" if sys.platform == "darwin" else "xdg-open"
        _open_with(opener, log)


def _open_with(opener: str, log: Path) -> None:
    try:
        subprocess.Popen([opener, str(log)])  # noqa: S603 - the artist's own viewer
    except OSError:
        nuke.message(f"The log is {log}")


def _build() -> None:
    plate, motion, matte = (_input(name, number) for number, name in enumerate(INPUTS))
    clear = nuke.nodes.Remove(name="Clear", channels="forward", channels2="backward", disable=True)
    clear.setInput(0, plate)
    vectors = nuke.nodes.Copy(name="Vectors", bbox="B side", disable=True)
    vectors.setInput(0, clear)
    vectors.setInput(1, motion)
    _write().setInput(0, vectors)
    shown = nuke.nodes.Switch(name="Shown")
    shown.setInput(0, plate)
    shown.setInput(1, _read())
    shown["which"].setExpression(_IN_RANGE)
    mix = nuke.nodes.Dissolve(name="Mix", channels="rgb")
    mix.setInput(0, plate)
    mix.setInput(1, shown)
    mix["which"].setExpression("parent.strength")
    inside = nuke.nodes.Keymix(name="Matte", channels="rgb", invertMask=True, bbox="B")
    inside.setInput(0, mix)
    inside.setInput(1, plate)
    inside.setInput(2, matte)
    inside["disable"].setExpression(_NO_MATTE)
    nuke.nodes.Output(name="Output1").setInput(0, inside)


def _input(name: str, number: int) -> nuke.Node:
    node = nuke.nodes.Input(name=name)
    if number:
        node["number"].setValue(number)
    return node


def _write() -> nuke.Node:
    node = nuke.nodes.Write(name="Dump", channels="all", disable=True)
    node["file_type"].setValue("exr")  # which brings the knobs that follow
    node["datatype"].setValue("32 bit float")
    node["compression"].setValue("Zip (1 scanline)")
    node["metadata"].setValue("all metadata")
    node["raw"].setValue(True)
    node["create_directories"].setValue(True)
    return node


def _read() -> nuke.Node:
    node = nuke.nodes.Read(name="Result")
    node["raw"].setValue(True)
    node["on_error"].setValue("error")
    node["localizationPolicy"].setValue(_NOT_LOCALIZED)
    node["last"].setValue(0)  # nothing to show
    return node

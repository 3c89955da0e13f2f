"""What can be set on the node, made from the knobs and from what only Nuke knows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

import nuke

from ..knobs import STYLES, Knob, read_knobs, to_settings

OTHER, NO_STYLE = "other", "none"
MARK = "vst_version"
"""A knob that only this node has."""
TO_PREVIOUS, TO_NEXT = "to the previous frame", "to the next frame"

_VERSION = "1"
_FOLDER = "[file dirname [value root.name]]/stylized"
# The node has better: its own strength, list of styles, versions, input and colour.
_ELSEWHERE = ("strength", "style_styles", "style_weights", "overwrite", "layer")
_FIRST_TAB = "Style"
_BUTTON = """try:
    from vst_nodes.nuke import {0}
except ImportError:
    nuke.message('The vst plug-in is not installed here. Frames that were stylised before are shown all the same.')
else:
    {0}(nuke.thisNode())"""


def add_knobs(node: nuke.Node) -> None:
    """Give a group everything that is set on it."""
    for knob in _all_knobs():
        node.addKnob(knob)


def engine_settings(node: nuke.Node) -> dict[str, Any]:
    """The settings of a render, without plate, frames, colour space and output.

    A node of an older script lacks the knobs that came since, and is rendered with their defaults.
    """
    there = node.knobs()
    values = {knob.name: _value(node, knob) for knob in _shown() if knob.name in there}
    values["style_styles"], values["style_weights"] = styles(node)
    del values["flow_layer"]  # the node brings the vectors into the layers that the engine knows
    return to_settings(values)


def styles(node: nuke.Node) -> tuple[list[str], list[float]]:
    """The styles and how much of each; no weights where there is one style."""
    first, second = choice(node, "style"), choice(node, "style_second")
    if second == NO_STYLE:
        return [first], []
    share = float(node["mix"].value())
    return [first, second], [1 - share, share]


def choice(node: nuke.Node, name: str) -> str:
    """What is chosen, or what is written in the field beside it."""
    value = str(node[name].value())
    return str(node[f"{name}_other"].value()) if value == OTHER else value


def _all_knobs() -> Iterator[nuke.Knob]:
    yield nuke.Tab_Knob("vst", "Stylize")
    yield from _styles()
    yield from _knobs_of(_FIRST_TAB)
    yield _double("strength", "Strength", 1.0, "How much of the stylised frame is mixed over the plate.", (0, 1))
    yield from _frames()
    yield from _buttons()
    for group in dict.fromkeys(knob.group for knob in _shown()):
        if group != _FIRST_TAB:
            yield nuke.Tab_Knob(f"vst_{group.lower()}", group)
            yield from _knobs_of(group)
    mark = nuke.String_Knob(MARK, "")
    mark.setValue(_VERSION)
    mark.setFlag(nuke.INVISIBLE)
    yield mark


def _styles() -> Iterator[nuke.Knob]:
    help_text = "A style of the network, or other: a file, or the name of a style of your own network."
    yield from _choice("style", "Style", STYLES, STYLES[0], help_text)
    yield from _choice("style_second", "Second style", (NO_STYLE, *STYLES), NO_STYLE, "A style to mix in.")
    yield _double("mix", "Mix", 0.5, "How much of the second style.", (0, 1))


def _frames() -> Iterator[nuke.Knob]:
    yield nuke.Text_Knob("frames_divider", "")
    whole = nuke.Boolean_Knob("use_script_range", "Script range")
    whole.setTooltip("All frames of the script.")
    whole.setValue(True)
    whole.setFlag(nuke.STARTLINE)
    yield whole
    for name, label, value in (("first", "First", 1), ("last", "Last", 100)):
        number = nuke.Int_Knob(name, label)
        number.setTooltip(f"{label} frame, where it is not the script's.")
        number.setValue(value)
        yield number
    views = nuke.String_Knob("views", "Views")
    views.setTooltip("Names of the views to stylise, separated by spaces; all of the script when empty.")
    yield views
    folder = nuke.File_Knob("folder", "Output")
    folder.setTooltip("Folder in which every run makes a version of its own.")
    folder.setValue(_FOLDER)
    yield folder


def _buttons() -> Iterator[nuke.Knob]:
    yield nuke.Text_Knob("buttons_divider", "")
    for name, label, text in (
        ("stylize", "Stylize", "Write the inputs, stylise every frame, and show the result in this node."),
        ("cancel", "Cancel", "Stop; finished frames are kept, and the next run continues from there."),
        ("reload_frames", "Reload", "Read the stylised frames again."),
        ("open_log", "Open Log", "Show the log of the last run."),
    ):
        button = nuke.PyScript_Knob(name, label, _BUTTON.format(name))
        button.setTooltip(text)
        if name == "stylize":
            button.setFlag(nuke.STARTLINE)
        yield button
    yield nuke.Text_Knob("status", "", "Nothing has been stylised yet.")


def _knobs_of(group: str) -> Iterator[nuke.Knob]:
    for knob in _shown():
        if knob.group == group:
            yield from _made(knob)
    if group == "Motion":
        direction = nuke.Enumeration_Knob("flow_direction", "Vectors lead", [TO_PREVIOUS, TO_NEXT])
        direction.setTooltip("What the vectors of a layer that is named above lead to.")
        yield direction
    if group == "Machine":
        worker = nuke.File_Knob("worker", "Worker")
        worker.setTooltip("The program vst, or the folder of its virtual environment; empty finds it.")
        yield worker


def _shown() -> list[Knob]:
    return [knob for knob in read_knobs() if knob.name not in _ELSEWHERE]


def _made(knob: Knob) -> Iterator[nuke.Knob]:
    if knob.kind == "open choice":
        yield from _choice(knob.name, knob.label, knob.choices, str(knob.default), knob.help)
        return
    made: nuke.Knob
    if knob.kind == "bool":
        made = nuke.Boolean_Knob(knob.name, knob.label)
        made.setFlag(nuke.STARTLINE)
    elif knob.kind == "int":
        made = nuke.Int_Knob(knob.name, knob.label)
    elif knob.kind == "float":
        yield _double(knob.name, knob.label, knob.default, knob.help, knob.slider or (knob.minimum, knob.maximum))
        return
    elif knob.kind == "choice":
        made = nuke.Enumeration_Knob(knob.name, knob.label, list(knob.choices))
    elif knob.kind == "file":
        made = nuke.File_Knob(knob.name, knob.label)
    else:
        made = nuke.String_Knob(knob.name, knob.label)
    made.setTooltip(knob.help)
    if knob.default is not None:
        made.setValue(knob.default)
    yield made


def _choice(name: str, label: str, choices: tuple[str, ...], default: str, help_text: str) -> Iterator[nuke.Knob]:
    chosen = nuke.Enumeration_Knob(name, label, [*choices, OTHER])
    chosen.setTooltip(help_text)
    chosen.setValue(default)
    yield chosen
    other = nuke.File_Knob(f"{name}_other", "other")
    other.setTooltip(f"{label}, where other is chosen.")
    other.clearFlag(nuke.STARTLINE)
    yield other


def _double(name: str, label: str, default: float, help_text: str, ends: tuple[Any, ...]) -> nuke.Knob:
    knob = nuke.Double_Knob(name, label)
    knob.setTooltip(help_text)
    knob.setRange(*ends)
    knob.setValue(default)
    return knob


def _value(node: nuke.Node, knob: Knob) -> Any:
    if knob.kind == "open choice":
        return choice(node, knob.name)
    if knob.kind == "file":
        return cast("nuke.File_Knob", node[knob.name]).evaluate() or ""
    value = node[knob.name].value()
    return int(value) if knob.kind == "int" else value

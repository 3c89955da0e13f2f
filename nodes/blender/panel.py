"""What the artist sees: the buttons on the node, and the sidebar with everything."""

from __future__ import annotations

import textwrap
from itertools import groupby
from typing import Any

import bpy  # type: ignore[import-not-found]

from .preflight import Problem, find_problems
from .properties import node_knobs
from .run import RUNS, spell
from .shot import started_version
from .styles import FILE
from .tree import shows
from .versions import scene_of

_LINE = 48  # characters that fit
_OWN_GROUP = "Style"


def draw_node(context: Any, layout: Any, node: Any) -> None:
    """The buttons on the node: the styles, and what there is to press."""
    _draw_styles(layout, node)
    _draw_run(context, layout, node)


class VST_PT_stylize(bpy.types.Panel):  # type: ignore[misc] # noqa: N801 - Blender's way
    """Everything about the active node."""

    bl_idname = "VST_PT_stylize"
    bl_label = "Stylize"
    bl_space_type = "NODE_EDITOR"
    bl_region_type = "UI"
    bl_category = "Stylize"

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Whether it is shown."""
        node = getattr(context, "active_node", None)
        return node is not None and node.bl_idname == "VST_ND_stylize"

    def draw(self, context: Any) -> None:
        """Called by Blender."""
        layout, node = self.layout, context.active_node
        tree = node.id_data
        layout.use_property_split = True
        layout.use_property_decorate = False
        _draw_problems(layout, node, find_problems(scene_of(tree, context.scene), tree, node))
        _draw_styles(layout, node)
        layout.prop(node.inputs["Strength"], "default_value", text="Strength")
        _draw_run(context, layout, node)
        _draw_frames(layout, node.settings)
        _draw_knobs(layout, node.settings)
        layout.operator("vst.bake").uid = node.uid


def _draw_problems(layout: Any, node: Any, problems: list[Problem]) -> None:
    for problem in problems:
        box = layout.box()
        for number, line in enumerate(textwrap.wrap(problem.line, _LINE)):
            icon = "NONE" if number else "ERROR" if problem.stops else "INFO"
            box.label(text=line, icon=icon)
        if problem.mend:
            button = box.operator("vst.mend", text=problem.button)
            button.uid, button.mend = node.uid, problem.mend


def _draw_styles(layout: Any, node: Any) -> None:
    entries = node.settings.styles
    if len(entries) == 1:
        layout.template_icon_view(entries[0], "style", show_labels=True, scale=4.0, scale_popup=5.0)
    for index, entry in enumerate(entries):
        row = layout.row(align=True)
        row.use_property_split = False
        row.prop(entry, "style", text="")
        if len(entries) > 1:
            row.prop(entry, "weight", slider=True)
            button = row.operator("vst.remove_style", text="", icon="X")
            button.uid, button.index = node.uid, index
        if entry.style == FILE:
            layout.prop(entry, "other", text="")
    layout.operator("vst.add_style", icon="ADD").uid = node.uid


def _draw_run(context: Any, layout: Any, node: Any) -> None:
    run = RUNS.get(node.uid)
    if run is not None and not run.over:
        layout.progress(factor=run.progress, type="BAR", text=spell(run))
        layout.operator("vst.cancel", icon="CANCEL").uid = node.uid
        return
    started = started_version(scene_of(node.id_data, context.scene), node)
    text = "Stylize Shot" if started is None else f"Resume {started.name}"
    button = layout.operator("vst.stylize", text=text, icon="PLAY")
    button.uid, button.resume = node.uid, True
    if started is not None:
        button = layout.operator("vst.stylize", text="New Version", icon="FILE_NEW")
        button.uid, button.resume = node.uid, False
    for line in textwrap.wrap(run.message, _LINE) if run is not None else ():
        layout.label(text=line)
    row = layout.row(align=True)
    row.operator("vst.open_log").uid = node.uid
    if node.node_tree is not None and shows(node.node_tree):
        row.operator("vst.to_sequencer").uid = node.uid


def _draw_frames(layout: Any, settings: Any) -> None:
    column = layout.column()
    column.prop(settings, "source")
    if settings.source != "RENDER":
        column.prop(settings, "pattern" if settings.source == "SEQUENCE" else "clip")
    column.prop(settings, "use_scene_range")
    if not settings.use_scene_range:
        column.prop(settings, "first")
        column.prop(settings, "last")
    column.prop(settings, "folder")


def _draw_knobs(layout: Any, settings: Any) -> None:
    shown_knobs = [knob for knob in node_knobs() if knob.method in ("", settings.method)]
    for group, knobs in groupby(shown_knobs, key=lambda knob: knob.group):
        header, body = layout.panel(f"vst_{group}", default_closed=group != _OWN_GROUP)
        header.label(text=group)
        if body is not None:
            for knob in knobs:
                body.prop(settings, knob.name)


CLASSES = (VST_PT_stylize,)

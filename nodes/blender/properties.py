"""What can be set on the node, made from the knobs and from what only Blender knows."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, TypeVar

import bpy  # type: ignore[import-not-found]
from bpy import props

from ..knobs import Knob, read_knobs, to_settings
from .styles import FILE, style_items

_Class = TypeVar("_Class")
# The node has better: its socket, its list of styles, its versions, and the device of the preferences.
_ELSEWHERE = ("strength", "style_styles", "style_weights", "overwrite", "device")

UID = props.StringProperty(options={"HIDDEN", "SKIP_SAVE"})
"""The identity of the node that an operator is for."""
SOURCES = (
    ("RENDER", "Node Inputs", "Render the scene, and take what is linked to Image, Vector and Depth"),
    ("SEQUENCE", "Image Sequence", "Take an image sequence on disk, with its own vectors where it has some"),
    ("CLIP", "Movie Clip", "Take the image sequence of a movie clip"),
)


def with_properties(**given: Any) -> Callable[[type[_Class]], type[_Class]]:
    """Give a class Blender properties, which it takes from its annotations."""

    def give(target: type[_Class]) -> type[_Class]:
        target.__annotations__ = given
        return target

    return give


@lru_cache(maxsize=1)
def node_knobs() -> tuple[Knob, ...]:
    """The knobs that the node shows as they are."""
    return tuple(knob for knob in read_knobs() if knob.name not in _ELSEWHERE)


def knob_property(knob: Knob) -> Any:
    """A Blender property for a knob."""
    common: dict[str, Any] = {"name": knob.label, "description": knob.help.rstrip(".")}
    if knob.kind == "bool":
        return props.BoolProperty(default=bool(knob.default), **common)
    if knob.kind in ("int", "float"):
        return _number(knob, common)
    if knob.kind == "choice":
        items = [(choice, choice.capitalize(), "") for choice in knob.choices]
        return props.EnumProperty(items=items, default=knob.default, **common)
    if knob.kind == "file":
        return props.StringProperty(subtype="FILE_PATH", **common)
    if knob.kind == "open choice":
        choices = knob.choices
        return props.StringProperty(
            default=knob.default or "",
            search=lambda _self, _context, _text: list(choices),
            search_options={"SUGGESTION"},
            **common,
        )
    return props.StringProperty(default=knob.default or "", **common)


def _number(knob: Knob, common: dict[str, Any]) -> Any:
    lowest = knob.minimum if knob.minimum is not None else knob.above
    given = {"default": knob.default, "min": lowest, "max": knob.maximum}
    limits: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    if knob.slider:
        limits["soft_min"], limits["soft_max"] = knob.slider
    if knob.kind == "int":
        whole = {name: int(value) for name, value in limits.items()}
        return props.IntProperty(**whole, **common)
    if knob.above is not None:
        limits["min"] = knob.above + 0.01
    return props.FloatProperty(**limits, **common)


@with_properties(
    style=props.EnumProperty(name="Style", description="One of the network's styles, or another", items=style_items),
    other=props.StringProperty(
        name="File or Name",
        description="An image for the optimisation, or the name of a style of your own network",
        subtype="FILE_PATH",
    ),
    weight=props.FloatProperty(name="Mix", description="How much of this style", default=1.0, min=0.0, soft_max=1.0),
)
class VST_PG_style(bpy.types.PropertyGroup):  # type: ignore[misc] # noqa: N801 - Blender's own way to name classes
    """A style and how much of it."""

    def spelled(self) -> str:
        """The style as the engine takes it."""
        if self.style != FILE:
            return str(self.style)
        return bpy.path.abspath(self.other) if self.other.startswith("//") else str(self.other)


@with_properties(
    source=props.EnumProperty(name="Frames From", items=SOURCES),
    pattern=props.StringProperty(
        name="Sequence", description="Files with #### for the number of the frame", subtype="FILE_PATH"
    ),
    clip=props.PointerProperty(name="Clip", type=bpy.types.MovieClip),
    use_scene_range=props.BoolProperty(name="Scene Range", description="All frames of the scene", default=True),
    first=props.IntProperty(name="First", description="First frame", default=1),
    last=props.IntProperty(name="Last", description="Last frame", default=250),
    folder=props.StringProperty(
        name="Output",
        description="Folder in which every run makes a version of its own",
        default="//stylized/",
        subtype="DIR_PATH",
    ),
    styles=props.CollectionProperty(type=VST_PG_style),
    **{knob.name: knob_property(knob) for knob in node_knobs()},
)
class VST_PG_settings(bpy.types.PropertyGroup):  # type: ignore[misc] # noqa: N801 - Blender's own way to name classes
    """Everything that is set on a node."""

    def engine_settings(self) -> dict[str, Any]:
        """The settings of a render, without plate, frames and output."""
        values = {knob.name: getattr(self, knob.name) for knob in node_knobs()}
        for knob in node_knobs():
            if knob.kind == "file" or str(values[knob.name]).startswith("//"):  # as vectors in files of their own can
                values[knob.name] = bpy.path.abspath(values[knob.name])
        values["style_styles"] = [entry.spelled() for entry in self.styles]
        if len(self.styles) > 1:
            values["style_weights"] = [entry.weight for entry in self.styles]
        return to_settings(values)


CLASSES = (VST_PG_style, VST_PG_settings)

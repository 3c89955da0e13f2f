"""Which channels of a multilayer file are its colour.

Hosts agree on little: plain ``R G B``, Blender's ``ViewLayer.Combined.R``, parts named after their layer, views named
by a prefix or by their part, lower-case names. Nuke, where it gives every layer a part of its own, leaves the layer out
of the channels' names: ``u`` and ``v`` in the part ``forward.left``. What they share is that a layer's red, green and
blue differ in their last component only.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from vst_core.errors import InputError

_COMPONENTS = {"r": 0, "red": 0, "g": 1, "green": 1, "b": 2, "blue": 2, "a": 3, "alpha": 3}
_BEAUTY = ("combined", "rgba", "rgb", "beauty", "image")  # preferred over other layers, in this order
_CRYPTOMATTE = re.compile(r"crypto\w*\d\d", re.IGNORECASE)  # r, g, b hold ids and coverage, no colour


@dataclass(frozen=True, slots=True)
class PartChannels:
    """The channels of one part of a file.

    Attributes:
        channels: names in file order.
        name: the part's name, or empty.
        view: the stereo view that its plain channels show, or empty.
        other_views: views that its other channels show, their names within those of the channels.
    """

    channels: tuple[str, ...]
    name: str = ""
    view: str = ""
    other_views: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ColorLayer:
    """Colour channels that belong together.

    Attributes:
        names: every name that a user may call the layer by, the most specific first.
        part: index of the part that holds it.
        color: indices of red, green and blue within the part.
        alpha: index of its alpha within the part, or None.
        view: the stereo view that it shows, or empty.
    """

    names: tuple[str, ...]
    part: int
    color: tuple[int, int, int]
    alpha: int | None
    view: str = ""


def color_layers(parts: Sequence[PartChannels]) -> list[ColorLayer]:
    """All colour layers, the likeliest picture first: plain RGB, then Combined and its like, then file order."""
    layers = [(prefix, layer) for index, part in enumerate(parts) for prefix, layer in _layers_of(index, part)]
    return [layer for _, layer in sorted(layers, key=lambda item: _rank(item[0]))]


def view_channels(parts: Sequence[PartChannels], color: ColorLayer | None) -> dict[str, tuple[int, int]]:
    """The channels of the view that a colour layer shows, and those of no view; of every view where it is None.

    Returns:
        Their names without the view and with the layer, in file order, and for each its part and its index within it;
        of several channels of one name, the first.
    """
    found: dict[str, tuple[int, int]] = {}
    for index, part in enumerate(parts):
        for position, channel in enumerate(part.channels):
            view, name = _split(channel, part)
            if color is None or view in ("", color.view):
                found.setdefault(name, (index, position))
    return found


def choose_color_layer(parts: Sequence[PartChannels], wanted: str | None, path: str) -> ColorLayer:
    """The layer called ``wanted`` (a layer, a part or a view), or the likeliest picture where it is None.

    Raises:
        InputError: there is no such layer, or no colour at all.
    """
    layers = color_layers(parts)
    if not layers:
        every = ", ".join(name for part in parts for name in part.channels)
        raise InputError("has no red, green and blue channels", where=path, remedy=f"its channels are {every}")
    if wanted is None:
        return layers[0]
    for layer in layers:
        if wanted in layer.names:
            return layer
    known = ", ".join(dict.fromkeys((layer.names or ("plain RGB",))[0] for layer in layers))
    raise InputError(f"has no colour layer {wanted!r}", where=path, remedy=f"its colour layers are {known}")


def _split(channel: str, part: PartChannels) -> tuple[str, str]:
    """The view that a channel shows, and its name without the view and with the layer."""
    words = channel.split(".")
    for place in (0, 1):  # view.layer.channel, and layer.view.channel as the OpenEXR standard has it
        if len(words) > place + 1 and words[place] in part.other_views:
            return words.pop(place), ".".join(words)
    layer = part.name.removesuffix(f".{part.view}") if part.view else ""
    if len(words) == 1 and layer not in ("", part.name, "rgba"):
        return part.view, f"{layer}.{channel}"
    return part.view, channel


def _layers_of(index: int, part: PartChannels) -> Iterable[tuple[str, ColorLayer]]:
    found: dict[tuple[str, str], dict[int, int]] = {}
    for position, channel in enumerate(part.channels):
        view, name = _split(channel, part)
        prefix, _, last = name.rpartition(".")
        component = _COMPONENTS.get(last.casefold())
        if component is not None and not _CRYPTOMATTE.fullmatch(prefix.rpartition(".")[2]):
            found.setdefault((view, prefix), {}).setdefault(component, position)
    for (view, prefix), at in found.items():
        if {0, 1, 2} <= at.keys():
            yield prefix, ColorLayer(_names(prefix, part, view), index, (at[0], at[1], at[2]), at.get(3), view)


def _names(prefix: str, part: PartChannels, view: str) -> tuple[str, ...]:
    joined = [f"{outer}.{prefix}" for outer in (part.name, view) if outer and prefix]
    names = [prefix, *joined, part.name, view]
    return tuple(dict.fromkeys(name for name in names if name))


def _rank(prefix: str) -> int:
    """Smaller is likelier to be the picture; equal ranks keep file order."""
    if not prefix:
        return 0
    last = prefix.rpartition(".")[2].casefold()
    return 1 + (_BEAUTY.index(last) if last in _BEAUTY else len(_BEAUTY))

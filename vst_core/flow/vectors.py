"""Motion vectors that a renderer or a host wrote, brought to one convention: pixels, x right, y down.

Blender (4.2 to 5.0) writes ``Vector.XYZW`` in pixels with y up: XY is previous minus current position, ZW current
minus next. Nuke writes ``backward.uv`` and ``forward.uv`` in pixels with y up: applied to the previous or next frame
they give the current one. A layer of any other name is taken for such a ``backward`` unless it is flipped.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vst_core.errors import InputError, SettingsError

_SUFFIXES = (("u", "v"), ("x", "y"), ("X", "Y"), ("U", "V"), ("R", "G"), ("r", "g"))


@dataclass(frozen=True, slots=True)
class VectorPair:
    """Two channels that make one flow field.

    Attributes:
        channels: names of the x and the y channel.
        factors: what turns them into pixels, x right and y down.
    """

    channels: tuple[str, str]
    factors: tuple[float, float]


@dataclass(frozen=True, slots=True)
class VectorLayer:
    """Which channels of a frame hold its motion, and how to read them; at least one direction is there.

    Attributes:
        convention: ``"Blender"``, ``"Nuke"`` or ``"custom"``, for messages.
        backward: the motion to the frame before.
        forward: the motion to the frame after.
    """

    convention: str
    backward: VectorPair | None
    forward: VectorPair | None


@dataclass(frozen=True, slots=True)
class Vectors:
    """One frame's motion, on its own grid: each (1, 2, H, W), pixels, x right, y down, or None where it has none."""

    backward: Tensor | None
    forward: Tensor | None


def find_vector_layer(
    channel_names: Sequence[str],
    layer: str | None = None,
    *,
    flip_x: bool = False,
    flip_y: bool = False,
    scale: float | tuple[float, float] = 1.0,
    where: str | Path = "",
) -> VectorLayer:
    """Find a frame's motion vectors by the names of its channels.

    Recognised by themselves: Blender's ``<view layer>.Vector.X/Y/Z/W`` (the first view layer that has them, or bare
    ``Vector.X`` as the compositor writes it; without both Z and W there is no forward motion) and Nuke's
    ``backward.u/v`` and ``forward.u/v``, either or both.

    Args:
        channel_names: all channels of the frame, over all its parts.
        layer: instead of searching, a view layer, a layer (with u/v, x/y, X/Y or R/G below it), or two channels
            ``"name.R,name.G"``. A layer that is neither Blender's nor Nuke's is taken to hold the motion to the
            previous frame with y up, as Nuke's ``backward`` does.
        flip_x: reverse x, on top of the convention.
        flip_y: reverse y, on top of the convention.
        scale: factor to pixels, or one for x and one for y: (width, height) for vectors normalised to the frame.
        where: the file, for messages.

    Raises:
        InputError: there are no vectors, or not the ones asked for; the message lists the channels that are there.
        SettingsError: the scale is 0 or not finite.
    """
    factors = _user_factors(flip_x, flip_y, scale)
    names = set(channel_names)
    if layer is None:
        found = _search(channel_names, factors)
    elif "," in layer:
        found = _explicit(names, layer, factors)
    else:
        found = _named(names, layer, factors)
    if found is None:
        what = "has no motion vectors" if layer is None else f"has no motion vectors in {layer!r}"
        listing = ", ".join(channel_names) or "none"
        remedy = f"its channels are {listing}; turn on the vector pass, name its layer, or use flow 'dis'"
        raise InputError(what, where=where, remedy=remedy)
    return found


def to_flow(layer: VectorLayer, channel: Callable[[str], NDArray[Any]], *, where: str | Path = "") -> Vectors:
    """Read a frame's motion vectors as flow.

    Args:
        layer: what `find_vector_layer` found.
        channel: gives a channel's (H, W) array by its name, for example `vst_core.image.Frame.channel`.
        where: the file or frame, for messages.

    Raises:
        InputError: a channel holds NaN or infinity; the message names frame, channel and pixel.
    """

    def read(pair: VectorPair | None) -> Tensor | None:
        if pair is None:
            return None
        fields = [_checked(channel(name), name, where) for name in pair.channels]
        return torch.from_numpy(np.stack(fields)).mul_(torch.tensor(pair.factors).view(2, 1, 1))[None]

    return Vectors(backward=read(layer.backward), forward=read(layer.forward))


def _user_factors(flip_x: bool, flip_y: bool, scale: float | tuple[float, float]) -> tuple[float, float]:
    x, y = scale if isinstance(scale, tuple) else (scale, scale)
    if not (np.isfinite((x, y)).all() and x and y):
        raise SettingsError(
            f"a vector scale of {scale} cannot be used",
            where="flow",
            remedy="give the factor that turns its units into pixels",
        )
    return (-x if flip_x else x, -y if flip_y else y)


def _search(channel_names: Sequence[str], factors: tuple[float, float]) -> VectorLayer | None:
    names = set(channel_names)
    for name in channel_names:
        if name == "Vector.X" or name.endswith(".Vector.X"):
            found = _blender(names, name.removesuffix(".X"), factors)
            if found is not None:
                return found
    return _nuke(names, factors)


def _named(names: set[str], layer: str, factors: tuple[float, float]) -> VectorLayer | None:
    is_vector_pass = layer == "Vector" or layer.endswith(".Vector")
    found = _blender(names, layer if is_vector_pass else f"{layer}.Vector", factors)
    if found is None and layer in ("backward", "forward"):
        found = _nuke(names, factors)
    if found is not None:
        return found
    for x, y in _SUFFIXES:
        found = _explicit(names, f"{layer}.{x},{layer}.{y}", factors)
        if found is not None:
            return found
    return None


def _blender(names: set[str], base: str, factors: tuple[float, float]) -> VectorLayer | None:
    x, y = factors
    backward = _pair(names, f"{base}.X", f"{base}.Y", (x, -y))
    if backward is None:
        return None
    return VectorLayer("Blender", backward, _pair(names, f"{base}.Z", f"{base}.W", (-x, y)))


def _nuke(names: set[str], factors: tuple[float, float]) -> VectorLayer | None:
    x, y = factors
    backward, forward = (_pair(names, f"{name}.u", f"{name}.v", (x, -y)) for name in ("backward", "forward"))
    if backward is None and forward is None:
        return None
    return VectorLayer("Nuke", backward, forward)


def _explicit(names: set[str], channels: str, factors: tuple[float, float]) -> VectorLayer | None:
    parts = [part.strip() for part in channels.split(",")]
    if len(parts) != 2:
        return None
    x, y = factors
    pair = _pair(names, parts[0], parts[1], (x, -y))
    return None if pair is None else VectorLayer("custom", pair, None)


def _pair(names: set[str], x: str, y: str, factors: tuple[float, float]) -> VectorPair | None:
    return VectorPair((x, y), factors) if x in names and y in names else None


def _checked(field: NDArray[Any], name: str, where: str | Path) -> NDArray[np.float32]:
    values = np.asarray(field, dtype=np.float32)
    if not np.isfinite(values).all():
        bad = np.argwhere(~np.isfinite(values))
        row, column = bad[0]
        raise InputError(
            f"channel {name!r} holds NaN or infinity at {len(bad)} pixels, the first at column {column}, row {row}",
            where=where,
            remedy="render the vector pass again, or use flow 'dis'",
        )
    return values

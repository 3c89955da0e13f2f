"""Motion vectors that a renderer or a host wrote, brought to one convention: pixels, x right, y down.

Blender (4.2 to 5.0) writes ``Vector.XYZW`` in pixels with y up: XY is previous minus current position, ZW current
minus next. Nuke writes ``backward.uv`` and ``forward.uv`` in pixels with y up: applied to the previous or next frame
they give the current one. A layer of any other name is taken for such a ``backward``, or ``forward``, as it is given.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
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
        zero: the value that stands for no motion, taken off before.
    """

    channels: tuple[str, str]
    factors: tuple[float, float]
    zero: float = 0.0


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
    forward_layer: str | None = None,
    flip_x: bool = False,
    flip_y: bool = False,
    scale: float | tuple[float, float] = 1.0,
    zero: float = 0.0,
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
        forward_layer: a layer, or two channels, with the motion to the next frame, y up; alone or beside ``layer``.
        flip_x: reverse x, on top of the convention.
        flip_y: reverse y, on top of the convention.
        scale: factor to pixels, or one for x and one for y: (width, height) for vectors normalised to the frame.
        zero: the value that stands for no motion, such as 0.5 where vectors are stored as colours.
        where: the file, for messages.

    Raises:
        InputError: there are no vectors, or not the ones asked for; the message lists the channels that are there.
        SettingsError: the scale is 0 or not finite.
    """
    channels = _Channels(tuple(channel_names), _user_factors(flip_x, flip_y, scale), zero)
    found: VectorLayer | None = VectorLayer("custom", None, None)
    missing = layer
    if layer is not None:
        found = channels.named(layer)
    elif forward_layer is None:
        found = channels.search()
    if found is not None and forward_layer is not None:
        forward, missing = channels.explicit(forward_layer), forward_layer
        found = None if forward is None else replace(found, forward=forward)
    if found is None:
        what = "has no motion vectors" if missing is None else f"has no motion vectors in {missing!r}"
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
        flow = torch.from_numpy(np.stack(fields))
        if pair.zero:
            flow -= pair.zero
        return flow.mul_(torch.tensor(pair.factors).view(2, 1, 1))[None]

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


@dataclass(frozen=True, slots=True)
class _Channels:
    """A frame's channels, and how their values are to be read beyond what a convention says."""

    names: tuple[str, ...]
    factors: tuple[float, float]
    zero: float

    def search(self) -> VectorLayer | None:
        """Vectors that are known by their names."""
        for name in self.names:
            if name == "Vector.X" or name.endswith(".Vector.X"):
                found = self._blender(name.removesuffix(".X"))
                if found is not None:
                    return found
        return self._nuke()

    def named(self, layer: str) -> VectorLayer | None:
        """The vectors of a view layer, or a layer, or in two channels."""
        is_vector_pass = layer == "Vector" or layer.endswith(".Vector")
        found = self._blender(layer if is_vector_pass else f"{layer}.Vector")
        if found is None and layer in ("backward", "forward"):
            found = self._nuke()
        if found is not None:
            return found
        backward = self.explicit(layer)
        return None if backward is None else VectorLayer("custom", backward, None)

    def explicit(self, layer: str) -> VectorPair | None:
        """Two channels, or those of a layer, y up."""
        names = [name.strip() for name in layer.split(",")]
        if len(names) == 2:
            return self._pair(names[0], names[1])
        found = (self._pair(f"{layer}.{x}", f"{layer}.{y}") for x, y in _SUFFIXES)
        return next((pair for pair in found if pair is not None), None)

    def _blender(self, base: str) -> VectorLayer | None:
        backward = self._pair(f"{base}.X", f"{base}.Y")
        return None if backward is None else VectorLayer("Blender", backward, self._pair(f"{base}.Z", f"{base}.W", -1))

    def _nuke(self) -> VectorLayer | None:
        backward, forward = (self._pair(f"{name}.u", f"{name}.v") for name in ("backward", "forward"))
        return None if backward is None and forward is None else VectorLayer("Nuke", backward, forward)

    def _pair(self, x: str, y: str, sign: int = 1) -> VectorPair | None:
        """Two channels, if they are there, with y up."""
        if x not in self.names or y not in self.names:
            return None
        return VectorPair((x, y), (sign * self.factors[0], -sign * self.factors[1]), self.zero)


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

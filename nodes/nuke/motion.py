"""Where the motion vectors are among the channels of a node, and where the engine looks for them."""

from __future__ import annotations

from collections.abc import Sequence

from ..errors import WorkerError

_KNOWN = ("backward", "forward")
_SUFFIXES = (("u", "v"), ("x", "y"), ("X", "Y"), ("red", "green"))


def vector_copies(channels: Sequence[str], layer: str, *, to_next: bool, where: str) -> list[tuple[str, str]]:
    """What is to be copied, and to which channel.

    Args:
        channels: those of the node that has the vectors.
        layer: the layer, or two channels as ``a.x,a.y``; empty for the layers ``backward`` and ``forward``.
        to_next: whether the vectors of a layer that is named lead to the next frame.
        where: the node's name, for messages.

    Raises:
        WorkerError: there are no such channels.
    """
    if not layer:
        pairs = [(f"{name}.u", f"{name}.v") for name in _KNOWN]
        found = [(each, each) for pair in pairs if set(pair) <= set(channels) for each in pair]
        what = "no motion vectors in layers called forward or backward"
    else:
        pairs = [_named(layer)] if "," in layer else [(f"{layer}.{x}", f"{layer}.{y}") for x, y in _SUFFIXES]
        target = "forward" if to_next else "backward"
        matching = [pair for pair in pairs if set(pair) <= set(channels)]
        found = [(each, f"{target}.{axis}") for pair in matching[:1] for each, axis in zip(pair, "uv")]
        what = f"no motion vectors in {layer!r}"
    if not found:
        layers = ", ".join(dict.fromkeys(name.partition(".")[0] for name in channels))
        remedy = "connect motion, name the Vector layer, or take Motion from dis"
        raise WorkerError(f"{where} has {what}, only {layers or 'nothing'}; {remedy}")
    return found


def _named(pair: str) -> tuple[str, str]:
    x, _, y = pair.partition(",")
    return x.strip(), y.strip()

"""What a node gives at a frame in a view, computed with numpy; frames are read with OpenImageIO."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import OpenImageIO as oiio  # noqa: N813 - as its own documentation has it
from nuke_files import Box, Picture, Plane

from ._state import STATE

_LONG = {"R": "rgba.red", "G": "rgba.green", "B": "rgba.blue", "A": "rgba.alpha"}
_LAYERS = {"rgb": ("rgba.red", "rgba.green", "rgba.blue")}


def picture(node: Any, frame: int, view: str) -> Picture:
    """The picture.

    Raises:
        RuntimeError: it cannot be made, as Nuke words it.
    """
    if node is None:
        return Picture({}, (0, 0, 1, 1), (1, 1))
    kind = node.Class()
    if kind == "Input":
        return picture(node.parent().input(int(node["number"].value())), frame, view)
    if kind == "Group":
        return picture(next(each for each in node.nodes() if each.Class() == "Output"), frame, view)
    sources = [
        picture(each, frame, view) if kind != "Switch" else Picture({}, (0, 0, 1, 1), (1, 1)) for each in _all(node)
    ]
    if "disable" in node.knobs() and node["disable"]._at(frame):
        return sources[0]
    if kind == "Read":
        return _read(node, frame, view)
    if kind == "Switch":
        return picture(node.input(int(node["which"]._at(frame))), frame, view)
    return _MAKE[kind](node, frame, *sources) if kind in _MAKE else sources[0]


def _all(node: Any) -> list[Any]:
    return [node.input(index) for index in range(node.inputs())] or [None]


def frames_of(node: Any) -> tuple[int, int]:
    """First and last frame of what a node gives: those of the Read above it, or those of the script."""
    while node is not None and node.Class() != "Read":
        node = node.input(0)
    owner, names = (STATE.root, ("first_frame", "last_frame")) if node is None else (node, ("first", "last"))
    return int(owner[names[0]].value()), int(owner[names[1]].value())


def _read(node: Any, frame: int, view: str) -> Picture:
    first, last = int(node["first"].value()), int(node["last"].value())
    number = min(max(frame, first), last)
    name = str(node["file"].value()).replace("%V", view).replace("%04d", f"{number:04d}")
    if not Path(name).is_file():
        if node["on_error"].value() == "error":
            raise RuntimeError(f"{node.fullName()}: {name}: No such file or directory")
        return Picture({}, (0, 0, 1, 1), (1, 1))
    image = oiio.ImageBuf(name)
    spec, pixels = image.spec(), image.get_pixels(oiio.FLOAT)
    if pixels is None:
        raise RuntimeError(f"{node.fullName()}: {image.geterror()}")
    channels = {_LONG.get(each, each): np.ascontiguousarray(pixels[..., i]) for i, each in enumerate(spec.channelnames)}
    return Picture(channels, (spec.x, spec.y, spec.width, spec.height), (spec.full_width, spec.full_height))


def placed(plane: Plane, source: Box, target: Box) -> Plane:
    """A channel on another bounding box; 0 where it had no pixels."""
    result = np.zeros((target[3], target[2]), np.float32)
    left, top = max(source[0], target[0]), max(source[1], target[1])
    right = min(source[0] + source[2], target[0] + target[2])
    bottom = min(source[1] + source[3], target[1] + target[3])
    if left < right and top < bottom:
        inside = plane[top - source[1] : bottom - source[1], left - source[0] : right - source[0]]
        result[top - target[1] : bottom - target[1], left - target[0] : right - target[0]] = inside
    return result


def _copy(node: Any, _frame: int, below: Picture, above: Picture) -> Picture:
    assert node["bbox"].value() == "B side"
    channels: dict[str, Plane] = dict(below.channels)
    for index in range(4):
        name, target = str(node[f"from{index}"].value()), str(node[f"to{index}"].value())
        if "none" not in (name, target):
            plane = above.channels.get(name, np.zeros((above.box[3], above.box[2]), np.float32))
            channels[target] = placed(plane, above.box, below.box)
    return Picture(channels, below.box, below.format)


def _remove(node: Any, _frame: int, source: Picture) -> Picture:
    layers = {str(node[name].value()) for name in ("channels", "channels2", "channels3", "channels4")}
    kept = {name: plane for name, plane in source.channels.items() if name.partition(".")[0] not in layers}
    return Picture(kept, source.box, source.format)


def _mixed(below: Picture, above: Picture, share: Any, names: tuple[str, ...]) -> Picture:
    channels: dict[str, Plane] = dict(below.channels)
    for name in names:
        plane = placed(above.channels[name], above.box, below.box)
        channels[name] = (below.channels[name] * (1 - share) + plane * share).astype(np.float32)
    return Picture(channels, below.box, below.format)


def _dissolve(node: Any, frame: int, below: Picture, above: Picture) -> Picture:
    return _mixed(below, above, float(node["which"]._at(frame)), _LAYERS[node["channels"].value()])


def _keymix(node: Any, _frame: int, below: Picture, above: Picture, mask: Picture) -> Picture:
    share = placed(mask.channels[str(node["maskChannel"].value())], mask.box, below.box)
    share = 1 - share if node["invertMask"].value() else share
    return _mixed(below, above, share, _LAYERS[node["channels"].value()])


_MAKE: Mapping[str, Any] = {"Copy": _copy, "Remove": _remove, "Dissolve": _dissolve, "Keymix": _keymix}

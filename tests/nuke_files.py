"""EXR files as Nuke's Write makes them, after the naming that its developer kit publishes; written with OpenEXR."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import OpenEXR
from numpy.typing import NDArray

ALL, BY_VIEW, BY_LAYER = "channels, layers and views", "channels and layers", "channels"
"""Values of Write's knob ``interleave``: one part, one for each view, one for each layer of each view."""
INTERLEAVES = (ALL, BY_VIEW, BY_LAYER)

_PLAIN = {"rgba.red": "R", "rgba.green": "G", "rgba.blue": "B", "rgba.alpha": "A"}

Plane = NDArray[np.float32]
Box = tuple[int, int, int, int]
"""x, y, width and height, rows going down."""


@dataclass(frozen=True)
class Picture:
    """What a node gives at one frame in one view.

    Attributes:
        channels: (H, W) of each channel over ``box``, by Nuke's name, for example ``rgba.red``.
        box: the bounding box.
        format: width and height of the picture.
    """

    channels: Mapping[str, Plane]
    box: Box
    format: tuple[int, int]


def write_nuke(path: Path, views: Mapping[str, Picture], interleave: str = ALL) -> Path:
    """Write all views into one file, the first of them as the hero."""
    parts = _one_part(views) if interleave == ALL else nuke_parts(views, by_layer=interleave == BY_LAYER)
    OpenEXR.File(parts).write(str(path))
    return path


def _one_part(views: Mapping[str, Picture]) -> list[Any]:
    hero, *others = views
    channels = {_spelled(name): plane for name, plane in views[hero].channels.items()}
    for view in others:
        channels |= {f"{view}.{_spelled(name)}": plane for name, plane in views[view].channels.items()}
    stereo = {"multiView": list(views)} if others else {}
    return [_part(channels, views[hero], "", **stereo)]


def nuke_parts(views: Mapping[str, Picture], *, by_layer: bool) -> list[Any]:
    """A part for each view, or for each layer of each view."""
    parts = []
    for view, picture in views.items():
        layers = sorted({name.partition(".")[0] for name in picture.channels})
        for layer in layers if by_layer else [""]:
            inside = {
                name: plane for name, plane in picture.channels.items() if name.startswith(f"{layer}." * by_layer)
            }
            spelled = {_spelled(name): plane for name, plane in inside.items()}
            if by_layer:
                spelled = {name.rpartition(".")[2]: plane for name, plane in spelled.items()}
            parts.append(_part(spelled, picture, f"{layer}.{view}" if by_layer else view, view=view))
    return parts


def _spelled(name: str) -> str:
    return _PLAIN.get(name, name)


def _part(channels: Mapping[str, Plane], picture: Picture, name: str, **attributes: Any) -> Any:
    x, y, width, height = picture.box
    header = {
        "type": OpenEXR.scanlineimage,
        "compression": OpenEXR.ZIPS_COMPRESSION,
        "dataWindow": (np.array([x, y], np.int32), np.array([x + width - 1, y + height - 1], np.int32)),
        "displayWindow": (np.zeros(2, np.int32), np.array(picture.format, np.int32) - 1),
        **attributes,
    }
    return OpenEXR.Part(header, {key: np.ascontiguousarray(plane) for key, plane in channels.items()}, name)

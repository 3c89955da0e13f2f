"""A stylised frame and its plate: only the colour may differ."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vst_core.files.exr_file import channel_types
from vst_core.files.exr_pixels import STORAGE
from vst_core.frame_io import without_layers
from vst_core.image import Frame, Part, Window
from vst_core.pipeline.findings import Check
from vst_core.settings import OutputSettings

_OWN = ("compression", "colorInteropID", "DateTime", "ResolutionUnit")
_OWN_PREFIXES = ("oiio:", "openexr:", "vst:", "thumbnail_")


def compare(plate: Frame, stylized: Frame, output: OutputSettings) -> Iterator[tuple[Check, str]]:
    """What a stylised frame has not as its plate has it.

    Args:
        plate: the plate.
        stylized: what was made of it.
        output: how it was to be written.

    Yields:
        What was looked at, and what is wrong.
    """
    expected = plate if output.layers == "plate" else without_layers(plate)
    if len(expected.parts) != len(stylized.parts):
        yield "channels", f"has {len(stylized.parts)} parts, the plate has {len(expected.parts)}"
        return
    for index, (wanted, part) in enumerate(zip(expected.parts, stylized.parts, strict=True)):
        color = expected.color_channels if index == expected.color_part else ()
        if part.channels != wanted.channels:
            yield "channels", f"has {', '.join(part.channels)} where the plate has {', '.join(wanted.channels)}"
        elif (part.data_window, part.display_window) != (wanted.data_window, wanted.display_window):
            yield "window", _windows(part, wanted)
        else:
            yield from _compare_channels(wanted, part, color, output.data_type)
        lost = [name for name, value in _kept(wanted).items() if _kept(part).get(name) != value]
        if lost:
            yield "metadata", f"has not the plate's {', '.join(lost)}"


def _compare_channels(wanted: Part, part: Part, color: tuple[int, ...], data_type: str) -> Iterator[tuple[Check, str]]:
    types, found = channel_types(wanted.header), channel_types(part.header)
    for index, name in enumerate(wanted.channels):
        kind = data_type if index in color and data_type != "plate" else types[index]
        if found[index] != kind:
            yield "channels", f"has {name} as {found[index]}, which is to be {kind}"
    others = [index for index in range(len(wanted.channels)) if index not in color]
    altered = [
        wanted.channels[index] for index in others if not _same(wanted.planes[index], part.planes[index], types[index])
    ]
    if altered and wanted.header.get_string_attribute("compression") == part.header.get_string_attribute("compression"):
        yield "passed_on", f"has not the plate's {', '.join(altered)}: was the plate rendered anew?"


def _same(wanted: NDArray[Any], found: NDArray[Any], kind: str) -> bool:
    """Bit for bit, so that NaN compares too; what was no EXR is rounded to the type that it is stored in."""
    if wanted.dtype.kind != found.dtype.kind:
        return False
    common = np.result_type(wanted, found)
    return any(
        each.astype(common, copy=False).tobytes() == found.astype(common, copy=False).tobytes()
        for each in (wanted, wanted.astype(STORAGE[kind]))
    )


def _windows(part: Part, wanted: Part) -> str:
    pairs = (
        ("data", part.data_window, wanted.data_window),
        ("display", part.display_window, wanted.display_window),
    )
    return " and ".join(
        f"has the {name} window {_spell(found)} where the plate has {_spell(window)}"
        for name, found, window in pairs
        if found != window
    )


def _spell(window: Window) -> str:
    return f"{window.width}x{window.height} at ({window.x}, {window.y})"


def _kept(part: Part) -> dict[str, Any]:
    """The attributes that pass through."""
    return {
        item.name: item.value
        for item in part.header.extra_attribs
        if item.name not in _OWN and not item.name.startswith(_OWN_PREFIXES) and item.value != ""
    }

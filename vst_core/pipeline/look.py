"""A file of a frame, looked at whole without keeping its pixels."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from vst_core.files.exr_file import channel_types
from vst_core.files.finite import first_not_finite
from vst_core.files.image_file import Header, PartHeader, open_image
from vst_core.frame_io import color_channels


@dataclass(frozen=True, slots=True)
class Look:
    """What a file turned out to be.

    Attributes:
        header: of the file.
        part: the part with the colour.
        channels: every channel of every part with its type, such as ``R half``.
        not_finite: which channel of colour or alpha has NaN or infinity; empty where none has.
    """

    header: Header
    part: PartHeader
    channels: tuple[str, ...]
    not_finite: str = ""


def look_at(path: Path, layer: str | None, *, whole: bool = True) -> Look:
    """Look at a frame.

    Args:
        path: an EXR file.
        layer: the layer whose colour is its colour; None for the likeliest.
        whole: decode every pixel; without it the header is all that is read.

    Raises:
        InputError: it cannot be read, or has no such layer.
    """
    not_finite = ""
    with open_image(path) as file:
        color = color_channels(file.header, layer)
        picture = [*color.color, *([] if color.alpha is None else [color.alpha])]
        for index, part in enumerate(file.header.parts if whole else ()):
            for row, planes in file.bands(index):
                if index == color.part and not not_finite and (bad := first_not_finite(planes, picture)):
                    at = f"({bad.column + part.data_window.x}, {bad.row + row + part.data_window.y})"
                    not_finite = f"channel {part.channels[bad.channel]} has NaN or infinity, the first at {at}"
        return Look(file.header, file.header.parts[color.part], _channels(file.header), not_finite)


def _channels(header: Header) -> tuple[str, ...]:
    parts = ((part.channels, channel_types(part.spec)) for part in header.parts)
    return tuple(f"{name} {kind}" for names, kinds in parts for name, kind in zip(names, kinds, strict=True))

"""Plain pictures: those of formats other than OpenEXR (PNG, TIFF, JPEG, DPX, ...) as the part of an EXR that they will
become, and the colour of a frame with layers without them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vst_core.files.exr_file import channel_types
from vst_core.files.image_file import PartHeader
from vst_core.image import Frame, Part, Window

_NAMES = ("R", "G", "B", "A")
_FORMATS = ("oiio", "tiff", "jpeg", "png", "dpx", "targa", "bmp")
_FOREIGN = ("compression", "planarconfig", "ICCProfile", "Orientation", "Exif:.*", *(f"{name}:.*" for name in _FORMATS))
_OF_LAYERS = ("name", "view", "multiView", "oiio:subimagename", "oiio:subimages", "chunkCount", "cryptomatte/.*")

# EXIF orientations other than upright: how the stored rows and columns become the picture.
_UPRIGHT: dict[int, Callable[[NDArray[Any]], NDArray[Any]]] = {
    2: lambda pixels: pixels[:, ::-1],
    3: lambda pixels: pixels[::-1, ::-1],
    4: lambda pixels: pixels[::-1],
    5: lambda pixels: pixels.swapaxes(0, 1),
    6: lambda pixels: pixels.swapaxes(0, 1)[:, ::-1],
    7: lambda pixels: pixels.swapaxes(0, 1)[::-1, ::-1],
    8: lambda pixels: pixels.swapaxes(0, 1)[::-1],
}
_ON_ITS_SIDE = (5, 6, 7, 8)


def picture_windows(header: PartHeader) -> tuple[Window, Window]:
    """Data and display window of a picture, a photograph being turned upright.

    Args:
        header: the header of the picture.
    """
    data = header.data_window
    if _orientation(header) not in _UPRIGHT:
        return data, header.display_window
    width, height = (data.height, data.width) if _orientation(header) in _ON_ITS_SIDE else (data.width, data.height)
    return (Window(0, 0, width, height),) * 2


def picture_part(header: PartHeader, planes: Sequence[NDArray[np.float32]]) -> Part:
    """A picture as one part of R, G, B and, where it has alpha, A.

    Grey becomes three equal channels, colour is multiplied by an unassociated alpha, and a photograph is turned
    upright. The part's header is that of a new half float EXR with zip compression, with the windows of the picture
    and the metadata that does not speak of the old format.

    Args:
        header: the header of the picture.
        planes: (H, W) float32 of each channel, integers as [0, 1], the alpha as stored.
    """
    alpha = header.spec.alpha_channel if header.spec.alpha_channel > 0 else None
    grey = len(header.channels) - (alpha is not None) < 3
    wanted = [planes[0]] * 3 if grey else list(planes[:3])
    if alpha is not None:
        opacity = planes[alpha]
        straight = "oiio:UnassociatedAlpha" in header.metadata
        wanted = [*([plane * opacity for plane in wanted] if straight else wanted), opacity]
    names = _NAMES[: 3 if alpha is None else 4]
    turn = _UPRIGHT.get(_orientation(header))
    if turn is not None:
        wanted = [np.ascontiguousarray(turn(plane)) for plane in wanted]
    data, display = picture_windows(header)
    return Part("", names, tuple(wanted), data, display, _exr_header(header, names, data, display))


def without_layers(frame: Frame) -> Frame:
    """The colour of a frame as one part of R, G, B and, where it has alpha, A, in the types that they had."""
    part = frame.parts[frame.color_part]
    chosen = list(frame.color_channels) + ([] if frame.alpha_channel is None else [frame.alpha_channel])
    names = _NAMES[: len(chosen)]
    types = channel_types(part.header)
    spec = _named(part.header, names, tuple(types[channel] for channel in chosen))
    for pattern in _OF_LAYERS:
        spec.erase_attribute(pattern)
    return Frame(
        parts=(replace(part, name="", channels=names, planes=tuple(part.planes[at] for at in chosen), header=spec),),
        color_part=0,
        color_channels=(0, 1, 2),
        alpha_channel=None if frame.alpha_channel is None else 3,
        metadata=frame.metadata,
        path=frame.path,
        view={name: (0, index) for index, name in enumerate(names)},
    )


def _named(header: Any, names: tuple[str, ...], types: tuple[str, ...]) -> Any:
    """A header with other channels."""
    spec = header.copy()
    spec.nchannels = len(names)
    spec.channelnames = names
    uniform = len(set(types)) == 1
    spec.set_format(types[0] if uniform else "float")
    spec.channelformats = () if uniform else types
    return spec


def _orientation(header: PartHeader) -> int:
    return int(header.metadata.get("Orientation", 1))


def _exr_header(header: PartHeader, names: tuple[str, ...], data: Window, display: Window) -> Any:
    spec = _named(header.spec, names, ("half",) * len(names))
    spec.tile_width = spec.tile_height = 0
    spec.x, spec.y, spec.width, spec.height = data.x, data.y, data.width, data.height
    spec.full_x, spec.full_y, spec.full_width, spec.full_height = display.x, display.y, display.width, display.height
    for pattern in _FOREIGN:
        spec.erase_attribute(pattern)
    spec.attribute("compression", "zip")
    return spec

"""Pictures of formats other than OpenEXR (PNG, TIFF, JPEG, DPX, ...) as the part of an EXR that they will become."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vst_core.files.image_file import PartHeader
from vst_core.image import Part, Window

_FOREIGN = ("compression", "ICCProfile", "Orientation", "Exif:.*", "oiio:.*", "tiff:.*", "jpeg:.*", "png:.*", "dpx:.*")

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


def picture_part(header: PartHeader, pixels: NDArray[np.float32]) -> Part:
    """A picture as one part of R, G, B and, where it has alpha, A.

    Grey becomes three equal channels, colour is multiplied by an unassociated alpha, and a photograph is turned
    upright. The part's header is that of a new half float EXR with zip compression, with the windows of the picture
    and the metadata that does not speak of the old format.

    Args:
        header: the header of the picture.
        pixels: (H, W, C) float32, integers as [0, 1], the alpha as stored.
    """
    alpha = header.spec.alpha_channel if header.spec.alpha_channel > 0 else None
    grey = len(header.channels) - (alpha is not None) < 3
    color = pixels[..., [0, 0, 0] if grey else [0, 1, 2]]
    planes = [color]
    if alpha is not None:
        opacity = pixels[..., alpha : alpha + 1]
        planes = [color * opacity if "oiio:UnassociatedAlpha" in header.metadata else color, opacity]
    names = ("R", "G", "B", "A")[: 3 if alpha is None else 4]
    data, display = header.data_window, header.display_window
    joined = np.concatenate(planes, axis=-1)
    turn = _UPRIGHT.get(int(header.metadata.get("Orientation", 1)))
    if turn is not None:
        joined = turn(joined)
        data = display = Window(0, 0, joined.shape[1], joined.shape[0])
    return Part("", names, np.ascontiguousarray(joined), data, display, _exr_header(header, names, data, display))


def _exr_header(header: PartHeader, names: tuple[str, ...], data: Window, display: Window) -> Any:
    spec = header.spec.copy()
    spec.nchannels = len(names)
    spec.channelnames = names
    spec.set_format("half")
    spec.tile_width = spec.tile_height = 0
    spec.x, spec.y, spec.width, spec.height = data.x, data.y, data.width, data.height
    spec.full_x, spec.full_y, spec.full_width, spec.full_height = display.x, display.y, display.width, display.height
    for pattern in _FOREIGN:
        spec.erase_attribute(pattern)
    spec.attribute("compression", "zip")
    return spec

"""Frames as pictures to look at."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from vst_core.color import ColorConfig, resolve_color_space
from vst_core.frame_io import read_frame, read_header
from vst_core.pipeline.plate import named_frame
from vst_core.pipeline.windows import place_pixels

_DISPLAY_SPACE = "srgb_rec709_scene"


def read_picture(
    path: Path, frame: int, *, width: int | None = None, layer: str | None = None, color_space: str | None = None
) -> NDArray[np.uint8]:
    """The display window over black, clipped at scene-linear 1, encoded as sRGB: what a viewer shows of a frame.

    Args:
        path: its file.
        frame: its number, for messages.
        width: pixels across; its own when left out, or as many as make wide or narrow pixels square.
        layer: the layer to show; the likeliest when left out.
        color_space: its colour space; read from the file when left out.

    Returns:
        (H, W, 3), RGB.

    Raises:
        VstError: one line that names frame and file.
    """
    with named_frame(frame):
        image, header = read_frame(path, layer=layer), read_header(path)
        space = resolve_color_space(header, color_space)
    color = ColorConfig.load().convert(image.color, space, _DISPLAY_SPACE)
    color = place_pixels(color, image.data_window, image.display_window)
    stored_height, stored_width = color.shape[:2]
    width = width or max(1, round(stored_width * header.pixel_aspect))
    height = max(1, round(width * stored_height / (stored_width * header.pixel_aspect)))
    if (height, width) != (stored_height, stored_width):
        how = cv2.INTER_AREA if width <= stored_width else cv2.INTER_CUBIC
        color = np.asarray(cv2.resize(color, (width, height), interpolation=how), np.float32)
    return (np.clip(color, 0, 1) * 255).round().astype(np.uint8)

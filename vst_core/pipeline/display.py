"""Frames as pictures to look at."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from vst_core.color import ColorConfig, resolve_color_space
from vst_core.frame_io import read_frame, read_header
from vst_core.pipeline.plate import named_frame
from vst_core.pipeline.windows import place

_DISPLAY_SPACE = "srgb_rec709_scene"


def read_picture(
    path: Path, frame: int, *, width: int | None = None, layer: str | None = None, color_space: str | None = None
) -> NDArray[np.uint8]:
    """The display window over black, clipped at scene-linear 1, encoded as sRGB: what a plain viewer shows of a frame.

    Args:
        path: its file.
        frame: its number, for messages.
        width: pixels across; its own when left out.
        layer: the layer to show; the likeliest when left out.
        color_space: its colour space; read from the file when left out.

    Returns:
        (H, W, 3), RGB.

    Raises:
        VstError: one line that names frame and file.
    """
    with named_frame(frame):
        image = read_frame(path, layer=layer)
        space = resolve_color_space(read_header(path), color_space)
    color = ColorConfig.load().convert(image.color, space, _DISPLAY_SPACE)
    if image.data_window != image.display_window:
        planes = torch.from_numpy(color).permute(2, 0, 1)[None]
        color = place(planes, image.data_window, image.display_window)[0].permute(1, 2, 0).contiguous().numpy()
    if width is not None and width != color.shape[1]:
        height = max(1, round(width * color.shape[0] / color.shape[1]))
        how = cv2.INTER_AREA if width < color.shape[1] else cv2.INTER_CUBIC
        color = np.asarray(cv2.resize(color, (width, height), interpolation=how), np.float32)
    return (np.clip(color, 0, 1) * 255).round().astype(np.uint8)

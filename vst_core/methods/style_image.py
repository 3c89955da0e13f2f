"""Style images from disk."""

from __future__ import annotations

from pathlib import Path

from torch import Tensor

from vst_core.color import resolve_color_space, style_to_display
from vst_core.frame_io import read_frame, read_header


def read_style(path: str | Path, color_space: str | None = None) -> Tensor:
    """A style image, (1, 3, h, w), display [0, 1].

    Raises:
        InputError: it is no image.
        SettingsError: ``color_space`` is unknown.
    """
    frame = read_frame(path)
    return style_to_display(frame.color, resolve_color_space(read_header(path), color_space))

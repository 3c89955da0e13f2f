"""What a render takes."""

from __future__ import annotations

from pathlib import Path

from vst_core.frame_io import read_header
from vst_core.settings import RenderSettings

# Bytes, as measured on a processor at 960x540 and 1920x1080, in float32: peak memory of the process.
_PROCESS = 600 << 20
_METHOD = {"feedforward": 500, "optimization": 2400}
"""For each pixel at working size."""
_CHANNEL = 20
"""For each pixel and channel of the plate: frames are read ahead of the method and written behind it."""


def memory_of(settings: RenderSettings, plate: Path) -> int:
    """About how many bytes a render takes at most; with little free, the network makes do with less.

    Args:
        settings: of the render.
        plate: one of its frames.

    Raises:
        InputError: the frame cannot be read.
    """
    header = read_header(plate)
    parts, aspect = header.parts, max(header.pixel_aspect, 1 / header.pixel_aspect)
    pixels = max(part.data_window.width * part.data_window.height for part in parts)
    channels = sum(len(part.channels) for part in parts)
    worked_on = _METHOD[settings.method] * settings.scale**2 * aspect
    return int(_PROCESS + pixels * (worked_on + _CHANNEL * channels))

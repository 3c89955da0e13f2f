"""Colours: palettes given as hex strings, ramps through them, and the way to the file."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from painting.fields import FloatArray


def rgb(*codes: str) -> FloatArray:
    """Hex codes such as ``"f2c230"`` as (N, 3) display values in 0..1."""
    return np.array([list(bytes.fromhex(code)) for code in codes], np.float32) / 255


def ramp(palette: FloatArray, position: FloatArray) -> FloatArray:
    """Colours (..., 3) at ``position`` (...) in 0..1 along a palette (N, 3), clamped at its ends."""
    place = np.clip(position, 0, 1) * (len(palette) - 1)
    low = np.minimum(place.astype(np.int32), len(palette) - 2)
    fraction = (place - low)[..., None]
    return (palette[low] * (1 - fraction) + palette[low + 1] * fraction).astype(np.float32)


def mix(a: FloatArray, b: FloatArray, amount: FloatArray) -> FloatArray:
    """``a`` where amount (H, W) is 0, ``b`` where it is 1."""
    return a + (b - a) * amount[..., None]


def save(path: Path, picture: FloatArray, size: int) -> None:
    """Reduce an RGB picture (n, n, 3) in 0..1 to ``size`` pixels and write it as an 8-bit PNG.

    Raises:
        OSError: the file cannot be written.
    """
    small = cv2.resize(picture, (size, size), interpolation=cv2.INTER_AREA)
    pixels = np.round(np.clip(small, 0, 1) * 255).astype(np.uint8)
    done, data = cv2.imencode(".png", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_PNG_COMPRESSION, 9])
    if not done:
        raise OSError(f"{path}: OpenCV could not encode the picture as PNG")
    path.write_bytes(data.tobytes())

"""Frames that the tests of the node make and look at."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from small_shot import color_of, read_channels, write_channels

Picture = NDArray[np.float32]


def picture(path: Path) -> Picture:
    """(H, W, 4), scene-linear."""
    channels = read_channels(path)
    return np.stack([channels[name] for name in "RGBA"], axis=-1)


def color(path: Path) -> Picture:
    """(H, W, 3), scene-linear, of whatever layer has it."""
    return color_of(read_channels(path)).astype(np.float32)


def write_picture(path: Path, pixels: Picture) -> Path:
    """(H, W, 4), in float32."""
    return write_channels(path, {name: pixels[..., index] for index, name in enumerate("RGBA")})


def write_plate(folder: Path, last: int, first: int = 1, flat: int = 0) -> Path:
    """Frames of noise, so many of them a flat grey at first, which takes little room; returns their pattern."""
    random = np.random.default_rng(2)
    for number in range(first, last + 1):
        pixels = random.uniform(0, 1, (48, 64, 4)).astype(np.float32)
        pixels[..., 3] = 1
        if number < first + flat:
            pixels[:] = 0.5
        write_picture(folder / f"plate.{number:04d}.exr", pixels)
    return folder / "plate.####.exr"


def version(folder: Path, number: int = 1) -> Path:
    """Folder of a version that the node ``Stylize`` made."""
    return folder / "stylized" / "Stylize" / f"v{number:03d}"


def stylized(folder: Path, frame: int, file: str, of: int = 1) -> Path:
    """A stylised frame of the node in ``file.blend``."""
    return version(folder, of) / f"{file}.Stylize.{frame:04d}.exr"

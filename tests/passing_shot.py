"""A bar passes before a picture that stands still: what it hides is hidden for two frames and comes back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from flow_scenes import grid, pattern
from numpy.typing import NDArray
from small_shot import write_channels

from vst_core import FrameRange

FRAMES = FrameRange(1001, 1006)
HEIGHT, WIDTH = 40, 72
STEP, BAR, START = 4, 8, 10
"""Pixels that it moves a frame to the right, its width, and where it is in the first frame."""


def is_bar(frame: int) -> NDArray[np.bool_]:
    """(H, W), where the bar is."""
    x, _ = grid(HEIGHT, WIDTH)
    left = START + STEP * (frame - FRAMES.first)
    inside: NDArray[np.bool_] = ((x >= left) & (x < left + BAR)).numpy()
    return inside


def comes_back(frame: int) -> NDArray[np.bool_]:
    """(H, W), what was hidden in the frame before and seen at first."""
    return is_bar(frame - 1) & ~is_bar(frame) & ~is_bar(FRAMES.first)


def write_passing_shot(folder: Path) -> None:
    """``shot.1001.exr`` onwards, with the vectors that Blender would write."""
    folder.mkdir(exist_ok=True)
    x, y = grid(HEIGHT, WIDTH)
    for frame in FRAMES:
        bar = is_bar(frame)
        picture = torch.where(torch.from_numpy(bar), pattern(x - STEP * frame, y, 1), pattern(x, y, 2))
        linear = (0.02 + 0.4 * picture[0]).numpy().astype(np.float32)
        color = {f"ViewLayer.Combined.{name}": values for name, values in zip("RGB", linear, strict=True)}
        speed = np.where(bar, np.float32(-STEP), np.float32(0))
        vectors = {f"ViewLayer.Vector.{axis}": speed * np.float32(axis in "XZ") for axis in "XYZW"}
        write_channels(folder / f"shot.{frame}.exr", color | vectors)

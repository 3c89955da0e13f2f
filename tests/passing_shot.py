"""A bar passes before a picture that stands still: what it hides is hidden for two frames and comes back."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from flow_scenes import grid, pattern
from numpy.typing import NDArray
from small_shot import write_channels

from vst_core import FrameRange


@dataclass(frozen=True)
class Passing:
    """Such a shot.

    Attributes:
        frames: its numbers.
        height: of its frames.
        width: of its frames.
        step: pixels that the bar moves a frame to the right.
        bar: its width; 0 for none.
        start: where it is in the first frame.
        behind: how much larger than usual the texture behind it is.
    """

    frames: FrameRange
    height: int
    width: int
    step: int
    bar: int
    start: int
    behind: float = 1.0

    def is_bar(self, frame: int) -> NDArray[np.bool_]:
        """(H, W), where the bar is."""
        x, _ = grid(self.height, self.width)
        left = self.start + self.step * (frame - self.frames.first)
        inside: NDArray[np.bool_] = ((x >= left) & (x < left + self.bar)).numpy()
        return inside

    def write(self, folder: Path) -> None:
        """``shot.1001.exr`` onwards, with the vectors that Blender would write."""
        folder.mkdir(exist_ok=True)
        x, y = grid(self.height, self.width)
        for frame in self.frames:
            bar, moved = self.is_bar(frame), self.step * (frame - self.frames.first)
            picture = torch.where(torch.from_numpy(bar), pattern(x - moved, y, 1), pattern(x, y, 2, scale=self.behind))
            linear = (0.02 + 0.4 * picture[0]).numpy().astype(np.float32)
            color = {f"ViewLayer.Combined.{name}": values for name, values in zip("RGB", linear, strict=True)}
            speed = np.where(bar, np.float32(-self.step), np.float32(0))
            vectors = {f"ViewLayer.Vector.{axis}": speed * np.float32(axis in "XZ") for axis in "XYZW"}
            write_channels(folder / f"shot.{frame}.exr", color | vectors)


STEP = 4
FRAMES = FrameRange(1001, 1006)
_SMALL = Passing(FRAMES, 40, 72, STEP, bar=8, start=10)
is_bar, write_passing_shot = _SMALL.is_bar, _SMALL.write


def comes_back(frame: int) -> NDArray[np.bool_]:
    """(H, W), what was hidden in the frame before and seen at first."""
    return is_bar(frame - 1) & ~is_bar(frame) & ~is_bar(FRAMES.first)

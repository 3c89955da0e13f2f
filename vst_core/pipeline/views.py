"""The frames of a plate as sources of motion see them: as they are, or smaller, for motion over several frames."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from vst_core.flow import FlowFrame, Motion
from vst_core.flow.sampling import enlarged, shrunk
from vst_core.image import Window
from vst_core.pipeline.plate import SMALLEST_SIDE, Plate, PlateReader, View, widened
from vst_core.pipeline.windows import grown, place
from vst_core.tensors import extended

FAR_WIDTH = 1024
"""Pixels across a picture that are enough to follow it over several frames."""
_ROW_STEP = 64


class Viewed:
    """Frames that were looked at, by their numbers; a kind of them says what a look is."""

    def __init__(self) -> None:
        self._views: dict[int, View] = {}

    def glance(self, frame: int) -> View:
        """A frame that is not remembered if it was not before."""
        return self._views[frame] if frame in self._views else self._look(frame)

    def view(self, frame: int) -> View:
        """A frame, remembered from now on."""
        self._views[frame] = self.glance(frame)
        return self._views[frame]

    def is_same(self, frame: int, other: int) -> bool:
        """Whether two frames show the same to the bit, as those of animation on twos and of frozen pictures do."""
        one, two = self.view(frame), self.view(other)
        if (one.window, one.covered) != (two.window, two.covered):
            return False
        first, second = one.motion.image, two.motion.image
        some = slice(None, None, _ROW_STEP)  # which tell most frames apart
        return torch.equal(first[..., some, :], second[..., some, :]) and torch.equal(first, second)

    def keep(self, first: int, last: int) -> None:
        """Forget all other frames."""
        self._views = {frame: view for frame, view in self._views.items() if first <= frame <= last}

    def _look(self, frame: int) -> View:
        raise NotImplementedError


class Views(Viewed):
    """Frames as they are.

    Args:
        reader: of the plate.
    """

    def __init__(self, reader: PlateReader) -> None:
        super().__init__()
        self._reader = reader
        self._plate: Plate | None = None

    def plate(self, frame: int) -> Plate:
        """A frame, whole; only the last one is kept in memory so."""
        if self._plate is None or self._plate.view.motion.frame != frame:
            self._plate = self._reader.read(frame)
            self._views[frame] = self._plate.view
        return self._plate

    def _look(self, frame: int) -> View:
        return self._reader.read(frame).view


class SmallViews(Viewed):
    """Frames reduced, on a grid that is the same for every data window: its pixels begin at multiples of ``by``.

    Args:
        views: the frames as they are.
        by: pixels of theirs, across and down, in one.
    """

    def __init__(self, views: Views, by: int) -> None:
        super().__init__()
        self._whole, self.by = views, by

    def _look(self, frame: int) -> View:
        return self._reduced(self._whole.glance(frame))

    def reduced(self, motion: Motion, frame: int) -> Motion:
        """Motion of the frame as it is, on the grid of this one."""
        by, view = self.by, self._whole.glance(frame)
        small = _reduced_window(view.window, by)
        margins, wanted = _margins(view.window, by), self.view(frame).window

        def speeds(flow: Tensor) -> Tensor:
            return place(_sampled(flow, margins, by) / by, small, wanted)

        valid = F.pad(motion.valid, margins) if any(margins) else motion.valid
        valid = -F.max_pool2d(-valid, by)  # a pixel is trusted if all of it is
        forward_flow = None if motion.forward_flow is None else speeds(motion.forward_flow)
        return Motion(speeds(motion.backward_flow), place(valid, small, wanted), motion.notes, forward_flow)

    def enlarged(self, motion: Motion, frame: int) -> Motion:
        """Motion that was found here, on the frame's own grid."""
        flow = self.on_grid_of(frame, motion.backward_flow * self.by)
        return Motion(flow, self.on_grid_of(frame, motion.valid), motion.notes)

    def on_grid_of(self, frame: int, field: Tensor) -> Tensor:
        """A field that was found here, on the frame's own grid."""
        small, window, by = self.view(frame).window, self._whole.view(frame).window, self.by
        left, top = window.x - small.x * by, window.y - small.y * by
        return enlarged(field, by)[..., top : top + window.height, left : left + window.width]

    def _reduced(self, view: View) -> View:
        """Without vectors: steps are reduced when they are known."""
        by, motion = self.by, view.motion
        window = _reduced_window(view.window, by)
        image = shrunk(extended(motion.image, _margins(view.window, by)), by)
        reduced = FlowFrame(motion.frame, motion.path, image)
        return widened(reduced, window, grown(window, SMALLEST_SIDE), _reduced_window(view.covered, by))


def _sampled(field: Tensor, margins: tuple[int, int, int, int], by: int) -> Tensor:
    """One pixel in each direction out of ``by``: what lies at a silhouette is not mixed."""
    return extended(field, margins)[..., by // 2 :: by, by // 2 :: by]


def reduction(display_window: Window) -> int:
    """By how much a picture is reduced in which motion over several frames is looked for."""
    return max(1, math.ceil(display_window.width / FAR_WIDTH))


def _margins(window: Window, by: int) -> tuple[int, int, int, int]:
    """Pixels left, right, above and below that are missing to whole ones of the reduced grid."""
    right, bottom = window.x + window.width, window.y + window.height
    return window.x % by, -right % by, window.y % by, -bottom % by


def _reduced_window(window: Window, by: int) -> Window:
    left, right, top, bottom = _margins(window, by)
    width, height = window.width + left + right, window.height + top + bottom
    return Window(window.x // by, window.y // by, width // by, height // by)

"""One of the times that a shot is gone over: in which direction, and what each frame is made from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from vst_core.device import to_device
from vst_core.flow import Motion, warp_sharp
from vst_core.frames import FrameRange
from vst_core.image import Window
from vst_core.methods import Optimization, Prior, Progress, blended_start
from vst_core.pipeline.footage import Input
from vst_core.pipeline.plate import named_frame
from vst_core.pipeline.result import FrameReport
from vst_core.pipeline.shot import Shot
from vst_core.pipeline.state import Past, State
from vst_core.pipeline.windows import place, resize, resize_flow, working_size

Earlier = Callable[[int], State]
"""The result of a frame in the pass before."""


@dataclass(frozen=True, slots=True)
class Pass:
    """Which of how many passes. The last one goes forward, so that frames are finished in their order.

    Attributes:
        number: from 1.
        passes: how many there are.
        earlier: results of the pass before; None in the first.
    """

    number: int
    passes: int
    earlier: Earlier | None = None

    @property
    def direction(self) -> int:
        """1 forward, -1 backward."""
        return -1 if (self.passes - self.number) % 2 else 1

    def order(self, frames: FrameRange) -> range:
        """The frames as they are visited."""
        forward = range(frames.first, frames.last + 1)
        return forward if self.direction > 0 else forward[::-1]

    def lags(self, lags: tuple[int, ...]) -> tuple[int, ...]:
        """What to find motion from: frames that were visited before in this pass, and the one that is next.

        Args:
            lags: how many visited frames back a frame is held to.
        """
        visited = tuple(self.direction * lag for lag in lags)
        return visited if self.number == 1 else (*visited, -self.direction)

    def stylize(self, shot: Shot, given: Input, past: Past, report: FrameReport) -> tuple[Tensor, float | None]:
        """Make a frame; one that shows the same as the frame visited before is painted the same.

        In a pass after the first it is held to its neighbours on both sides: frames just visited, and the next one as
        the pass before left it. An optimisation goes on from its own result there, blended with those of both.

        Args:
            shot: what is rendered.
            given: the frame, and the motion from ``lags``.
            past: results of this pass by frame.
            report: told how far it is.

        Returns:
            (1, 3, h, w), display [0, 1], on the processor, and the share of it that follows others; None of none.
        """
        frame, window = given.plate.view.motion.frame, given.plate.view.window
        if given.held and frame - self.direction in past:
            report(Progress(1, 1, {}))  # which may raise, where a user stops it
            return past[frame - self.direction].image, 1.0
        device = shot.device.torch_device
        image = given.plate.view.motion.image
        content = resize(image, working_size(window, shot.settings.scale, shot.pixel_aspect))
        visited = [
            _warped(past[frame - lag], motion, window, content)
            for lag, motion in given.motions.items()
            if lag * self.direction > 0
        ]
        coming, earlier = None, self.earlier
        if earlier is not None and (motion := given.motions.get(-self.direction)) is not None:
            coming = _warped(earlier(frame + self.direction), motion, window, content)
        prior = shot.method.held_to(visited, coming)
        content_there = to_device(content, device)
        if earlier is not None and isinstance(shot.method, Optimization):
            neighbours = [each for each in (*visited[:1], coming) if each is not None]
            start = to_device(blended_start(earlier(frame).image, neighbours), device)
            with named_frame(frame):
                made = shot.method.refine(content_there, start, _on(prior, device), self.number, report)
            return made.cpu(), _coverage(prior)
        visited.clear()  # what the method takes is enough in memory
        del coming
        with named_frame(frame):
            return shot.method.stylize(content_there, _on(prior, device), report).cpu(), _coverage(prior)


def _coverage(prior: Prior | None) -> float | None:
    return None if prior is None else float(prior.valid.mean())


def _on(prior: Prior | None, device: torch.device) -> Prior | None:
    if prior is None:
        return None
    results = None if prior.results is None else to_device(prior.results, device)
    return Prior(to_device(prior.warped, device), to_device(prior.valid, device), results)


def _warped(state: State, motion: Motion, window: Window, content: Tensor) -> Prior:
    """A result of another frame, warped onto this one's grid at working size."""
    height, width = content.shape[-2:]
    scale = height / window.height, width / window.width
    backward_flow = resize_flow(motion.backward_flow, (height, width))
    other = place(state.image, state.window, window, scale)
    return Prior(warp_sharp(other, backward_flow).clamp_(0, 1), resize(motion.valid, (height, width)))

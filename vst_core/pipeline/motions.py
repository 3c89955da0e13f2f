"""The motion between the frames of a plate, near and far."""

from __future__ import annotations

from dataclasses import replace

import torch

from vst_core.flow import Motion, MotionFinder, compose, steady_motion, unchanged_mask, warp
from vst_core.pipeline.plate import Plate, PlateReader, View, motion_between, named_frame
from vst_core.pipeline.windows import coverage, place
from vst_core.settings import FlowSettings


class Motions:
    """How frames follow from one another. What a pair gives depends on the plate alone, whatever was asked before.

    Estimators look at any two frames. Renderers' vectors and flow files describe single steps: for longer lags these
    are chained, and so is their validity. A chain breaks where something hides a surface for a while; what is seen
    again after that is taken to have moved evenly, if the plate looks as it did. (Measured against the truth, that
    finds most of what comes back, and estimated flow next to nothing of it: see ``bench/bench_ruder.py``.)

    Args:
        reader: of the plate.
        find: the motion between two frames that are neighbours, or between any two.
        flow: where it comes from.
    """

    def __init__(self, reader: PlateReader, find: MotionFinder, flow: FlowSettings) -> None:
        self._reader, self._find = reader, find
        self._chains = flow.is_pattern or flow.source == "vectors"
        self._has_both_ways = not flow.is_pattern or flow.forward is not None or flow.source.lower().endswith(".exr")
        self._plate: Plate | None = None
        self._views: dict[int, View] = {}
        self._steps: dict[tuple[int, int], Motion] = {}

    def plate(self, frame: int) -> Plate:
        """A frame, whole; only the last one is kept in memory so."""
        if self._plate is None or self._plate.view.motion.frame != frame:
            self._plate = self._reader.read(frame)
            self._views[frame] = self._plate.view
        return self._plate

    def view(self, frame: int) -> View:
        """A frame as a source of motion sees it."""
        if frame not in self._views:
            self._views[frame] = self._reader.read(frame).view
        return self._views[frame]

    def keep(self, first: int, last: int) -> None:
        """Forget all other frames; they are read again when they are asked for."""
        self._views = {frame: view for frame, view in self._views.items() if first <= frame <= last}
        self._steps = {pair: step for pair, step in self._steps.items() if first <= min(pair) < max(pair) <= last}

    def between(self, frame: int, lag: int) -> Motion:
        """The motion to a frame from the one ``lag`` frames before it.

        Raises:
            VstError: one of the frames cannot be read, or has no motion.
        """
        with torch.no_grad():
            if abs(lag) == 1 or not self._chains:
                return self._pair(frame, frame - lag)
            chained = self._chained(frame, lag)
            return _completed(chained, self._steady(frame, lag)) if self._has_both_ways else chained

    def unchanged(self, frame: int, lag: int, motion: Motion) -> Motion:
        """``motion`` to a frame, valid only where the plate looks as it did: no other light, shadow or thing."""
        current, previous = self.view(frame), self.view(frame - lag)
        before = place(previous.motion.image, previous.window, current.window)
        with torch.no_grad():
            warped = warp(before, motion.backward_flow)
            return replace(motion, valid=motion.valid * unchanged_mask(current.motion.image, warped, motion.valid))

    def _pair(self, frame: int, other: int) -> Motion:
        """Between neighbours it is found once: chains share their links."""
        if (frame, other) in self._steps:
            return self._steps[frame, other]
        current, previous = self.view(frame), self.view(other)
        with named_frame(frame):
            motion = motion_between(self._find, current, previous)
        if abs(frame - other) == 1:
            self._steps[frame, other] = motion
        return motion

    def _chained(self, frame: int, lag: int) -> Motion:
        """Single steps chained; a pixel is valid if it is at every step."""
        back = 1 if lag > 0 else -1
        window, chain = self.view(frame).window, self._pair(frame, frame - back)
        for earlier in range(frame - back, frame - lag, -back):
            own, step = self.view(earlier).window, self._pair(earlier, earlier - back)
            valid = chain.valid * warp(place(step.valid, own, window), chain.backward_flow, padding="zeros")
            flow = compose(chain.backward_flow, place(step.backward_flow, own, window))
            chain = Motion(flow, valid)
        return chain

    def _steady(self, frame: int, lag: int) -> Motion:
        back, earlier = (1 if lag > 0 else -1), frame - lag
        backward_flow = self._pair(frame, frame - back).backward_flow
        forward_flow = self._pair(earlier, earlier + back).backward_flow
        previous, window = self.view(earlier), self.view(frame).window
        motion = steady_motion(backward_flow, place(forward_flow, previous.window, window), abs(lag))
        there = warp(coverage(previous.covered, window), motion.backward_flow, padding="zeros")
        return self.unchanged(frame, lag, replace(motion, valid=motion.valid * there))


def _completed(motion: Motion, other: Motion) -> Motion:
    """One motion, and where it cannot be trusted, another."""
    better = (motion.valid < 0.5) & (motion.valid < other.valid)
    flow = torch.where(better, other.backward_flow, motion.backward_flow)
    return Motion(flow, torch.where(better, other.valid, motion.valid))

"""The motion between the frames of a plate, near and far."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor

from vst_core.flow import Motion, MotionFinder, compose, consistency_mask, invert, steady_motion, unchanged_mask, warp
from vst_core.flow.exposure import relit
from vst_core.flow.wake import edge_distance, outside_wake
from vst_core.pipeline.plate import motion_between, named_frame
from vst_core.pipeline.views import FAR_WIDTH, SmallViews, Viewed
from vst_core.pipeline.windows import coverage, place
from vst_core.settings import FlowSettings

Step = Callable[[int, int], Motion]
"""``(frame, 1 or -1) -> motion`` to it from the frame before or after."""


class Motions:
    """How frames follow from one another. What a pair gives depends on the plate alone, whatever was asked before.

    Estimators look at any two frames. Renderers' vectors and flow files describe single steps: for longer lags these
    are chained, and so is their validity. A chain breaks where something hides a surface for a while; what is seen
    again after that is taken to have moved evenly, if the plate looks as it did. (Measured against the truth, that
    finds most of what comes back, and estimated flow next to nothing of it: see ``bench/bench_ruder.py``.)

    Args:
        views: the frames.
        find: the motion between two frames that are neighbours, or between any two.
        flow: where it comes from.
        step: what knows the motion over a single step; it is looked for when left out.
        painted: pixels of the painted picture in one of a view.
    """

    def __init__(
        self,
        views: Viewed,
        find: MotionFinder,
        flow: FlowSettings,
        step: Step | None = None,
        *,
        painted: float = 1.0,
    ) -> None:
        self._views, self._find, self._known_step, self.painted = views, find, step, painted
        self._chains = flow.is_pattern or flow.source == "vectors"
        self._has_both_ways = not flow.is_pattern or flow.forward is not None or flow.is_exr_pattern
        self._is_known = flow.is_exr_pattern or flow.source == "vectors"
        self._links: dict[tuple[int, int], Motion] = {}
        self._seen: dict[tuple[int, int], Motion] = {}
        self._edges: dict[tuple[int, int], tuple[Tensor, Tensor]] = {}

    def remember(self, frame: int, back: int | None) -> None:
        """Look at a frame while it is there, and at the step to it, which longer ways may be made of.

        Args:
            frame: its number.
            back: 1 for the step from the frame before, -1 for that from the one after, None for none.
        """
        self._views.view(frame)
        if back is not None and self._chains:
            with torch.no_grad():
                self._link(frame, back)

    def keep(self, first: int, last: int) -> None:
        """Forget all other frames; they are read again when they are asked for."""
        self._views.keep(first, last)
        for known in (self._links, self._seen, self._edges):
            for pair in [pair for pair in known if not first <= min(pair) < max(pair) <= last]:
                del known[pair]

    def between(self, frame: int, lag: int) -> Motion:
        """The motion to a frame from the one ``lag`` frames before it.

        Raises:
            VstError: one of the frames cannot be read, or has no motion.
        """
        with torch.no_grad():
            link = self._link(frame, lag)
            steady = abs(lag) > 1 and self._chains and self._has_both_ways
            return _completed(link, self._steady(frame, lag)) if steady else link

    def seen(self, frame: int, lag: int) -> Motion:
        """``between``, valid only where the plate looks as it did: no other shadow or thing, and no other light but
        for a change of the whole picture's, which is not painted.

        Raises:
            VstError: see ``between``.
        """
        pair = frame, frame - lag
        if pair in self._seen:
            return self._seen[pair]
        with torch.no_grad():
            seen = self._unchanged(frame, lag, self.between(frame, lag))
        if abs(lag) == 1:
            self._seen[pair] = seen
        return seen

    def seen_outside_wakes(self, frame: int, lag: int) -> Motion:
        """``seen``, the less the farther edges have moved away since: see `outside_wake`.

        Raises:
            VstError: see ``between``.
        """
        motion = self.seen(frame, lag)
        return replace(motion, valid=motion.valid * self.outside_wakes(frame, lag, motion.backward_flow))

    def outside_wakes(self, frame: int, lag: int, flow: Tensor) -> Tensor:
        """`outside_wake`, along the flow to the frame ``lag`` before: (1, 1, H, W)."""
        with torch.no_grad():
            back = 1 if lag > 0 else -1
            first = frame - lag + back
            now, then = self._edge_distances(frame, back)[0], self._edge_distances(first, back)[1]
            return outside_wake(now, self._placed(then, first, frame), flow)

    def seen_to_its_edges(self, frame: int, lag: int) -> Motion:
        """``seen``, and motion boundaries with it where motion is known: there things come into view.

        Raises:
            VstError: see ``between``.
        """
        with torch.no_grad():
            link = self._link(frame, lag)
            if self._is_known and link.forward_flow is not None:
                valid = consistency_mask(link.backward_flow, link.forward_flow, boundaries=False)
                link = self._covered(frame, lag, replace(link, valid=valid))
            return self._unchanged(frame, lag, link)

    def _unchanged(self, frame: int, lag: int, motion: Motion) -> Motion:
        image, previous = (self._views.view(number).motion.image for number in (frame, frame - lag))
        warped = warp(self._placed(previous, frame - lag, frame), motion.backward_flow)
        unchanged = unchanged_mask(image, warped, motion.valid)
        in_this_light = relit(image, warped, motion.valid)
        if in_this_light is not None:
            unchanged = torch.maximum(unchanged, unchanged_mask(image, in_this_light, motion.valid))
        return replace(motion, valid=motion.valid * unchanged)

    def _link(self, frame: int, lag: int) -> Motion:
        """A pair, or links of which it is made; each is found once."""
        pair = frame, frame - lag
        if pair in self._links:
            return self._links[pair]
        if abs(lag) == 1 and self._views.is_same(*pair):  # whatever vectors say, of which a held frame has any
            link = _still(self._views.view(frame).motion.image)
        elif abs(lag) > 1 and self._chains:
            link = self._chained(frame, lag)
        elif self._chains and self._known_step is not None:
            link = self._known_step(frame, lag)
        else:
            current, previous = (self._views.view(number) for number in pair)
            with named_frame(frame):
                link = motion_between(self._find, current, previous)
        if abs(lag) == 1 or link.valid.shape[-1] <= FAR_WIDTH:  # large ones over long lags would fill the memory
            self._links[pair] = link
        return link

    def _chained(self, frame: int, lag: int) -> Motion:
        """Out of two links, the nearer one over a power of two of frames; a pixel is valid if it is in both."""
        near = (1 << (abs(lag) - 1).bit_length() - 1) * (1 if lag > 0 else -1)
        first, second = self._link(frame, near), self._link(frame - near, lag - near)
        there, flow = (self._placed(each, frame - near, frame) for each in (second.valid, second.backward_flow))
        valid = first.valid * warp(there, first.backward_flow, padding="zeros")
        return Motion(compose(first.backward_flow, flow), valid)

    def _steady(self, frame: int, lag: int) -> Motion:
        back = 1 if lag > 0 else -1
        first = frame - lag + back
        forward_flow = self._placed(_forward_flow(self._link(first, back)), first, frame)
        motion = steady_motion(self._link(frame, back).backward_flow, forward_flow, abs(lag))
        return self._unchanged(frame, lag, self._covered(frame, lag, motion))

    def _edge_distances(self, frame: int, back: int) -> tuple[Tensor, Tensor]:
        """`edge_distance` in the frame, and in the one before it on the window of the frame."""
        pair = frame, frame - back
        if pair not in self._edges:
            link = self._link(frame, back)
            flows = link.backward_flow, _forward_flow(link)
            here, there = (edge_distance(flow, self.painted, known=self._is_known) for flow in flows)
            self._edges[pair] = here, there
        return self._edges[pair]

    def _placed(self, field: Tensor, own: int, frame: int) -> Tensor:
        """What lies on the window of one frame, on that of another."""
        return place(field, self._views.view(own).window, self._views.view(frame).window)

    def _covered(self, frame: int, lag: int, motion: Motion) -> Motion:
        """Valid only where the other frame has pixels."""
        covered = coverage(self._views.view(frame - lag).covered, self._views.view(frame).window)
        there = warp(covered, motion.backward_flow, padding="zeros")
        return replace(motion, valid=motion.valid * there)


class FarMotions:
    """Motion over several frames of large pictures, found in smaller ones: in a fraction of the time and memory.

    What it is for, paint that comes back as it was, needs no silhouette to the pixel.

    Args:
        views: the smaller frames.
        near: motion between the frames as they are, of which chains are made.
        find: see ``Motions``.
        flow: see ``Motions``.
    """

    def __init__(self, views: SmallViews, near: Motions, find: MotionFinder, flow: FlowSettings) -> None:
        self._views, self._near = views, near
        self._motions = Motions(views, find, flow, self._step, painted=near.painted * views.by)

    def between(self, frame: int, lag: int) -> Motion:
        """See ``Motions.between``."""
        return self._views.enlarged(self._motions.between(frame, lag), frame)

    def seen(self, frame: int, lag: int) -> Motion:
        """See ``Motions.seen``."""
        return self._views.enlarged(self._motions.seen(frame, lag), frame)

    def seen_outside_wakes(self, frame: int, lag: int) -> Motion:
        """See ``Motions.seen_outside_wakes``. Also over one step wakes are looked for in the smaller picture."""
        if abs(lag) > 1:
            return self._views.enlarged(self._motions.seen_outside_wakes(frame, lag), frame)
        seen, step = self._near.seen(frame, lag), self._motions.between(frame, lag)
        outside = self._motions.outside_wakes(frame, lag, step.backward_flow)
        return replace(seen, valid=seen.valid * self._views.on_grid_of(frame, outside))

    def remember(self, frame: int, back: int | None) -> None:
        """See ``Motions.remember``."""
        self._motions.remember(frame, back)

    def keep(self, first: int, last: int) -> None:
        """See ``Motions.keep``."""
        self._motions.keep(first, last)

    def _step(self, frame: int, back: int) -> Motion:
        return self._views.reduced(self._near.between(frame, back), frame)


def _still(image: Tensor) -> Motion:
    flow = image.new_zeros(1, 2, *image.shape[-2:])
    return Motion(flow, torch.ones_like(flow[:, :1]), forward_flow=flow)


def _forward_flow(step: Motion) -> Tensor:
    return invert(step.backward_flow) if step.forward_flow is None else step.forward_flow


def _completed(motion: Motion, other: Motion) -> Motion:
    """One motion, and where it cannot be trusted, another."""
    better = (motion.valid < 0.5) & (motion.valid < other.valid)
    flow = torch.where(better, other.backward_flow, motion.backward_flow)
    return Motion(flow, torch.where(better, other.valid, motion.valid))

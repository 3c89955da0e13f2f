"""A plate as a render sees it: each frame, and how it follows from others of its shot."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from vst_core.flow import Motion, MotionFinder, is_cut
from vst_core.frames import FrameRange
from vst_core.pipeline.manifest import Seconds
from vst_core.pipeline.motions import FarMotions, Motions
from vst_core.pipeline.plate import Plate, PlateReader, View
from vst_core.pipeline.result import seconds_since
from vst_core.pipeline.views import SmallViews, Views, reduction
from vst_core.sequence import FrameSequence
from vst_core.settings import FlowSettings

_Stamp = tuple[tuple[int, int, int] | None, ...]


class Input(NamedTuple):
    """A frame.

    Attributes:
        plate: the frame, without its motion vectors.
        motions: how it follows from others of its shot, by their lags, in the order in which they were asked for; only
            backward.
        notes: what the user should know of that.
        seconds: what both took.
        held: whether it shows the same as the frame visited before; there is no motion then.
    """

    plate: Plate
    motions: dict[int, Motion]
    notes: tuple[str, ...]
    seconds: Seconds
    held: bool = False


class Footage:
    """Frames of a plate that are remembered, with the motion between them, for as long as the next one needs them.

    Args:
        reader: of the plate.
        find: finds the motion between two frames.
        flow: where it comes from.
        shown: the frames of the shot.
        cuts: frames that begin another shot; None finds them.
        files: where frames and motion are read.
        painted: for a network, the size that it paints at relative to the plate's. It paints outlines, so what edges
            leave behind counts less, and of the next frame it takes motion boundaries too. None for what does not.
    """

    def __init__(
        self,
        reader: PlateReader,
        find: MotionFinder,
        flow: FlowSettings,
        shown: FrameRange,
        cuts: Sequence[int] | None,
        files: Sequence[FrameSequence],
        *,
        painted: float | None = None,
    ) -> None:
        self._find, self._flow, self._shown, self._files, self._painted = find, flow, shown, files, painted
        self._views = Views(reader)
        self._near = Motions(self._views, find, flow, painted=painted or 1.0)
        self._far: Motions | FarMotions | None = None
        self._known_cuts = cuts
        self._found_cuts: dict[int, bool] = {}
        self._stamps: dict[int, _Stamp] = {}

    def read(self, frame: int, lags: Sequence[int]) -> Input:
        """A frame, and the motion to it.

        Args:
            frame: its number.
            lags: to find the motion from so many frames before it, or, where negative, after it.

        Raises:
            VstError: one of the frames cannot be read, or has no motion.
        """
        start = time.perf_counter()
        self._remember_files(frame, lags)
        plate = self._views.plate(frame)
        shown = replace(plate, view=_without_vectors(plate.view))  # of several frames, they would fill the memory
        seconds = Seconds(read=seconds_since(start))
        if not lags:
            return Input(shown, {}, (), seconds)
        start = time.perf_counter()
        far = self._far = self._far or self._farther(plate, max(map(abs, lags)))
        back = 1 if lags[0] > 0 else -1
        goes_on = self._is_one_shot(frame, frame - back)
        far.remember(frame, back if goes_on else None)
        if frame == self._shown.first and not any(frame - lag in self._shown for lag in lags):
            return Input(shown, {}, (), seconds)
        held = goes_on and self._views.is_same(frame, frame - back)
        motions = {
            lag: replace(self._followed(far, frame, lag, is_next=lag * back < 0), forward_flow=None)
            for lag in lags
            if not held and self._is_one_shot(frame, frame - lag)
        }
        notes = self._notes(frame) if max(lags) > 0 else ()
        self._forget(far, frame, frame + back, lags)
        return Input(shown, motions, notes, seconds.model_copy(update={"motion": seconds_since(start)}), held)

    def is_current(self) -> bool:
        """Whether the files of all frames that are remembered are still what they were."""
        return all(self._stamp(frame) == stamp for frame, stamp in self._stamps.items())

    def _remember_files(self, frame: int, lags: Sequence[int]) -> None:
        """Before they are read: what changes in the meantime is another file."""
        reached = [frame, *(frame - lag for lag in lags)]
        near = range(min(reached), max(reached) + 1)
        self._stamps = {number: self._stamps.get(number) or self._stamp(number) for number in near}

    def _stamp(self, frame: int) -> _Stamp:
        return tuple(_stamp(files.path(frame)) for files in self._files)

    def _farther(self, plate: Plate, farthest: int) -> Motions | FarMotions:
        """What finds motion over more than one frame, where that is asked for."""
        by = reduction(plate.frame.display_window)
        if by == 1 or farthest == 1:
            return self._near
        return FarMotions(SmallViews(self._views, by), self._near, self._find, self._flow)

    def _forget(self, far: Motions | FarMotions, frame: int, following: int, lags: Sequence[int]) -> None:
        """All that the frame after this one does not need."""

        def reached(farthest: int) -> tuple[int, int]:
            others = [following - lag for lag in lags if abs(lag) <= farthest]
            return min(frame, following, *others), max(frame, following, *others)

        if far is not self._near:
            self._near.keep(*reached(1))
        far.keep(*reached(max(map(abs, lags))))

    def _notes(self, frame: int) -> tuple[str, ...]:
        if frame == self._shown.first:
            return ()
        if self._is_cut(frame):
            return () if self._known_cuts else (f"frame {frame}: another shot begins here; painted afresh",)
        return self._near.between(frame, 1).notes

    def _is_one_shot(self, frame: int, other: int) -> bool:
        """Whether the other frame is there, and no cut lies between the two."""
        first, last = sorted((frame, other))
        return other in self._shown and not any(self._is_cut(number) for number in range(last, first, -1))

    def _is_cut(self, frame: int) -> bool:
        """Whether a frame begins another shot."""
        if self._known_cuts is not None:
            return frame in self._known_cuts
        if frame not in self._found_cuts:
            self._found_cuts[frame] = is_cut(self._views.view(frame).motion.image, self._near.seen(frame, 1).valid)
        return self._found_cuts[frame]

    def _followed(self, far: Motions | FarMotions, frame: int, lag: int, *, is_next: bool) -> Motion:
        if self._flow.source == "none":  # which is bound to what was there before, whatever moved
            return far.between(frame, lag)
        if self._painted is not None:
            return self._near.seen_to_its_edges(frame, lag) if is_next else far.seen_outside_wakes(frame, lag)
        return (far if abs(lag) > 1 else self._near).seen(frame, lag)


def _without_vectors(view: View) -> View:
    return replace(view, motion=replace(view.motion, vectors=None, depth=None))


def _stamp(path: Path) -> tuple[int, int, int] | None:
    """What a file that was written again has otherwise; None where there is none."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino

"""What a render reads: plates, and how each follows from those before it, one frame ahead of the method."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import NamedTuple

from vst_core.flow import Motion, is_cut
from vst_core.frames import FrameRange
from vst_core.pipeline.manifest import Seconds
from vst_core.pipeline.motions import FarMotions, Motions
from vst_core.pipeline.plate import Plate
from vst_core.pipeline.result import seconds_since
from vst_core.pipeline.shot import Shot
from vst_core.pipeline.views import SmallViews, Views, reduction

_CUT = "another shot begins here; painted afresh"


class Input(NamedTuple):
    """A frame.

    Attributes:
        plate: the frame.
        motions: how it follows from others of its shot, by their lags, in the order in which they were asked for.
        notes: what the user should know of that.
        seconds: what both took.
    """

    plate: Plate
    motions: dict[int, Motion]
    notes: tuple[str, ...]
    seconds: Seconds


class Inputs:
    """Reads frames of a shot, one ahead, in a thread of its own.

    Args:
        shot: what is rendered.
        frames: their numbers, up or down.
        lags: to find the motion from so many frames before each one, or, where negative, after it.
    """

    def __init__(self, shot: Shot, frames: Iterable[int], lags: Sequence[int]) -> None:
        self._shot, self._frames, self._lags = shot, frames, lags
        self._shown = FrameRange(shot.sequences.span.first, shot.sequences.span.shot.last)
        self._views = Views(shot.reader)
        self._near = Motions(self._views, shot.motion, shot.flow)
        self._far: Motions | FarMotions | None = None
        self._steps: dict[int, Motion] = {}
        self._cuts: dict[int, bool] = {}
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="vst-read")

    def __enter__(self) -> Inputs:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(cancel_futures=True)

    def __iter__(self) -> Iterator[Input]:
        ahead: deque[Future[Input]] = deque()
        for frame in self._frames:
            ahead.append(self._pool.submit(self._read, frame))
            if len(ahead) > 1:
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()

    def _read(self, frame: int) -> Input:
        """Runs in the pool's one thread; on a resumed render it also reads the frames before the first."""
        start = time.perf_counter()
        plate = self._views.plate(frame)
        seconds = Seconds(read=seconds_since(start))
        is_alone = frame == self._shown.first and not any(frame - lag in self._shown for lag in self._lags)
        if not self._lags or is_alone:
            return Input(plate, {}, (), seconds)
        start = time.perf_counter()
        far = self._far = self._far or self._farther(plate)
        motions = {lag: self._followed(far, frame, lag) for lag in self._lags if self._is_one_shot(frame, frame - lag)}
        notes = self._notes(frame) if max(self._lags) > 0 else ()
        self._forget(far, frame)
        return Input(plate, motions, notes, seconds.model_copy(update={"motion": seconds_since(start)}))

    def _farther(self, plate: Plate) -> Motions | FarMotions:
        """What finds motion over more than one frame."""
        by = reduction(plate.frame.display_window)
        if by == 1:
            return self._near
        return FarMotions(SmallViews(self._views, by), self._near, self._shot.motion, self._shot.flow)

    def _forget(self, far: Motions | FarMotions, frame: int) -> None:
        """All that the next frame does not need."""
        for motions, farthest in {self._near: 1, far: max(map(abs, self._lags))}.items():
            reached = [frame, *(frame - lag for lag in self._lags if abs(lag) <= farthest)]
            motions.keep(min(reached), max(reached))
        self._steps = {number: step for number, step in self._steps.items() if abs(number - frame) <= 1}

    def _notes(self, frame: int) -> tuple[str, ...]:
        if frame == self._shown.first:
            return ()
        return (_CUT,) if self._is_cut(frame) else self._near.between(frame, 1).notes

    def _is_one_shot(self, frame: int, other: int) -> bool:
        """Whether the other frame is there, and no cut lies between the two."""
        first, last = sorted((frame, other))
        return other in self._shown and not any(self._is_cut(number) for number in range(last, first, -1))

    def _is_cut(self, frame: int) -> bool:
        """Whether a frame begins another shot."""
        settings = self._shot.settings
        if settings.cuts != "auto":
            return frame in settings.cut_frames
        if frame not in self._cuts:
            self._cuts[frame] = is_cut(self._views.view(frame).motion.image, self._step(frame).valid)
        return self._cuts[frame]

    def _followed(self, far: Motions | FarMotions, frame: int, lag: int) -> Motion:
        if self._shot.flow.source == "none":  # which is bound to what was there before, whatever moved
            return far.between(frame, lag)
        return self._step(frame) if lag == 1 else (far if abs(lag) > 1 else self._near).seen(frame, lag)

    def _step(self, frame: int) -> Motion:
        if frame not in self._steps:
            self._steps[frame] = self._near.seen(frame, 1)
        return self._steps[frame]

"""The render: a generator of finished frames.

    read -> display -> motion -> warp(previous) -> stylize -> scene_linear -> verified write

Reading and motion run ahead in one thread, writing runs behind in another; only the method runs in the caller's.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Collection, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import torch
from torch import Tensor

from vst_core.device import to_device
from vst_core.errors import VstError
from vst_core.flow import Motion, is_cut, unchanged_mask, warp, warp_sharp
from vst_core.image import Window
from vst_core.methods import Prior, Progress
from vst_core.pipeline.manifest import Seconds
from vst_core.pipeline.method import NetworkCache
from vst_core.pipeline.plate import Plate, View, motion_between, named_frame
from vst_core.pipeline.recorder import Recorder
from vst_core.pipeline.result import FrameResult
from vst_core.pipeline.resume import Found, Resume
from vst_core.pipeline.shot import Shot, open_shot
from vst_core.pipeline.state import State
from vst_core.pipeline.windows import place, resize, resize_flow, working_size
from vst_core.pipeline.writer import Writer
from vst_core.settings import RenderSettings

__all__ = ["FrameProgress", "FrameResult", "render_shot"]

_CUT = "another shot begins here; painted afresh"


@dataclass(frozen=True, slots=True)
class FrameProgress:
    """Where a render is within one frame."""

    frame: int
    progress: Progress


def render_shot(
    settings: RenderSettings,
    on_progress: Callable[[FrameProgress], None] = lambda _: None,
    networks: NetworkCache | None = None,
) -> Iterator[FrameResult]:
    """Stylise a shot or a chunk of it, frame after frame; of one that was begun, only what is missing or damaged.

    Frames are yielded in order, once they are on disk. Closing the generator, or raising ``Cancelled`` in
    ``on_progress``, stops it: the frame at work is given up, those being written are finished, and the next run goes
    on from there with the very bits an undisturbed run would have given.

    Args:
        settings: the shot.
        on_progress: called every few steps of a frame.
        networks: has the network of an earlier render, and keeps this one's for a later one.

    Raises:
        VstError: one line that names frame and file; finished frames stay.
    """
    yield from render_opened(open_shot(settings, networks), on_progress)


def render_opened(
    shot: Shot, on_progress: Callable[[FrameProgress], None] = lambda _: None, redo: Collection[int] = ()
) -> Iterator[FrameResult]:
    """``render_shot`` for a shot that was made ready.

    Args:
        shot: the shot.
        on_progress: called every few steps of a frame.
        redo: frames to be made again, however good they seem.
    """
    settings = shot.settings
    with ExitStack() as stack:
        stack.enter_context(shot.states.lock())
        recorder = stack.enter_context(Recorder(shot))
        resume = Resume(shot, recorder.known, redo)
        if settings.overwrite:
            shot.states.clear()
        writer = stack.enter_context(Writer(shot, recorder))
        frame, state = resume.first, resume.before
        while frame <= resume.last:
            wanted = resume.first_to_make(frame, state)
            start, state = resume.start(wanted, state)
            for number in range(frame, start):
                yield _kept(shot, recorder, number, resume[number])
            if wanted > resume.last:
                return
            with _Inputs(shot, range(start, resume.last + 1)) as inputs:
                made = yield from _rendered(shot, inputs, writer, state, resume, wanted, on_progress)
            frame, state = made.frame + 1, made if settings.temporal else None


def _kept(shot: Shot, recorder: Recorder, frame: int, found: Found) -> FrameResult:
    result = FrameResult(frame, shot.sequences.output.path(frame), kept=True, notes=found.notes)
    if not found.recorded:
        recorder.record(result.path, result, found.state, found.previous)
    return result


def _rendered(
    shot: Shot,
    inputs: _Inputs,
    writer: Writer,
    state: State | None,
    resume: Resume,
    wanted: int,
    on_progress: Callable[[FrameProgress], None],
) -> Generator[FrameResult, None, State]:
    """Make frames until one on disk goes on from them, ``wanted`` at least; of a failure, those before it come first.

    Returns:
        The last state.
    """
    settings, made = shot.settings, state
    try:
        for plate, motion, notes, seconds in inputs:
            frame, window = plate.view.motion.frame, plate.view.window
            start, report = time.perf_counter(), _Report(frame, on_progress)
            content = resize(plate.view.motion.image, working_size(window, settings.scale))
            prior = None if state is None or motion is None else _prior(state, motion, window, content)
            stylized = _stylized(shot, content, prior, report)
            made = State.follow(state, frame, stylized, window, shot.fingerprint)
            result = FrameResult(frame, shot.sequences.output.path(frame), kept=True)
            if not resume.stays(made):
                spent = _since(start)
                result = replace(
                    result,
                    kept=False,
                    loss=report.loss,
                    seconds=spent,
                    notes=notes,
                    stages=seconds.model_copy(update={"method": spent}),
                    coverage=None if prior is None else float(prior.valid.mean()),
                )
            writer.submit(plate, stylized, made, result)
            resume.made(made)
            state = made if settings.temporal else None
            yield from writer.finished()
            if frame + 1 >= wanted and resume.follows(frame + 1, state):
                break
    except VstError:
        yield from writer.drain()
        raise
    yield from writer.drain()
    assert made is not None
    return made


def _stylized(shot: Shot, content: Tensor, prior: Prior | None, report: _Report) -> Tensor:
    device = shot.device.torch_device
    if prior is not None:
        prior = Prior(to_device(prior.warped, device), to_device(prior.valid, device))
    with named_frame(report.frame):
        return shot.method.stylize(to_device(content, device), prior, report).cpu()


def _prior(state: State, motion: Motion, window: Window, content: Tensor) -> Prior:
    """The previous result warped onto this frame's grid, at working size."""
    height, width = content.shape[-2:]
    scale = height / window.height, width / window.width
    backward_flow = resize_flow(motion.backward_flow, (height, width))
    previous = place(state.image, state.window, window, scale)
    if previous.shape != content.shape:  # rounding of a moved window at a working scale
        previous = resize(previous, (height, width))
    return Prior(warp_sharp(previous, backward_flow).clamp_(0, 1), resize(motion.valid, (height, width)))


def _followed(motion: Motion, current: View, previous: View) -> Motion:
    """The motion, less valid where the plate itself does not look as it did: light, shadow, a vector that is wrong."""
    before = place(previous.motion.image, previous.window, current.window)
    unchanged = unchanged_mask(current.motion.image, warp(before, motion.backward_flow))
    return replace(motion, valid=motion.valid * unchanged)


def _since(start: float) -> float:
    return round(time.perf_counter() - start, 4)


@dataclass(slots=True)
class _Report:
    """Remembers a frame's last loss and passes progress on."""

    frame: int
    on_progress: Callable[[FrameProgress], None]
    loss: dict[str, float] = field(default_factory=dict)

    def __call__(self, progress: Progress) -> None:
        self.loss = progress.loss
        self.on_progress(FrameProgress(self.frame, progress))


class _Input(NamedTuple):
    """A frame, how it follows from the one before it, if it does, what the user should know of that, and its time."""

    plate: Plate
    motion: Motion | None
    notes: tuple[str, ...]
    seconds: Seconds


class _Inputs:
    """Plates and the motion from the frame before, read one frame ahead."""

    def __init__(self, shot: Shot, frames: Iterable[int]) -> None:
        self._shot, self._frames = shot, frames
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="vst-read")
        self._previous: View | None = None  # of the frame before; its other layers are not kept in memory

    def __enter__(self) -> _Inputs:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(cancel_futures=True)

    def __iter__(self) -> Iterator[_Input]:
        ahead: deque[Future[_Input]] = deque()
        for frame in self._frames:
            ahead.append(self._pool.submit(self._read, frame))
            if len(ahead) > 1:
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()

    def _read(self, frame: int) -> _Input:
        """Runs in the pool's one thread, in order; on a resumed render it also reads the frame before the first."""
        shot = self._shot
        previous = self._previous
        cut = frame in shot.settings.cut_frames
        if not shot.settings.temporal or cut or frame == shot.sequences.span.first:
            previous = None
        elif previous is None:
            previous = shot.reader.read(frame - 1).view
        start = time.perf_counter()
        plate = shot.reader.read(frame)
        seconds = Seconds(read=_since(start))
        self._previous = plate.view
        if previous is None:
            return _Input(plate, None, (_CUT,) if cut else (), seconds)
        start = time.perf_counter()
        with named_frame(frame), torch.no_grad():
            motion = motion_between(shot.motion, plate.view, previous)
            followed = _followed(motion, plate.view, previous)
            ends = shot.settings.cuts == "auto" and is_cut(plate.view.motion.image, followed.valid)
        seconds = seconds.model_copy(update={"motion": _since(start)})
        if ends:
            return _Input(plate, None, (_CUT,), seconds)
        naive = shot.settings.flow.source == "none"  # which is bound to the frame before, whatever moved
        return _Input(plate, motion if naive else followed, motion.notes, seconds)

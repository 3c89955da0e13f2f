"""The render: a generator of finished frames.

    read -> display -> motion -> warp(previous) -> stylize -> scene_linear -> verified write

Reading and motion run ahead in one thread, writing runs behind in another; only the method runs in the caller's.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Generator, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace

from torch import Tensor

from vst_core.device import to_device
from vst_core.errors import VstError
from vst_core.flow import Motion, warp_sharp
from vst_core.image import Window
from vst_core.methods import Prior, Progress, long_term_prior
from vst_core.pipeline.inputs import Inputs
from vst_core.pipeline.method import NetworkCache
from vst_core.pipeline.plate import named_frame
from vst_core.pipeline.recorder import Recorder
from vst_core.pipeline.result import FrameResult, seconds_since
from vst_core.pipeline.resume import Found, Resume
from vst_core.pipeline.shot import Shot, open_shot
from vst_core.pipeline.state import Past, State
from vst_core.pipeline.windows import place, resize, resize_flow, working_size
from vst_core.pipeline.writer import Writer
from vst_core.settings import RenderSettings

__all__ = ["FrameProgress", "FrameResult", "render_shot"]


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
        frame, past = resume.first, resume.before
        while frame <= resume.last:
            wanted = resume.first_to_make(frame, past)
            start, past = resume.start(wanted, past)
            for number in range(frame, start):
                yield _kept(shot, recorder, number, resume[number])
            if wanted > resume.last:
                return
            with Inputs(shot, range(start, resume.last + 1)) as inputs:
                frame, past = yield from _rendered(shot, inputs, writer, past, resume, wanted, on_progress)


def _kept(shot: Shot, recorder: Recorder, frame: int, found: Found) -> FrameResult:
    result = FrameResult(frame, shot.sequences.output.path(frame), kept=True, notes=found.notes)
    if not found.recorded:
        recorder.record(result.path, result, found.state, found.previous)
    return result


def _rendered(
    shot: Shot,
    inputs: Inputs,
    writer: Writer,
    past: Past,
    resume: Resume,
    wanted: int,
    on_progress: Callable[[FrameProgress], None],
) -> Generator[FrameResult, None, tuple[int, Past]]:
    """Make frames until one on disk goes on from them, ``wanted`` at least; of a failure, those before it come first.

    Returns:
        The frame that is next, and what it is made from.
    """
    settings, frame = shot.settings, wanted
    try:
        for plate, motions, notes, seconds in inputs:
            frame, window = plate.view.motion.frame, plate.view.window
            start, report = time.perf_counter(), _Report(frame, on_progress)
            content = resize(plate.view.motion.image, working_size(window, settings.scale))
            prior = _prior(past, motions, frame, window, content)
            stylized = _stylized(shot, content, prior, report)
            state = State.follow(past.get(frame - 1), frame, stylized, window, shot.fingerprint)
            result = FrameResult(frame, shot.sequences.output.path(frame), kept=True)
            if not resume.stays(state):
                spent = seconds_since(start)
                result = replace(
                    result,
                    kept=False,
                    loss=report.loss,
                    seconds=spent,
                    notes=notes,
                    stages=seconds.model_copy(update={"method": spent}),
                    coverage=None if prior is None else float(prior.valid.mean()),
                )
            writer.submit(plate, stylized, state, result)
            resume.made(state)
            past = shot.states.remembered(past, state)
            yield from writer.finished()
            if frame + 1 >= wanted and resume.follows(frame + 1, past):
                break
    except VstError:
        yield from writer.drain()
        raise
    yield from writer.drain()
    return frame + 1, past


def _stylized(shot: Shot, content: Tensor, prior: Prior | None, report: _Report) -> Tensor:
    device = shot.device.torch_device
    if prior is not None:
        prior = Prior(to_device(prior.warped, device), to_device(prior.valid, device))
    with named_frame(report.frame):
        return shot.method.stylize(to_device(content, device), prior, report).cpu()


def _prior(past: Past, motions: dict[int, Motion], frame: int, window: Window, content: Tensor) -> Prior | None:
    """The earlier results that there are, as one, on this frame's grid."""
    priors = [_warped(past[frame - lag], motion, window, content) for lag, motion in motions.items()]
    return long_term_prior(priors) if priors else None


def _warped(state: State, motion: Motion, window: Window, content: Tensor) -> Prior:
    """An earlier result warped onto this frame's grid, at working size."""
    height, width = content.shape[-2:]
    scale = height / window.height, width / window.width
    backward_flow = resize_flow(motion.backward_flow, (height, width))
    previous = place(state.image, state.window, window, scale)
    if previous.shape != content.shape:  # rounding of a moved window at a working scale
        previous = resize(previous, (height, width))
    return Prior(warp_sharp(previous, backward_flow).clamp_(0, 1), resize(motion.valid, (height, width)))


@dataclass(slots=True)
class _Report:
    """Remembers a frame's last loss and passes progress on."""

    frame: int
    on_progress: Callable[[FrameProgress], None]
    loss: dict[str, float] = field(default_factory=dict)

    def __call__(self, progress: Progress) -> None:
        self.loss = progress.loss
        self.on_progress(FrameProgress(self.frame, progress))

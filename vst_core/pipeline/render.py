"""The render: a generator of finished frames.

    read -> display -> motion -> warp(previous) -> stylize -> scene_linear -> verified write

Reading and motion run ahead in one thread, writing runs behind in another; only the method runs in the caller's.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Generator, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import replace
from typing import NamedTuple

from torch import Tensor

from vst_core.errors import VstError
from vst_core.pipeline.cache import RenderCache
from vst_core.pipeline.destination import least_size, reserve
from vst_core.pipeline.footage import Input
from vst_core.pipeline.inputs import Inputs
from vst_core.pipeline.one_pass import Pass
from vst_core.pipeline.passes import earlier_passes
from vst_core.pipeline.recorder import Recorder
from vst_core.pipeline.result import FrameProgress, FrameReport, FrameResult, seconds_since
from vst_core.pipeline.resume import Found, Resume
from vst_core.pipeline.shot import Shot, open_shot
from vst_core.pipeline.state import Past, State
from vst_core.pipeline.writer import Writer
from vst_core.settings import RenderSettings

__all__ = ["FrameProgress", "FrameResult", "render_shot"]


def render_shot(
    settings: RenderSettings,
    on_progress: Callable[[FrameProgress], None] = lambda _: None,
    cache: RenderCache | None = None,
) -> Iterator[FrameResult]:
    """Stylise a shot or a chunk of it, frame after frame; of one that was begun, only what is missing or damaged.

    Frames are yielded in order, once they are on disk. Closing the generator, or raising ``Cancelled`` in
    ``on_progress``, stops it: the frame at work is given up, those being written are finished, and the next run goes
    on from there with the very bits an undisturbed run would have given.

    Args:
        settings: the shot.
        on_progress: called every few steps of a frame.
        cache: what earlier renders left, and takes what this one leaves.

    Raises:
        VstError: one line that names frame and file; finished frames stay.
    """
    yield from render_opened(open_shot(settings, cache), on_progress)


def render_opened(
    shot: Shot,
    on_progress: Callable[[FrameProgress], None] = lambda _: None,
    redo: Collection[int] = (),
    digests: Mapping[int, str] | None = None,
) -> Iterator[FrameResult]:
    """``render_shot`` for a shot that was made ready.

    Args:
        shot: the shot.
        on_progress: called every few steps of a frame.
        redo: frames to be made again, however good they seem.
        digests: of the states that frames have to come to, by their numbers; none that comes to another is written.
    """
    settings = shot.settings
    with ExitStack() as stack:
        stack.enter_context(shot.states.lock())
        recorder = stack.enter_context(Recorder(shot))
        resume = Resume(shot, recorder.known, redo, digests)
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
            reserve(shot.states.folder, least_size(settings, shot.sequences.plate.path(wanted)))
            last = Pass(settings.passes, settings.passes, earlier_passes(shot, on_progress))
            with Inputs(shot.footage, range(start, resume.last + 1), last.lags(shot.lags)) as inputs:
                frame, past = yield from _rendered(shot, last, inputs, writer, past, resume, wanted, on_progress)


def _kept(shot: Shot, recorder: Recorder, frame: int, found: Found) -> FrameResult:
    result = FrameResult(frame, shot.sequences.output.path(frame), kept=True, notes=found.notes)
    if not found.recorded:
        recorder.record(result.path, result, found.state, found.previous)
    return result


def _rendered(
    shot: Shot,
    last: Pass,
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
    frame = wanted
    try:
        for given in inputs:
            frame, made = given.plate.view.motion.frame, _made(shot, last, given, past, resume, on_progress)
            state = made.state
            resume.made(state)
            written = writer.submit(given.plate, *made)
            del made  # nothing of a large frame stays while the next one is made
            past = shot.states.remembered(past, state)
            yield from written
            if frame + 1 >= wanted and resume.follows(frame + 1, past):
                break
    except VstError:
        yield from writer.drain()
        raise
    yield from writer.drain()
    return frame + 1, past


class _Made(NamedTuple):
    stylized: Tensor
    state: State
    result: FrameResult


def _made(
    shot: Shot, last: Pass, given: Input, past: Past, resume: Resume, on_progress: Callable[[FrameProgress], None]
) -> _Made:
    frame, window = given.plate.view.motion.frame, given.plate.view.window
    start, report = time.perf_counter(), FrameReport(frame, on_progress, last.number, last.passes)
    stylized, coverage = last.stylize(shot, given, past, report)
    state = State.follow(past.get(frame - 1), frame, stylized, window, shot.fingerprint)
    result = FrameResult(frame, shot.sequences.output.path(frame), kept=True)
    if not resume.stays(state):
        spent = seconds_since(start)
        result = replace(
            result,
            kept=False,
            loss=report.loss,
            seconds=spent,
            notes=given.notes,
            stages=given.seconds.model_copy(update={"method": spent}),
            coverage=coverage,
        )
    return _Made(stylized, state, result)

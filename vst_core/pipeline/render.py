"""The render: a generator of finished frames.

    read -> display -> motion -> warp(previous) -> stylize -> scene_linear -> verified write

Reading and motion run ahead in one thread, writing runs behind in another; only the method runs in the caller's.
"""

from __future__ import annotations

import json
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import Tensor

from vst_core import __version__
from vst_core.flow import Motion, warp
from vst_core.frame_io import write_frame
from vst_core.image import Window
from vst_core.methods import Prior, Progress
from vst_core.pipeline.plate import Plate, motion_between, named_frame
from vst_core.pipeline.resume import FINGERPRINT, PREVIOUS, STATE, find_resume_point
from vst_core.pipeline.shot import Shot, open_shot
from vst_core.pipeline.state import State
from vst_core.pipeline.windows import place, resize, resize_flow, working_size
from vst_core.settings import RenderSettings


@dataclass(frozen=True, slots=True)
class FrameProgress:
    """Where a render is within one frame."""

    frame: int
    progress: Progress


@dataclass(frozen=True, slots=True)
class FrameResult:
    """A frame that lies on disk, verified.

    Attributes:
        frame: its number.
        path: its file.
        kept: it was there already, from an earlier run of the same render.
        loss: the objective's parts at the end, by name; empty for kept frames.
        seconds: time the method took; 0 for kept frames.
        notes: what the user should know, for example a change of flow source.
    """

    frame: int
    path: Path
    kept: bool = False
    loss: dict[str, float] = field(default_factory=dict)
    seconds: float = 0.0
    notes: tuple[str, ...] = ()


def render_shot(
    settings: RenderSettings, on_progress: Callable[[FrameProgress], None] = lambda _: None
) -> Iterator[FrameResult]:
    """Stylise a shot, frame after frame; a shot that was begun goes on after its last good frame.

    Frames are yielded in order, once they are on disk. Closing the generator, or raising ``Cancelled`` in
    ``on_progress``, stops it: the frame at work is given up, those being written are finished, and the next run goes
    on from there with the very bits an undisturbed run would have given.

    Args:
        settings: the shot.
        on_progress: called every few steps of a frame.

    Raises:
        VstError: one line that names frame and file; finished frames stay.
    """
    shot = open_shot(settings)
    with ExitStack() as stack:
        stack.enter_context(shot.states.lock())
        resume = find_resume_point(shot)
        for frame in resume.kept:
            yield FrameResult(frame, shot.sequences.output.path(frame), kept=True)
        if settings.overwrite:
            shot.states.clear()
        writer = stack.enter_context(_Writer(shot))
        inputs = stack.enter_context(_Inputs(shot, list(shot.sequences.frames)[len(resume.kept) :]))
        state = resume.state
        for plate, motion in inputs:
            frame, window = plate.view.motion.frame, plate.view.window
            start, report = time.perf_counter(), _Report(frame, on_progress)
            content = resize(plate.view.motion.image, working_size(window, settings.scale))
            prior = None if state is None or motion is None else _prior(state, motion, window, content)
            stylized = _stylized(shot, content, prior, report)
            previous, state = state, State.follow(state, frame, stylized, window, shot.fingerprint)
            result = FrameResult(
                frame,
                shot.sequences.output.path(frame),
                loss=report.loss,
                seconds=time.perf_counter() - start,
                notes=motion.notes if motion else (),
            )
            writer.submit(plate, stylized, state, previous, result)
            if not settings.temporal:
                state = None
            yield from writer.finished()
        yield from writer.drain()


def _stylized(shot: Shot, content: Tensor, prior: Prior | None, report: _Report) -> Tensor:
    device = shot.device.torch_device
    if prior is not None:
        prior = Prior(prior.warped.to(device), prior.valid.to(device))
    with named_frame(report.frame):
        return shot.method.stylize(content.to(device), prior, report).cpu()


def _prior(state: State, motion: Motion, window: Window, content: Tensor) -> Prior:
    """The previous result warped onto this frame's grid, at working size."""
    height, width = content.shape[-2:]
    scale = height / window.height, width / window.width
    backward_flow = resize_flow(motion.backward_flow, (height, width))
    previous = place(state.image, state.window, window, scale)
    if previous.shape != content.shape:  # rounding of a moved window at a working scale
        previous = resize(previous, (height, width))
    return Prior(warp(previous, backward_flow), resize(motion.valid, (height, width)))


@dataclass(slots=True)
class _Report:
    """Remembers a frame's last loss and passes progress on."""

    frame: int
    on_progress: Callable[[FrameProgress], None]
    loss: dict[str, float] = field(default_factory=dict)

    def __call__(self, progress: Progress) -> None:
        self.loss = progress.loss
        self.on_progress(FrameProgress(self.frame, progress))


class _Inputs:
    """Plates and the motion from the frame before, read one frame ahead."""

    def __init__(self, shot: Shot, frames: list[int]) -> None:
        self._shot, self._frames = shot, frames
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="vst-read")
        self._previous: Plate | None = None

    def __enter__(self) -> _Inputs:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(cancel_futures=True)

    def __iter__(self) -> Iterator[tuple[Plate, Motion | None]]:
        ahead: deque[Future[tuple[Plate, Motion | None]]] = deque()
        for frame in self._frames:
            ahead.append(self._pool.submit(self._read, frame))
            if len(ahead) > 1:
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()

    def _read(self, frame: int) -> tuple[Plate, Motion | None]:
        """Runs in the pool's one thread, in order; on a resumed render it also reads the frame before the first."""
        shot = self._shot
        previous = self._previous
        if not shot.settings.temporal or frame == shot.sequences.frames.first:
            previous = None
        elif previous is None:
            previous = shot.reader.read(frame - 1)
        plate = shot.reader.read(frame)
        self._previous = plate
        if previous is None:
            return plate, None
        with named_frame(frame), torch.no_grad():
            return plate, motion_between(shot.motion, plate.view, previous.view)


class _Writer:
    """Writes state and frame, in order, behind the render; at most two wait."""

    def __init__(self, shot: Shot) -> None:
        self._shot = shot
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="vst-write")
        self._pending: deque[Future[FrameResult]] = deque()
        self._broken = False

    def __enter__(self) -> _Writer:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown()

    def submit(self, plate: Plate, stylized: Tensor, state: State, previous: State | None, result: FrameResult) -> None:
        self._pending.append(self._pool.submit(self._write, plate, stylized, state, previous, result))

    def finished(self) -> Iterator[FrameResult]:
        """Results that are on disk; waits only while more than two are not."""
        while self._pending and (self._pending[0].done() or len(self._pending) > 2):
            yield self._pending.popleft().result()

    def drain(self) -> Iterator[FrameResult]:
        while self._pending:
            yield self._pending.popleft().result()

    def _write(
        self, plate: Plate, stylized: Tensor, state: State, previous: State | None, result: FrameResult
    ) -> FrameResult:
        """The state first: a frame under its name always has the state that the next one needs."""
        shot, output = self._shot, self._shot.settings.output
        if self._broken:
            return result  # the frame before it failed, so nothing may follow; its error is on its way
        self._broken = True
        with named_frame(result.frame):
            if shot.settings.temporal:
                shot.states.save(state)
            window, covered = plate.view.window, plate.view.covered
            full = place(resize(stylized, (window.height, window.width)), window, covered)
            color = shot.transform.to_scene_linear(full, plate.display)
            clamped = write_frame(
                result.path,
                plate.frame.with_color(color),
                attributes=_attributes(shot, state, previous),
                data_type=None if output.data_type == "plate" else output.data_type,
                compression=output.stored_compression,
            )
        self._broken = False
        if not clamped:
            return result
        note = f"{clamped} values beyond the half range were clamped"
        return FrameResult(result.frame, result.path, False, result.loss, result.seconds, (*result.notes, note))


def _attributes(shot: Shot, state: State, previous: State | None) -> dict[str, str]:
    """What every frame says about itself: how it was made, and its place in the chain."""
    chained = shot.settings.temporal and previous is not None
    interop = shot.transform.output_interop_id
    return ({"colorInteropID": interop} if interop else {}) | {
        "vst:version": __version__,
        "vst:settings": json.dumps(shot.settings.model_dump(mode="json"), sort_keys=True),
        "vst:colorSpace": shot.transform.color_space,
        FINGERPRINT: shot.fingerprint,
        STATE: state.digest,
        PREVIOUS: previous.digest if chained and previous else "",
    }

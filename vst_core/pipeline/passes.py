"""Several passes over a shot, forward and backward in turn (Ruder et al. 2016, section 4.4): all but the last.

What a pass leaves lies in a folder of its own beside the shot's states, rounded and chained as they are: each state
names the one made before it, and the first of a pass the last of the pass before. So a render that was killed in the
middle of any pass goes on there and comes to the same bits. A pass is removed when the next one is whole; the one
before the last stays, so that a frame that is damaged later can be made again.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace

from vst_core.atomic_file import clean_temporaries, make_folder
from vst_core.errors import OutputError
from vst_core.frames import FrameRange
from vst_core.pipeline.inputs import Inputs
from vst_core.pipeline.one_pass import Earlier, Pass
from vst_core.pipeline.result import FrameProgress, FrameReport
from vst_core.pipeline.shot import Shot
from vst_core.pipeline.state import Past, State, read_state, write_state


def earlier_passes(shot: Shot, on_progress: Callable[[FrameProgress], None]) -> Earlier | None:
    """Make what is missing of all passes but the last; the shot's lock is held.

    Returns:
        The results that the last pass goes on from; None where it is the only one.

    Raises:
        VstError: a frame cannot be made or its state not written; those before it stay.
    """
    passes = [_States(shot, Pass(number, shot.settings.passes)) for number in range(1, shot.settings.passes)]
    whole = next((index for index in range(len(passes), 0, -1) if passes[index - 1].is_whole()), 0)
    before = passes[whole - 1] if whole else None
    for stale in passes[: max(0, whole - 1)]:
        stale.remove()
    for states in passes[whole:]:
        _run(shot, states, before, on_progress)
        if before is not None:
            before.remove()
        before = states
    return before


def _run(shot: Shot, states: _States, before: _States | None, on_progress: Callable[[FrameProgress], None]) -> None:
    """Make a pass, from its first frame that is not on disk."""
    this, lags = replace(states.which, earlier=before), shot.lags
    frames, past = list(this.order(states.frames)), Past()
    last = None if before is None else before.last()
    while frames and (state := states.load(frames[0], last)) is not None:
        past, last = _near(past | {state.frame: state}, state.frame, max(lags)), state
        frames.pop(0)
    with Inputs(shot.footage, frames, this.lags(lags)) as inputs:
        for given in inputs:
            frame, window = given.plate.view.motion.frame, given.plate.view.window
            report = FrameReport(frame, on_progress, this.number, this.passes)
            image, _ = this.stylize(shot, given, past, report)
            last = State.follow(last, frame, image, window, shot.fingerprint)
            states.save(last)
            past = _near(past | {frame: last}, frame, max(lags))


def _near(past: Past, frame: int, farthest: int) -> Past:
    """What may be looked back to from the next frame."""
    return {number: state for number, state in past.items() if abs(number - frame) < farthest}


class _States:
    """What one pass leaves on disk.

    Args:
        shot: what is rendered.
        which: the pass.
    """

    def __init__(self, shot: Shot, which: Pass) -> None:
        self.which, self.frames = which, FrameRange(shot.sequences.span.first, shot.sequences.frames.last)
        self._folder = shot.states.folder / f"pass-{which.number}"
        self._fingerprint = shot.fingerprint
        self._near: dict[int, State] = {}
        clean_temporaries(self._folder, older_than=0)

    def __call__(self, frame: int) -> State:
        """The state of a frame, which is there; the last two stay in memory.

        Raises:
            OutputError: somebody removed or changed it.
        """
        if frame not in self._near:
            state = read_state(self._folder, frame, self._fingerprint)
            if state is None:
                raise OutputError(f"the state of frame {frame} is gone", where=self._folder, remedy="render again")
            self._near = dict([*self._near.items(), (frame, state)][-2:])
        return self._near[frame]

    def save(self, state: State) -> None:
        """Write a state.

        Raises:
            OutputError: it could not be written and read back.
        """
        make_folder(self._folder)
        write_state(self._folder, state)

    def load(self, frame: int, previous: State | None) -> State | None:
        """The state of a frame, if it is there and was made after that one."""
        state = read_state(self._folder, frame, self._fingerprint)
        return state if state is not None and state.previous == (previous.digest if previous else "") else None

    def last(self) -> State:
        """Where the pass ended."""
        return self(self.which.order(self.frames)[-1])

    def is_whole(self) -> bool:
        """Whether every frame is there and was made after the one before it; what the first followed may be gone."""
        order = self.which.order(self.frames)
        previous = read_state(self._folder, order[0], self._fingerprint)
        for frame in order[1:]:
            previous = previous and self.load(frame, previous)
        return previous is not None

    def remove(self) -> None:
        """Remove it from the disk."""
        shutil.rmtree(self._folder, ignore_errors=True)

"""The states of a render, kept for as many frames as it looks back."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path

from vst_core.atomic_file import clean_temporaries
from vst_core.errors import InputError
from vst_core.frames import FrameRange
from vst_core.pipeline.claim import Claim, hidden_folder
from vst_core.pipeline.state import Past, State, read_state, state_path, write_state
from vst_core.sequence import FrameSequence

# Beside the last states, one in so many is kept, so that a frame damaged later does not cost the whole shot again: as
# many in a row as a frame looks back to.
CHECKPOINT_EVERY = 8
_NUMBER = re.compile(r"-?[0-9]+")


class StateStore:
    """The states of one render, in a hidden folder beside the shot's frames.

    Args:
        output: where the frames go.
        fingerprint: of the render.
        frames: that it delivers.
        lookback: how many states the next frame needs.
        alone: whether it stands alone, as drafts of chunks do; others may then be rendered beside it.
    """

    def __init__(
        self, output: FrameSequence, fingerprint: str, frames: FrameRange, lookback: int = 1, *, alone: bool = False
    ) -> None:
        self._claim = Claim(hidden_folder(output), frames if alone else None)
        self.folder = self._claim.folder
        self._output, self._fingerprint, self._frames, self._alone = output, fingerprint, frames, alone
        self._lookback = lookback

    def save(self, state: State) -> None:
        """Write a state, verified, and remove those that are no longer needed.

        Raises:
            OutputError: it could not be written and read back.
        """
        write_state(self.folder, state)
        # Those that it was made from stay: it may not be committed yet, and would then be made from them again.
        # So do those that a chunk starts from: the chunk may be damaged later.
        old = state.frame - self._lookback - 1
        starts_a_chunk = 0 < self._frames.first - old <= self._lookback
        if -old % (CHECKPOINT_EVERY * self._lookback) >= self._lookback and not starts_a_chunk:
            with contextlib.suppress(OSError):  # somebody has it open, on Windows; it does no harm
                state_path(self.folder, old).unlink()

    def remembered(self, past: Past, state: State) -> Past:
        """What the frame after ``state`` is made from."""
        first = state.frame + 1 - self._lookback
        return {frame: kept for frame, kept in (past | {state.frame: state}).items() if frame >= first}

    def load(self, frame: int, digest: str | None = None, folder: Path | None = None) -> State | None:
        """The state of a frame.

        Args:
            frame: its number.
            digest: of the state that is wanted; None for any of this render.
            folder: where to look; the store's own when left out.

        Returns:
            None where there is none of that digest, bit for bit.
        """
        return read_state(folder or self.folder, frame, self._fingerprint, digest)

    def load_past(self, last: int, first: int, digest: str | None = None, folder: Path | None = None) -> Past:
        """The states that the frame after ``last`` is made from, each the one that the next names.

        Args:
            last: number of the frame before.
            first: of the shot's first frame: none is needed from before it.
            digest: of the last one; see ``load``.
            folder: see ``load``.

        Returns:
            The last ones first, up to the first that is missing.
        """
        past: Past = {}
        for frame in range(last, self._farthest(last, first) - 1, -1):
            state = self.load(frame, digest, folder)
            if state is None:
                break
            past[frame], digest = state, state.previous
        return past

    def is_whole(self, past: Past, last: int, first: int) -> bool:
        """Whether nothing is missing of what the frame after ``last`` is made from."""
        return all(frame in past for frame in range(self._farthest(last, first), last + 1))

    def need_past(self, last: int, first: int, folder: Path | None = None) -> Past:
        """As ``load_past``, for states without which nothing goes on.

        Raises:
            InputError: one is not there, or not of this render.
        """
        past = self.load_past(last, first, folder=folder)
        if self.is_whole(past, last, first):
            return past
        frame = last - len(past)
        path = state_path(folder or self.folder, frame)
        if path.exists():
            what = (
                f"is not the state of frame {frame} in this render: it is damaged, or was made with different settings"
            )
            raise InputError(what, where=path, remedy="render the frames before the chunk again")
        raise InputError(
            f"the state of frame {frame} is missing",
            where=path.parent,
            remedy="render the frames before the chunk first, or name the folder of their states with --state",
        )

    def _farthest(self, last: int, first: int) -> int:
        return max(first, last + 1 - self._lookback)

    def clear(self) -> None:
        """Remove the states of a render that starts anew; not the one that a chunk starts from."""
        for path in self.folder.rglob("*.safetensors"):
            number = _NUMBER.fullmatch(path.stem)
            if number and (self._alone or int(number[0]) >= self._frames.first):
                path.unlink(missing_ok=True)

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the render's frames for this process; also removes what a killed one left behind.

        Raises:
            OutputError: another process renders some of them, or the folder cannot be created.
        """
        with self._claim.held(self._output.pattern):
            clean_temporaries(self.folder, older_than=0)
            clean_temporaries(self._output.folder, older_than=0, of=self._is_frame)
            clean_temporaries(self._output.folder)
            yield

    def _is_frame(self, name: str) -> bool:
        frame = self._output.frame_of(name)
        return frame is not None and (frame in self._frames or not self._alone)

"""Where a render goes on: which frames on disk are good, what is to be made, and from which state."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from vst_core.digest import sha256_of
from vst_core.errors import OutputError, VstError
from vst_core.frame_io import read_frame
from vst_core.pipeline.foreign import FINGERPRINT, refuse_foreign
from vst_core.pipeline.manifest import Manifest
from vst_core.pipeline.shot import Shot
from vst_core.pipeline.span import Span
from vst_core.pipeline.state import Past, State
from vst_core.pipeline.state_store import StateStore
from vst_core.settings import RenderSettings

STATE = "vst:state"
PREVIOUS = "vst:previousState"

_CHANGED = "was changed after it was rendered; it is kept as it is"


@dataclass(frozen=True, slots=True)
class Found:
    """A frame of this very render that lies on disk, whole.

    Attributes:
        state: digest of its state.
        previous: digest of the state that it was made from.
        recorded: whether the manifest knows it.
        notes: what the user should know.
    """

    state: str
    previous: str
    recorded: bool = True
    notes: tuple[str, ...] = ()


class Resume:
    """What is left to do of a render.

    A frame stays if it is whole and names this shot's fingerprint and the state of the frame before it. What is damaged
    or missing is made again from the last states on disk before it, and nothing else is, as long as that comes to the
    states that the frames after it name. The chain of a chunk starts at the states of the frames before it.

    Args:
        shot: what is rendered; its lock is held.
        known: its manifest.
        redo: frames that do not stay, however good they seem.
        digests: of the states that frames have to come to, by their numbers; None where they may come to any.

    Attributes:
        first: the first frame that is not before the chain.
        before: what its first frame is made from.

    Raises:
        OutputError: there are frames of another render, which only ``overwrite`` may replace.
        InputError: there is no state that the chunk could start from.
    """

    def __init__(
        self, shot: Shot, known: Manifest, redo: Collection[int] = (), digests: Mapping[int, str] | None = None
    ) -> None:
        self._temporal, self._states = shot.settings.temporal, shot.states
        self._output, self._digests = shot.sequences.output, digests or {}
        span = shot.sequences.span
        self.before = past_before(shot.settings, span, shot.states)
        first = max(self.before, default=span.first - 1) + 1
        self.first, self.last = (first if self._temporal else span.frames.first), span.frames.last
        self._begin = span.first
        self._found: dict[int, Found] = {}
        if not shot.settings.overwrite:
            wanted = [frame for frame in span.frames if frame not in redo]
            self._found = dict(_survey(shot, known, wanted))
            rest = [frame for frame in wanted if frame not in self._found]
            refuse_foreign(shot.sequences.output, rest, shot.fingerprint, shot.settings)

    def __getitem__(self, frame: int) -> Found:
        """A frame that is on disk."""
        return self._found[frame]

    def first_to_make(self, frame: int, past: Past) -> int:
        """The first frame, from one on, that does not stay; the one after the last where all do.

        Args:
            frame: where to begin.
            past: what it would be made from.
        """
        digest = past[frame - 1].digest if frame - 1 in past else ""
        while (found := self._found.get(frame)) is not None and found.previous == digest:
            digest = found.state if self._temporal else ""
            frame += 1
        return frame

    def follows(self, frame: int, past: Past) -> bool:
        """Whether a frame is good, and was made from these states."""
        return self.first_to_make(frame, past) > frame

    def stays(self, state: State) -> bool:
        """Whether the frame of a state is on disk as it would be written."""
        found = self._found.get(state.frame)
        return found is not None and (found.state, found.previous) == (state.digest, state.previous)

    def made(self, state: State) -> None:
        """Take note of a frame that was made.

        Raises:
            OutputError: it has not come to the state that it has to.
        """
        if self._digests.get(state.frame, state.digest) != state.digest:
            raise OutputError(
                "comes out different from its record: its plate or the machine is another than it was made with",
                where=f"frame {state.frame}, {self._output.path(state.frame)}",
                remedy="bring its plate back and repair it again, or start over with vst render --overwrite",
            )
        self._found[state.frame] = Found(state.digest, state.previous)

    def start(self, wanted: int, past: Past) -> tuple[int, Past]:
        """Where to begin so that a frame gets made: with which frame, and from which states.

        Args:
            wanted: the frame. Of those before it, all that follow ``past`` are good.
            past: the last states at hand.
        """
        if not self._temporal or wanted > self.last:
            return wanted, {}
        at_hand = max(past, default=self.first - 1)
        for number in range(wanted - 1, at_hand, -1):
            loaded = self._states.load_past(number, self._begin, self._found[number].state)
            if self._states.is_whole(loaded, number, self._begin):
                return number + 1, loaded
        return at_hand + 1, past


def past_before(settings: RenderSettings, span: Span, states: StateStore) -> Past:
    """What a chunk starts from: the states of the frames before it, for a draft also of some earlier in its preroll.

    Raises:
        InputError: an exact chunk lacks one.
    """
    before = span.frames.first - 1
    if before < span.first or not settings.temporal:
        return {}
    if settings.preroll is None:
        return states.need_past(before, span.first, settings.state)
    if settings.overwrite:
        return {}
    for frame in range(before, span.first - 1, -1):
        past = states.load_past(frame, span.first)
        if states.is_whole(past, frame, span.first):
            return past
    return {}


def _survey(shot: Shot, known: Manifest, frames: Iterable[int]) -> Iterable[tuple[int, Found]]:
    """The frames of this render that lie on disk, whole."""
    own = {run.id for run in known.runs if run.fingerprint == shot.fingerprint}
    records = {record.frame: record for record in known.frames if record.run in own}
    for frame in frames:
        path = shot.sequences.output.path(frame)
        if not path.is_file():
            continue
        record = records.get(frame)
        try:
            if record is not None and sha256_of(path) == record.sha256:
                yield frame, Found(record.state, record.previous)
                continue
            metadata = read_frame(path, layer=shot.settings.written_layer).metadata
        except (OSError, VstError):
            continue
        state, previous = str(metadata.get(STATE, "")), str(metadata.get(PREVIOUS, ""))
        if metadata.get(FINGERPRINT) != shot.fingerprint or not state:
            continue
        changed = record is not None and (record.state, record.previous) == (state, previous)
        yield frame, Found(state, previous, recorded=changed, notes=(f"frame {frame}, {path}: {_CHANGED}",) * changed)

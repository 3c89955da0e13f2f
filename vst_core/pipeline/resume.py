"""Where a render goes on: which frames on disk are good, and which state the next one needs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from vst_core.errors import OutputError, VstError
from vst_core.frame_io import read_frame, read_header
from vst_core.pipeline.shot import Shot
from vst_core.pipeline.span import Span
from vst_core.pipeline.state import State, StateStore
from vst_core.sequence import FrameSequence
from vst_core.settings import RenderSettings

FINGERPRINT = "vst:fingerprint"
STATE = "vst:state"
PREVIOUS = "vst:previousState"


@dataclass(frozen=True, slots=True)
class ResumePoint:
    """Where to go on.

    Attributes:
        kept: frames that stay, with the digests of their states.
        state: what the next frame is made from, if from anything.
        rest: frames to be made.
    """

    kept: dict[int, str]
    state: State | None
    rest: range


def find_resume_point(shot: Shot) -> ResumePoint:
    """Follow the chain of frames on disk from the first one on, as far as it is unbroken.

    A frame belongs to it if it decodes whole and names this shot's fingerprint and the state of the frame before it.
    The render goes on after the last frame whose state is on disk too. The chain of a chunk starts at the state of the
    frame before it.

    Raises:
        OutputError: there are frames of another render, which only ``overwrite`` may replace.
        InputError: there is no state that the chunk could start from.
    """
    frames, before = shot.sequences.frames, state_before(shot.settings, shot.sequences.span, shot.states)
    chain: dict[int, str] = {}
    if not shot.settings.overwrite:
        chain = _chain(shot, before)
        refuse_foreign(shot.sequences.output, list(frames)[len(chain) :], shot.fingerprint)
    if not shot.settings.temporal:
        return ResumePoint(chain, None, range(frames.first + len(chain), frames.last + 1))
    while chain:
        frame, digest = next(reversed(chain.items()))
        if frame == frames.last:
            return ResumePoint(chain, None, range(0))
        state = shot.states.load(frame, digest)
        if state is not None:
            return ResumePoint(chain, state, range(frame + 1, frames.last + 1))
        del chain[frame]
    start = shot.sequences.span.first if before is None else before.frame + 1
    return ResumePoint({}, before, range(start, frames.last + 1))


def state_before(settings: RenderSettings, span: Span, states: StateStore) -> State | None:
    """What a chunk starts from: the state of the frame before it, for a draft also one earlier in its preroll.

    Raises:
        InputError: an exact chunk has none.
    """
    before = span.frames.first - 1
    if before < span.first or not settings.temporal:
        return None
    if settings.preroll is None:
        return states.need(before, settings.state)
    if settings.overwrite:
        return None
    found = (states.load(frame) for frame in range(before, span.first - 1, -1))
    return next((state for state in found if state is not None), None)


def _chain(shot: Shot, before: State | None) -> dict[int, str]:
    span, temporal = shot.sequences.span, shot.settings.temporal
    chain: dict[int, str] = {}
    if temporal and span.first < span.frames.first and (before is None or before.frame < span.frames.first - 1):
        return chain  # the preroll is not done yet
    previous = "" if before is None else before.digest
    for frame in span.frames:
        digest = _digest_on_disk(shot, frame, previous)
        if digest is None:
            break
        chain[frame] = digest
        previous = digest if temporal else ""
    return chain


def _digest_on_disk(shot: Shot, frame: int, previous: str) -> str | None:
    path = shot.sequences.output.path(frame)
    if not path.exists():
        return None
    try:
        metadata = read_frame(path, layer=shot.settings.layer).metadata
    except VstError:
        return None
    if metadata.get(FINGERPRINT) != shot.fingerprint or metadata.get(PREVIOUS, "") != previous:
        return None
    return str(metadata.get(STATE, "")) or None


def refuse_foreign(output: FrameSequence, frames: Iterable[int], fingerprint: str) -> None:
    """Refuse to replace frames that other settings made. Broken ones may be replaced: nothing is lost with them.

    Raises:
        OutputError: naming the first one.
    """
    for frame in frames:
        path = output.path(frame)
        if not path.exists():
            continue
        try:
            found = read_header(path).metadata.get(FINGERPRINT)
        except VstError:
            continue
        if found != fingerprint:
            raise OutputError(
                "was made with other settings, or by something else",
                where=path,
                remedy="name another output, or give --overwrite to start anew",
            )

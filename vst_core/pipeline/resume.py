"""Where a render goes on: which frames on disk are good, and which state the next one needs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from vst_core.errors import OutputError, VstError
from vst_core.frame_io import read_frame, read_header
from vst_core.pipeline.shot import Shot
from vst_core.pipeline.state import State
from vst_core.sequence import FrameSequence

FINGERPRINT = "vst:fingerprint"
STATE = "vst:state"
PREVIOUS = "vst:previousState"


@dataclass(frozen=True, slots=True)
class ResumePoint:
    """Frames that stay, with the digests of their states, and the state of the last of them."""

    kept: dict[int, str]
    state: State | None


def find_resume_point(shot: Shot) -> ResumePoint:
    """Follow the chain of frames on disk from the first one on, as far as it is unbroken.

    A frame belongs to it if it decodes whole and names this shot's fingerprint and the state of the frame before it.
    The render goes on after the last frame whose state is on disk too.

    Raises:
        OutputError: there are frames of another render, which only ``overwrite`` may replace.
    """
    if shot.settings.overwrite:
        return ResumePoint({}, None)
    chain: dict[int, str] = {}
    previous = ""
    for frame in shot.sequences.frames:
        digest = _digest_on_disk(shot, frame, previous)
        if digest is None:
            break
        chain[frame] = digest
        previous = digest if shot.settings.temporal else ""
    refuse_foreign(shot.sequences.output, list(shot.sequences.frames)[len(chain) :], shot.fingerprint)
    if not shot.settings.temporal:
        return ResumePoint(chain, None)
    while chain:
        frame, digest = next(reversed(chain.items()))
        if frame == shot.sequences.frames.last:
            return ResumePoint(chain, None)
        state = shot.states.load(frame, digest)
        if state is not None:
            return ResumePoint(chain, state)
        del chain[frame]
    return ResumePoint({}, None)


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

"""The files of a shot: its plate, what motion is read from, and its result."""

from __future__ import annotations

from dataclasses import dataclass

from vst_core.errors import SettingsError
from vst_core.frames import FrameRange
from vst_core.pipeline.motion_source import flow_files, used_flow, vectors_sequence
from vst_core.pipeline.span import Span, span_of
from vst_core.sequence import FrameSequence
from vst_core.settings import FlowSettings, RenderSettings

_LONGEST = 1_000_000


@dataclass(frozen=True, slots=True)
class Sequences:
    """The files of a shot.

    Attributes:
        span: which frames are rendered.
        plate: the input.
        output: the result.
        vectors: where motion vectors are read; None where the flow source needs none.
    """

    span: Span
    plate: FrameSequence
    output: FrameSequence
    vectors: FrameSequence | None

    @property
    def frames(self) -> FrameRange:
        """The frames that are delivered."""
        return self.span.frames


def open_sequences(settings: RenderSettings) -> Sequences:
    """Find the plate, its frames, and where results go.

    Raises:
        InputError: there is no plate.
        SettingsError: a pattern is malformed, or the chunk is not within the shot.
    """
    plate = FrameSequence.parse(settings.plate)
    span = span_of(settings, plate_frames(plate, settings.frames))
    output = FrameSequence.parse(settings.output.pattern)
    return Sequences(span, plate, output, vectors_sequence(used_flow(settings), plate))


def plate_frames(sequence: FrameSequence, frames: FrameRange | None) -> FrameRange:
    """The range asked for, or from the first to the last frame on disk.

    Raises:
        InputError: there is none.
        SettingsError: it is longer than any shot.
    """
    sequence.check_input()
    present = sequence.frames_on_disk()
    found = FrameRange(present[0], present[-1]) if frames is None else frames
    if (count := found.last - found.first + 1) > _LONGEST:
        what = f"{found} would be {count} frames, and a shot has {_LONGEST} at most"
        raise SettingsError(what, where="frames", remedy="give --frames FIRST-LAST")
    return found


def check_frames(flow: FlowSettings, plate: FrameSequence, frames: FrameRange) -> None:
    """Check that no frame of a plate, or of the motion that is read from files, is missing.

    Raises:
        InputError: naming those that are.
    """
    plate.check_input(frames)
    for files, needed in flow_files(flow, plate, frames):
        files.check_input(needed)

"""Flow fields of a shot, written as files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from vst_core.atomic_file import make_folder
from vst_core.errors import SettingsError
from vst_core.flow import MotionFinder, write_flo
from vst_core.frame_io import read_header
from vst_core.frames import FrameRange
from vst_core.pipeline.motion_source import open_motion, vectors_sequence
from vst_core.pipeline.plate import Plate, PlateReader, motion_between, named_frame, open_transform
from vst_core.pipeline.sequences import plate_frames
from vst_core.pipeline.windows import place
from vst_core.sequence import FrameSequence
from vst_core.settings import FlowSettings


def write_fields(
    plate: str,
    output: str,
    *,
    forward: str | None = None,
    flow: FlowSettings,
    frames: FrameRange | None = None,
    layer: str | None = None,
    color_space: str | None = None,
) -> Iterator[Path]:
    """Write the flow between neighbouring frames as .flo files.

    Args:
        plate: pattern of the frames.
        output: pattern for backward flow: on each frame's data window, to the frame before it; the first has none.
        forward: pattern for forward flow: on each frame's data window, to the frame after it; the last has none.
        flow: where motion comes from.
        frames: all frames on disk when left out.
        layer: layer whose colour is looked at.
        color_space: the plate's colour space; read from the file when left out.

    Yields:
        Each file, once it is written.

    Raises:
        VstError: one line that names frame and file.
    """
    sequence = FrameSequence.parse(plate)
    numbers = plate_frames(sequence, frames)
    targets = [FrameSequence.parse(pattern) for pattern in (output, forward) if pattern is not None]
    for target in targets:
        _check_target(target, numbers)
    vectors = vectors_sequence(flow, sequence)
    transform = open_transform(read_header(sequence.path(numbers.first)), color_space)
    reader = PlateReader(sequence, layer, transform, flow, vectors)
    find = open_motion(flow)
    previous: Plate | None = None
    for number in numbers:
        current = reader.read(number)
        if previous is not None:
            with named_frame(number):
                yield _write(find, current, previous, targets[0])
                if forward is not None:
                    yield _write(find, previous, current, targets[1])
        previous = current


def _write(find: MotionFinder, at: Plate, to: Plate, target: FrameSequence) -> Path:
    path = target.path(at.view.motion.frame)
    motion = motion_between(find, at.view, to.view)
    write_flo(path, place(motion.backward_flow, at.view.window, at.view.covered))
    return path


def _check_target(target: FrameSequence, frames: FrameRange) -> None:
    target.check_output(frames)
    if not target.pattern.lower().endswith(".flo"):
        raise SettingsError("flow is written as .flo", where=target.pattern, remedy="end the output name in .flo")
    make_folder(target.folder)

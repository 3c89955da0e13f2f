"""Cuts within a plate, found before it is rendered, so that a farm can begin chunks there."""

from __future__ import annotations

from collections.abc import Iterator

from vst_core.flow import is_cut
from vst_core.frame_io import read_header
from vst_core.frames import FrameRange
from vst_core.pipeline.method import open_device
from vst_core.pipeline.motion_source import check_vectors, open_motion, used_flow
from vst_core.pipeline.motions import Motions
from vst_core.pipeline.plate import PlateReader, named_frame, open_transform
from vst_core.pipeline.sequences import open_sequences
from vst_core.pipeline.views import Views
from vst_core.settings import RenderSettings


def find_cuts(settings: RenderSettings, frames: FrameRange) -> Iterator[int]:
    """The frames that begin another shot, just as a render whose ``cuts`` are ``auto`` finds them. Reads every plate.

    Args:
        settings: of the render.
        frames: all frames of the shot.

    Raises:
        VstError: a frame cannot be read, or has no motion.
    """
    sequences, flow = open_sequences(settings), used_flow(settings)
    with named_frame(frames.first):
        header = read_header(sequences.plate.path(frames.first))
        check_vectors(flow, sequences.plate, frames.first, header, settings.layer)
        transform = open_transform(header, settings.color_space)
    reader = PlateReader(sequences.plate, settings.layer, transform, flow, sequences.vectors, settings.scale)
    views = Views(reader)
    motions = Motions(views, open_motion(flow, open_device(settings).torch_device), flow)
    for frame in range(frames.first + 1, frames.last + 1):
        if is_cut(views.view(frame).motion.image, motions.seen(frame, 1).valid):
            yield frame
        motions.keep(frame, frame)

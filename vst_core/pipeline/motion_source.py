"""Where the motion of a shot comes from: its settings turned into files and what finds motion in them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import torch

from vst_core import weights
from vst_core.flow import MotionFinder
from vst_core.frame_io import Header, names_in_view, read_header
from vst_core.frames import FrameRange
from vst_core.pipeline.plate import vector_layer
from vst_core.sequence import FrameSequence
from vst_core.settings import FlowSettings, RenderSettings


def used_flow(settings: RenderSettings) -> FlowSettings:
    """The flow settings, or those of no motion where every frame is stylised on its own."""
    return settings.flow if settings.temporal else FlowSettings(source="none")


def open_motion(flow: FlowSettings, device: torch.device | str = "cpu") -> MotionFinder:
    """What finds the motion between two frames.

    Raises:
        ModelError: RAFT has no weights.
        SettingsError: a pattern is malformed.
    """
    if not flow.is_pattern:
        return MotionFinder(flow.source, raft_weights=raft_weights(flow), device=device)
    if flow.is_exr_pattern:
        return MotionFinder("vectors")
    backward = FrameSequence.parse(flow.source)
    forward = None if flow.forward is None else FrameSequence.parse(flow.forward)
    return MotionFinder("files", backward=backward.path, forward=None if forward is None else forward.path)


def raft_weights(flow: FlowSettings) -> Path | None:
    """The file that RAFT is loaded from: the one that is named, or one among the weights; None for other motion."""
    if flow.source != "raft":
        return None
    found = weights.find("raft")
    return flow.raft_weights or (None if found is None else found[1])


def vectors_sequence(flow: FlowSettings, plate: FrameSequence) -> FrameSequence | None:
    """Where motion vectors are read: the plate, an EXR sequence named as the flow source, or nowhere."""
    if flow.source == "vectors":
        return plate
    if flow.is_exr_pattern:
        return FrameSequence.parse(flow.source)
    return None


def flow_files(
    flow: FlowSettings, plate: FrameSequence, frames: FrameRange
) -> Iterator[tuple[FrameSequence, FrameRange]]:
    """The sequences beside the plate that motion is read from, and which of their frames.

    Raises:
        SettingsError: a pattern is malformed.
    """
    vectors = vectors_sequence(flow, plate)
    if vectors is not None and vectors != plate:
        yield vectors, frames
    elif flow.is_pattern and len(frames) > 1:
        yield FrameSequence.parse(flow.source), FrameRange(frames.first + 1, frames.last)
        if flow.forward is not None:
            yield FrameSequence.parse(flow.forward), FrameRange(frames.first, frames.last - 1)


def check_vectors(flow: FlowSettings, plate: FrameSequence, frame: int, header: Header, layer: str | None) -> None:
    """Check that a frame, or the file that holds its motion, has the motion vectors that are needed.

    Raises:
        InputError: it has not.
    """
    vectors = vectors_sequence(flow, plate)
    if vectors is None or not vectors.path(frame).exists():
        return
    path = vectors.path(frame)
    names = names_in_view(header, layer) if vectors == plate else read_header(path).channel_names
    vector_layer(flow, names, path)

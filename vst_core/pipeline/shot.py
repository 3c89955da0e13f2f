"""A shot made ready: settings turned into files that exist, a network that is loaded and a style that is prepared.

Each part is a function that raises the first thing wrong with it, so that ``render`` stops at one complaint and ``check``
collects them all.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from vst_core import weights
from vst_core.color import DisplayTransform, resolve_color_space, style_to_display
from vst_core.device import Device, resolve_device
from vst_core.errors import OutputError, SettingsError
from vst_core.features import Features
from vst_core.flow import MotionFinder
from vst_core.frame_io import read_frame, read_header
from vst_core.frames import FrameRange
from vst_core.methods import METHODS, Method
from vst_core.pipeline.plate import PlateReader
from vst_core.pipeline.state import StateStore
from vst_core.sequence import FrameSequence
from vst_core.settings import FlowSettings, RenderSettings

SCENE_LINEAR = "lin_rec709_scene"


@dataclass(frozen=True, slots=True)
class Sequences:
    """The files of a shot.

    Attributes:
        frames: what is rendered.
        plate: the input.
        output: the result.
        vectors: where motion vectors are read; None where the flow source needs none.
    """

    frames: FrameRange
    plate: FrameSequence
    output: FrameSequence
    vectors: FrameSequence | None


@dataclass(frozen=True, slots=True)
class Shot:
    """Everything a render needs, ready."""

    settings: RenderSettings
    sequences: Sequences
    reader: PlateReader
    transform: DisplayTransform
    motion: MotionFinder
    method: Method
    device: Device
    fingerprint: str
    states: StateStore


def open_shot(settings: RenderSettings) -> Shot:
    """Make a shot ready.

    Raises:
        VstError: the first thing that is wrong.
    """
    sequences = open_sequences(settings)
    check_frames(settings, sequences)
    check_output(sequences)
    transform = open_transform(settings, sequences)
    styles = read_styles(settings)
    device = resolve_device(settings.device, settings.precision, settings.threads)
    loaded = weights.load(settings.features, settings.weights)
    options = settings.optimization
    features = Features(
        settings.features,
        loaded,
        list(dict.fromkeys((*options.content_layers, *options.style_layers))),
        dtype=device.dtype,
        device=device.torch_device,
    )
    method = METHODS[settings.method](options, features)
    method.prepare([style.to(device.torch_device) for style in styles], settings.style.blend, settings.style.scale)
    output = sequences.output
    return Shot(
        settings=settings,
        sequences=sequences,
        reader=PlateReader(sequences.plate, settings.layer, transform, settings.flow, sequences.vectors),
        transform=transform,
        motion=open_motion(settings.flow, device),
        method=method,
        device=device,
        fingerprint=settings.fingerprint(
            first=str(sequences.frames.first),
            weights=loaded.sha256,
            device=str(device),
            color_space=transform.color_space,
            styles=" ".join(weights.file_sha256(path) for path in settings.style.images),
        ),
        states=StateStore(output.folder / f".{output.prefix.rstrip('._- ') or 'shot'}.vst"),
    )


def open_sequences(settings: RenderSettings) -> Sequences:
    """Find the plate, its frames, and where results go.

    Raises:
        InputError: the plate, or frames of it, are missing.
        SettingsError: a pattern is malformed, or plate and output are the same files.
    """
    plate = FrameSequence.parse(settings.plate)
    plate.check_input()
    present = plate.frames_on_disk()
    frames = settings.frames or FrameRange(present[0], present[-1])
    output = FrameSequence.parse(settings.output.pattern)
    output.check_output(frames)
    if any(output.path(frame).resolve() == plate.path(frame).resolve() for frame in frames):
        raise SettingsError("output and plate are the same files", where=output.pattern, remedy="name another output")
    return Sequences(frames, plate, output, vectors_sequence(settings.flow, plate))


def check_frames(settings: RenderSettings, sequences: Sequences) -> None:
    """Check that no frame of the plate, or of the motion that is read from files, is missing.

    Raises:
        InputError: naming those that are.
    """
    frames = sequences.frames
    sequences.plate.check_input(frames)
    pairs = FrameRange(frames.first + 1, frames.last) if len(frames) > 1 and settings.temporal else None
    if sequences.vectors is not None and sequences.vectors != sequences.plate:
        sequences.vectors.check_input(frames)
    elif pairs and settings.flow.is_pattern:
        FrameSequence.parse(settings.flow.source).check_input(pairs)
        if settings.flow.forward is not None:
            FrameSequence.parse(settings.flow.forward).check_input(FrameRange(frames.first, frames.last - 1))


def vectors_sequence(flow: FlowSettings, plate: FrameSequence) -> FrameSequence | None:
    """Where motion vectors are read: the plate, an EXR sequence named as the flow source, or nowhere."""
    if flow.source == "vectors":
        return plate
    if flow.is_pattern and flow.source.lower().endswith(".exr"):
        return FrameSequence.parse(flow.source)
    return None


def check_output(sequences: Sequences) -> None:
    """Check that results can be written, without writing anything.

    Raises:
        SettingsError: the output is not EXR.
        OutputError: the folder cannot be made or written to.
    """
    if sequences.output.suffix.lower().rpartition(".")[2] != "exr":
        raise SettingsError("only EXR is written", where=sequences.output.pattern, remedy="name the output .exr")
    folder = sequences.output.folder.absolute()
    existing = next(parent for parent in (folder, *folder.parents) if parent.exists())
    if not existing.is_dir():
        raise OutputError("is a file, not a folder", where=existing, remedy="name another output folder")
    if not os.access(existing, os.W_OK | os.X_OK):
        raise OutputError("cannot be written to", where=existing, remedy="change its permissions or name another folder")


def open_transform(settings: RenderSettings, sequences: Sequences) -> DisplayTransform:
    """The colour transform of the plate, decided by its first frame. Plates that are no EXR come out scene-linear Rec.709.

    Raises:
        InputError: the frame's header cannot be read, or ``$OCIO`` cannot.
        SettingsError: the colour space is unknown.
    """
    header = read_header(sequences.plate.path(sequences.frames.first))
    space = resolve_color_space(header, settings.color_space)
    return DisplayTransform(space, output_space=None if header.file_format == "openexr" else SCENE_LINEAR)


def read_styles(settings: RenderSettings) -> list[Tensor]:
    """The style images, (1, 3, h, w) each, display [0, 1].

    Raises:
        InputError: one is no image.
    """
    return [_read_style(path, settings.style_color_space) for path in settings.style.images]


def _read_style(path: Path, color_space: str | None) -> Tensor:
    frame = read_frame(path)
    return style_to_display(frame.color, resolve_color_space(read_header(path), color_space))


def open_motion(flow: FlowSettings, device: Device) -> MotionFinder:
    """What finds the motion between two frames.

    Raises:
        ModelError: RAFT has no weights.
        SettingsError: a pattern is malformed.
    """
    if not flow.is_pattern:
        return MotionFinder(flow.source, raft_weights=flow.raft_weights, device=device.torch_device)
    if flow.source.lower().endswith(".exr"):
        return MotionFinder("vectors")
    backward = FrameSequence.parse(flow.source)
    forward = None if flow.forward is None else FrameSequence.parse(flow.forward)
    return MotionFinder("files", backward=backward.path, forward=None if forward is None else forward.path)

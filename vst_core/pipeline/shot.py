"""A shot made ready: settings turned into files that exist, a network that is loaded and a style that is prepared.

Each part is a function that raises the first thing wrong with it, so that ``render`` stops at one complaint and
``check`` collects them all.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch

from vst_core import weights
from vst_core.color import DisplayTransform, resolve_color_space
from vst_core.device import Device
from vst_core.errors import SettingsError
from vst_core.flow import MotionFinder
from vst_core.frame_io import Header, check_frame_compression, names_in_view, read_header
from vst_core.frames import FrameRange
from vst_core.methods import Method
from vst_core.pipeline.cache import RenderCache, Slot
from vst_core.pipeline.destination import check_output, check_space
from vst_core.pipeline.footage import Footage
from vst_core.pipeline.keep_color import ColorKeeper, open_keep_color
from vst_core.pipeline.manifest import Asset, asset
from vst_core.pipeline.method import (
    LoadedMethod,
    open_device,
    open_method,
    prepare_style,
    style_images,
)
from vst_core.pipeline.plate import PlateReader, named_frame, vector_layer
from vst_core.pipeline.span import Span, span_of
from vst_core.pipeline.state_store import StateStore
from vst_core.sequence import FrameSequence
from vst_core.settings import FlowSettings, RenderSettings

_SCENE_LINEAR = "lin_rec709_scene"


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


@dataclass(frozen=True, slots=True)
class Shot:
    """Everything a render needs, ready."""

    settings: RenderSettings
    sequences: Sequences
    footage: Footage
    transform: DisplayTransform
    method: Method
    keep_color: ColorKeeper
    device: Device
    weights: tuple[Asset, ...]
    styles: tuple[Asset, ...]
    fingerprint: str
    states: StateStore

    @property
    def lags(self) -> tuple[int, ...]:
        """How many frames back earlier results are looked at; none where each frame is stylised on its own."""
        return self.settings.used_lags


def open_shot(settings: RenderSettings, cache: RenderCache | None = None) -> Shot:
    """Make a shot ready.

    Args:
        settings: the shot.
        cache: what earlier renders left, and takes what this one leaves.

    Raises:
        VstError: the first thing that is wrong.
    """
    cache = cache or RenderCache()
    sequences, flow = open_sequences(settings), used_flow(settings)
    first = sequences.span.first
    check_frames(flow, sequences.plate, sequences.span.needed)
    check_cuts(settings, sequences.span.shot)
    check_lags(settings, sequences.span.shot)
    check_output(sequences.frames, sequences.plate, sequences.output)
    check_space(settings, sequences.frames, sequences.plate, sequences.output)
    with named_frame(first):
        header = read_header(sequences.plate.path(first))
        check_frame_compression(header, settings.layer, settings.output.layers_compression)
        check_vectors(flow, sequences.plate, first, header, settings.layer)
    transform = open_transform(header, settings.color_space)
    reader = PlateReader(sequences.plate, settings.layer, transform, flow, sequences.vectors, settings.scale)
    loaded = open_method(settings, open_device(settings), cache)
    prepare_style(settings, loaded)
    keep_color = open_keep_color(settings, loaded.method, lambda: reader.read(sequences.span.shot.first))
    mark = fingerprint(settings, sequences.span, transform, loaded)
    motion = open_motion(flow, loaded.device.torch_device)
    return Shot(
        settings=settings,
        sequences=sequences,
        footage=open_footage(settings, sequences, flow, reader, motion, cache.footage, mark),
        transform=transform,
        method=loaded.method,
        keep_color=keep_color,
        device=loaded.device,
        weights=networks_used(settings, loaded),
        styles=style_assets(settings),
        fingerprint=mark,
        states=open_states(settings, sequences.span, sequences.output, mark),
    )


def open_footage(
    settings: RenderSettings,
    sequences: Sequences,
    flow: FlowSettings,
    reader: PlateReader,
    motion: MotionFinder,
    kept: Slot,
    fingerprint: str,
) -> Footage:
    """The footage of a shot. A chunk that goes on from another takes what that one saw, if the files are the same."""
    plate, shown = sequences.plate, FrameRange(sequences.span.first, sequences.span.shot.last)
    files = [plate, *(files for files, _ in flow_files(flow, plate, shown))]
    cuts = None if settings.cuts == "auto" else settings.cut_frames

    def make() -> Footage:
        return Footage(reader, motion, flow, shown, cuts, files)

    if settings.chunk is None or settings.stands_alone:
        kept.clear()
        return make()
    return kept.keep(make, fingerprint, shown, *files, still_good=Footage.is_current)


def open_states(settings: RenderSettings, span: Span, output: FrameSequence, fingerprint: str) -> StateStore:
    """Where a render keeps its states."""
    lookback = max(settings.used_lags, default=0)
    return StateStore(output, fingerprint, span.frames, lookback, alone=settings.stands_alone)


def used_flow(settings: RenderSettings) -> FlowSettings:
    """The flow settings, or those of no motion where every frame is stylised on its own."""
    return settings.flow if settings.temporal else FlowSettings(source="none")


def raft_weights(flow: FlowSettings) -> Path | None:
    """The file that RAFT is loaded from: the one that is named, or one among the weights; None for other motion."""
    if flow.source != "raft":
        return None
    found = weights.find("raft")
    return flow.raft_weights or (None if found is None else found[1])


def fingerprint(settings: RenderSettings, span: Span, transform: DisplayTransform, loaded: LoadedMethod) -> str:
    """SHA-256 over everything that decides a shot's pixels: settings, first frame, weights, styles, device, threads."""
    # A draft starts later than its shot, whose first frame decides about colours all the same.
    starts = {span.first} if settings.keep_color == "off" else {span.first, span.shot.first}
    # What follows says by content what these say by name, and a farm knows the same files by other paths.
    images = style_assets(settings)
    style = settings.style.model_copy(update={"styles": ()}) if images else settings.style
    plate, motion = Path(settings.plate).name, Path(settings.flow.source).name
    forward = settings.flow.forward and Path(settings.flow.forward).name
    flow = settings.flow.model_copy(update={"source": motion, "forward": forward, "raft_weights": None})
    named_by_content = {"plate": plate, "flow": flow, "style": style, "weights": None, "network": "", "threads": 0}
    named_by_content["lags"] = settings.used_lags
    # A pass that goes backward begins where the shot ends.
    whole = {"shot": str(span.shot)} if settings.passes > 1 else {}
    return settings.model_copy(update=named_by_content).fingerprint(
        **whole,
        first=" ".join(map(str, sorted(starts))),
        weights=" ".join(each.sha256 for each in networks_used(settings, loaded)),
        device=str(loaded.device),
        color_space=transform.color_space,
        styles=" ".join(image.sha256 for image in images),
    )


def networks_used(settings: RenderSettings, loaded: LoadedMethod) -> tuple[Asset, ...]:
    """The weights that a render is made with: the method's, and those of its motion.

    Raises:
        ModelError: they cannot be read.
    """
    motion = raft_weights(used_flow(settings))
    return (loaded.weights,) if motion is None else (loaded.weights, asset(motion, weights.prove(motion)))


def style_assets(settings: RenderSettings) -> tuple[Asset, ...]:
    """The style images of a render, each with its hash.

    Raises:
        ModelError: one cannot be read.
    """
    return tuple(asset(path, weights.file_sha256(path)) for path in style_images(settings))


def check_cuts(settings: RenderSettings, frames: FrameRange) -> None:
    """Check that the cuts that are named lie within the shot, after its first frame.

    Raises:
        SettingsError: naming one that does not.
    """
    for cut in settings.cut_frames:
        if not frames.first < cut <= frames.last:
            raise SettingsError(
                f"frame {cut} cannot begin another shot in frames {frames}",
                where="cuts",
                remedy=f"give frames from {frames.first + 1} to {frames.last}",
            )


def check_lags(settings: RenderSettings, frames: FrameRange) -> None:
    """Check that the lags that are named fit the shot. A frame by itself has nothing before it, and needs none.

    Raises:
        SettingsError: naming one that does not.
    """
    farthest = max(settings.lags or (1,))
    if 1 < len(frames) <= farthest:
        raise SettingsError(
            f"a lag of {farthest} does not fit a shot of {len(frames)} frames",
            where="lags",
            remedy=f"give lags from 1 to {len(frames) - 1}",
        )


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
    """
    sequence.check_input()
    present = sequence.frames_on_disk()
    return frames or FrameRange(present[0], present[-1])


def check_frames(flow: FlowSettings, plate: FrameSequence, frames: FrameRange) -> None:
    """Check that no frame of a plate, or of the motion that is read from files, is missing.

    Raises:
        InputError: naming those that are.
    """
    plate.check_input(frames)
    for files, needed in flow_files(flow, plate, frames):
        files.check_input(needed)


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


def vectors_sequence(flow: FlowSettings, plate: FrameSequence) -> FrameSequence | None:
    """Where motion vectors are read: the plate, an EXR sequence named as the flow source, or nowhere."""
    if flow.source == "vectors":
        return plate
    if flow.is_pattern and flow.source.lower().endswith(".exr"):
        return FrameSequence.parse(flow.source)
    return None


def open_transform(header: Header, color_space: str | None) -> DisplayTransform:
    """The colour transform of a shot, decided by one header. What is no EXR comes out scene-linear Rec.709.

    Raises:
        InputError: ``$OCIO`` cannot be read, or the file names a space that it does not know.
        SettingsError: ``color_space`` is unknown.
    """
    space = resolve_color_space(header, color_space)
    return DisplayTransform(space, output_space=None if header.file_format == "openexr" else _SCENE_LINEAR)


def open_motion(flow: FlowSettings, device: torch.device | str = "cpu") -> MotionFinder:
    """What finds the motion between two frames.

    Raises:
        ModelError: RAFT has no weights.
        SettingsError: a pattern is malformed.
    """
    if not flow.is_pattern:
        return MotionFinder(flow.source, raft_weights=raft_weights(flow), device=device)
    if flow.source.lower().endswith(".exr"):
        return MotionFinder("vectors")
    backward = FrameSequence.parse(flow.source)
    forward = None if flow.forward is None else FrameSequence.parse(flow.forward)
    return MotionFinder("files", backward=backward.path, forward=None if forward is None else forward.path)

"""A shot made ready: settings turned into files that exist, a network that is loaded and a style that is prepared.

Each part is opened by a function that raises the first thing wrong with it, so that ``render`` stops at one complaint
and ``check`` collects them all.
"""

from __future__ import annotations

from dataclasses import dataclass

from vst_core.color import DisplayTransform
from vst_core.device import Device
from vst_core.flow import MotionFinder
from vst_core.frame_io import check_frame_compression, display_window, read_header
from vst_core.frames import FrameRange
from vst_core.methods import Method
from vst_core.pipeline.cache import RenderCache, Slot
from vst_core.pipeline.destination import check_output, check_space
from vst_core.pipeline.fingerprint import fingerprint, networks_used, style_assets
from vst_core.pipeline.footage import Footage
from vst_core.pipeline.keep_color import ColorKeeper, open_keep_color
from vst_core.pipeline.manifest import Asset
from vst_core.pipeline.method import open_device, open_method, prepare_style
from vst_core.pipeline.mix import Mix, mixed_files
from vst_core.pipeline.motion_source import check_vectors, flow_files, open_motion, used_flow
from vst_core.pipeline.plate import PlateReader, named_frame, open_transform
from vst_core.pipeline.sequences import Sequences, check_frames, open_sequences
from vst_core.pipeline.span import Span, check_cuts, check_lags
from vst_core.pipeline.state_store import StateStore
from vst_core.sequence import FrameSequence
from vst_core.settings import FlowSettings, RenderSettings


@dataclass(frozen=True, slots=True)
class Shot:
    """Everything a render needs, ready."""

    settings: RenderSettings
    sequences: Sequences
    footage: Footage
    transform: DisplayTransform
    method: Method
    keep_color: ColorKeeper
    mix: Mix
    device: Device
    weights: tuple[Asset, ...]
    styles: tuple[Asset, ...]
    fingerprint: str
    states: StateStore
    pixel_aspect: float

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
    beside = mixed_files(settings)
    for files in beside:
        files.check(sequences.frames)
    check_cuts(settings, sequences.span.shot)
    check_lags(settings, sequences.span.shot)
    check_output(sequences.frames, sequences.plate, sequences.output, *beside)
    check_space(settings, sequences.frames, sequences.plate, sequences.output)
    with named_frame(first):
        header = read_header(sequences.plate.path(first))
        check_frame_compression(header, settings.layer, settings.output.layers_compression)
        check_vectors(flow, sequences.plate, first, header, settings.layer)
    transform = open_transform(header, settings.color_space)
    mix = Mix(settings, sequences.plate, transform)
    mix.check(sequences.frames, sequences.span.shot, header)
    # A render that goes on, or a chunk, begins to read further on, and would take another size there for the shot's.
    size = display_window(header, settings.layer)
    reader = PlateReader(sequences.plate, settings.layer, transform, flow, sequences.vectors, settings.scale, size)
    loaded = open_method(settings, open_device(settings), cache)
    prepare_style(settings, loaded)
    keep_color = open_keep_color(settings, loaded.method, lambda: reader.read(sequences.span.shot.first))
    mark = fingerprint(settings, sequences.span, transform, loaded, header.pixel_aspect)
    motion = open_motion(flow, loaded.device.torch_device)
    return Shot(
        settings=settings,
        sequences=sequences,
        footage=open_footage(settings, sequences, flow, reader, motion, cache.footage, mark),
        transform=transform,
        method=loaded.method,
        keep_color=keep_color,
        mix=mix,
        device=loaded.device,
        weights=networks_used(settings, loaded),
        styles=style_assets(settings),
        fingerprint=mark,
        states=open_states(settings, sequences.span, sequences.output, mark),
        pixel_aspect=header.pixel_aspect,
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
        # An optimisation follows the edges of the frame itself, and flickers more with what another one had there.
        painted = settings.scale if settings.method == "feedforward" else None
        return Footage(reader, motion, flow, shown, cuts, files, painted=painted)

    if settings.chunk is None or settings.stands_alone:
        kept.clear()
        return make()
    return kept.keep(make, fingerprint, shown, *files, still_good=Footage.is_current)


def open_states(settings: RenderSettings, span: Span, output: FrameSequence, fingerprint: str) -> StateStore:
    """Where a render keeps its states."""
    lookback = max(settings.used_lags, default=0)
    return StateStore(output, fingerprint, span.frames, lookback, alone=settings.stands_alone)

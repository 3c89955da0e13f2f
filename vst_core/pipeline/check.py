"""The dry run: every complaint at once, nothing written."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from vst_core.device import resolve_device
from vst_core.errors import ModelError, VstError
from vst_core.frame_io import Header, check_frame_compression, display_window, read_header
from vst_core.frames import FrameRange
from vst_core.methods import read_style
from vst_core.pipeline.cache import RenderCache
from vst_core.pipeline.destination import check_output, check_space
from vst_core.pipeline.fingerprint import fingerprint
from vst_core.pipeline.foreign import refuse_foreign
from vst_core.pipeline.method import open_device, open_method, style_images
from vst_core.pipeline.mix import Mix, mixed_files
from vst_core.pipeline.motion_source import check_vectors, flow_files, open_motion, used_flow
from vst_core.pipeline.plate import check_size, open_transform
from vst_core.pipeline.resume import past_before
from vst_core.pipeline.sequences import plate_frames
from vst_core.pipeline.shot import open_states
from vst_core.pipeline.span import check_cuts, check_lags, span_of
from vst_core.sequence import FrameSequence, spell_frames
from vst_core.settings import RenderSettings


def check_shot(settings: RenderSettings, cache: RenderCache | None = None, *, here: bool = True) -> list[VstError]:
    """Look for everything that would stop a render, without rendering or writing anything.

    Looked at are missing and unreadable frames, changed sizes, absent colour and vector channels, colour spaces, style
    images, weights, device and output. Pixels of the plate are not decoded: damage in the middle of a frame shows only
    in the render.

    Args:
        settings: the shot.
        cache: has the network of an earlier check, and keeps this one's for a later one.
        here: whether it will be rendered on this machine; else its device need not be here.

    Returns:
        The complaints, those on the plate first; empty if there are none. What several frames have is one complaint.
    """
    complaints: list[VstError] = []

    @contextmanager
    def collect() -> Iterator[None]:
        try:
            yield
        except VstError as error:
            complaints.append(error)

    span = output = header = transform = device = method = None
    mixes = False
    with collect():
        plate = FrameSequence.parse(settings.plate)
        span = span_of(settings, plate_frames(plate, settings.frames))
    with collect():
        output = FrameSequence.parse(settings.output.pattern)
    if span is not None:
        with collect():
            plate.check_input(span.needed)
        with collect():
            check_cuts(settings, span.shot)
        with collect():
            check_lags(settings, span.shot)
        header, bad = _check_headers(settings, plate, span.needed)
        complaints += bad
        with collect():
            for files, needed in flow_files(used_flow(settings), plate, span.needed):
                with collect():
                    files.check_input(needed)
        with collect():
            for beside in mixed_files(settings):
                beside.check(span.frames)
            mixes = True
    if header is not None:
        with collect():
            transform = open_transform(header, settings.color_space)
    if span is not None and header is not None and transform is not None and mixes:
        with collect():
            Mix(settings, plate, transform).check(span.frames, span.shot, header)
    styles = []
    for path in style_images(settings):
        with collect():
            styles.append(read_style(path, settings.style_color_space))
    with collect() if here else suppress(ModelError):
        device = open_device(settings)
    with collect():
        method = open_method(settings, device or resolve_device("cpu"), cache)
    with collect():
        open_motion(used_flow(settings))
    if span is not None and output is not None:
        with collect():
            check_output(span.frames, plate, output, *mixed_files(settings))
            with collect():
                check_space(settings, span.frames, plate, output)
            if header and transform and mixes and device and method and len(styles) == len(style_images(settings)):
                mark = fingerprint(settings, span, transform, method, header.pixel_aspect)
                with collect():
                    past_before(settings, span, open_states(settings, span, output, mark))
                if not settings.overwrite:
                    refuse_foreign(output, span.frames, mark, settings)
    return complaints


def _check_headers(
    settings: RenderSettings, plate: FrameSequence, frames: FrameRange
) -> tuple[Header | None, list[VstError]]:
    """The first header that can be read, and what the headers of the frames that are there give away."""
    first: Header | None = None
    found: dict[tuple[str, str], list[tuple[int, VstError]]] = {}
    for frame in frames:
        path = plate.path(frame)
        if not path.exists():
            continue  # missing frames are one complaint of their own
        try:
            header = read_header(path)
            first = first or header
            _check_header(settings, plate, frame, header, first)
        except VstError as error:
            found.setdefault((error.what, error.remedy), []).append((frame, error))
    return first, [_joined(alike) for alike in found.values()]


def _joined(alike: list[tuple[int, VstError]]) -> VstError:
    """One complaint for all frames that have it; the file is that of the first."""
    frames = [frame for frame, _ in alike]
    error = alike[0][1]
    where = f"frame{'s' if len(frames) > 1 else ''} {spell_frames(frames)}, {error.where}"
    return type(error)(error.what, where=where, remedy=error.remedy)


def _check_header(settings: RenderSettings, plate: FrameSequence, frame: int, header: Header, first: Header) -> None:
    check_frame_compression(header, settings.layer, settings.output.layers_compression)
    check_size(display_window(header, settings.layer), display_window(first, settings.layer), header.path)
    check_vectors(used_flow(settings), plate, frame, header, settings.layer)

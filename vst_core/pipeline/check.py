"""The dry run: every complaint at once, nothing written."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from vst_core.errors import InputError, VstError
from vst_core.frame_io import Header, color_channels, read_header
from vst_core.pipeline.plate import named_frame, vector_layer
from vst_core.pipeline.resume import refuse_foreign
from vst_core.pipeline.shot import (
    Sequences,
    check_frames,
    check_output,
    fingerprint,
    open_method,
    open_motion,
    open_sequences,
    open_transform,
    read_style,
)
from vst_core.settings import RenderSettings


def check_shot(settings: RenderSettings) -> list[VstError]:
    """Look for everything that would stop a render, without rendering or writing anything.

    Looked at are missing and unreadable frames, changed sizes, absent colour and vector channels, colour spaces, style
    images, weights, device and output. Pixels of the plate are not decoded: damage in the middle of a frame shows only
    in the render.

    Returns:
        The complaints, those on the plate first; empty if there are none.
    """
    complaints: list[VstError] = []

    @contextmanager
    def collect() -> Iterator[None]:
        try:
            yield
        except VstError as error:
            complaints.append(error)

    sequences = transform = method = None
    with collect():
        sequences = open_sequences(settings)
    if sequences is not None:
        with collect():
            check_frames(settings.flow, sequences.plate, sequences.frames)
        complaints += _headers(settings, sequences)
        with collect():
            check_output(sequences)
        with collect():
            header = read_header(sequences.plate.path(sequences.frames.first))
            transform = open_transform(header, settings.color_space)
    for path in settings.style.images:
        with collect():
            read_style(path, settings.style_color_space)
    with collect():
        method = open_method(settings)
    with collect():
        open_motion(settings.flow)
    if sequences and transform and method and not settings.overwrite:
        with collect():
            mark = fingerprint(settings, sequences, transform, method)
            refuse_foreign(sequences, sequences.frames, mark)
    return complaints


def _headers(settings: RenderSettings, sequences: Sequences) -> Iterator[VstError]:
    """What the headers of the frames that are there give away."""
    first: Header | None = None
    for frame in sequences.frames:
        path = sequences.plate.path(frame)
        if not path.exists():
            continue  # missing frames are one complaint of their own
        try:
            with named_frame(frame):
                header = read_header(path)
                first = first or header
                _check_header(settings, sequences, frame, header, first)
        except VstError as error:
            yield error


def _check_header(settings: RenderSettings, sequences: Sequences, frame: int, header: Header, first: Header) -> None:
    part = color_channels(header, settings.layer).part
    window, expected = header.parts[part].display_window, first.parts[part].display_window
    if (window.width, window.height) != (expected.width, expected.height):
        raise InputError(
            f"is {window.width}x{window.height}, but the shot is {expected.width}x{expected.height}",
            where=header.path,
            remedy="render the frame again at the shot's size",
        )
    if sequences.vectors is None:
        return
    path = sequences.vectors.path(frame)
    names = header.channel_names if sequences.vectors == sequences.plate else read_header(path).channel_names
    vector_layer(settings.flow, names, path)

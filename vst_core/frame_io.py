"""Frames from and to disk.

``read_frame`` keeps everything that a file holds, ``write_frame`` gives it all back with other colour, and no file has
its final name before it was read back and compared. The colour of a ``Frame`` is premultiplied, whatever the file says:
unassociated alpha of PNG and TIFF is multiplied in, in float, on reading.

What OpenImageIO loses on the way: thumbnails (which would show the plate), empty strings and types of its own among the
attributes, mip levels below full size.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray

from vst_core.atomic_file import copy_atomically, scratch_file
from vst_core.errors import InputError, OutputError, SettingsError
from vst_core.files.exr_file import LOSSLESS, channel_types, check_compression, part_header, write_parts
from vst_core.files.exr_verify import verify_parts
from vst_core.files.finite import first_not_finite
from vst_core.files.image_file import Header, ImageFile, PartHeader, open_image, read_header
from vst_core.files.layers import ColorLayer, PartChannels, choose_color_layer, view_channels
from vst_core.files.picture import picture_part, picture_windows, without_layers
from vst_core.image import FloatArray, Frame, Part, Window

__all__ = [
    "Header",
    "check_finite",
    "check_frame_compression",
    "color_channels",
    "display_window",
    "find_channel",
    "names_in_file",
    "names_in_view",
    "read_channels",
    "read_frame",
    "read_header",
    "without_layers",
    "write_frame",
]

HALF_MAX = 65504.0
"""The largest finite half float."""


def read_frame(path: str | Path, *, layer: str | None = None) -> Frame:
    """Read all parts and all channels of a frame.

    EXR values are bit for bit those of the file. Pictures of other formats become one part of R, G, B and, where there
    is alpha, A; integers become [0, 1], grey becomes three equal channels, and the part's header is that of a new half
    float EXR.

    Args:
        path: an image of any format that OpenImageIO reads; style images too.
        layer: the layer, part or view whose colour is the frame's colour; None takes the likeliest (``layers``).

    Raises:
        InputError: the file cannot be read whole, has no such colour, or its colour or alpha has NaN or infinity.
    """
    with open_image(Path(path)) as file:
        frame = _read_exr(file, layer) if file.header.file_format == "openexr" else _read_picture(file)
    check_finite(frame)
    return frame


def read_channels(path: str | Path, names: Sequence[str]) -> FloatArray:
    """Read a few channels by name, decoding no more parts and channels than needed.

    Args:
        path: an image; of several channels of one name, the one in the first part is meant.
        names: the channels, for example ``("ViewLayer.Vector.X", "ViewLayer.Vector.Y")``; see ``find_channel``.

    Returns:
        (H, W, len(names)) float32 over the data window, in the order asked for. NaN and infinity come as they are.

    Raises:
        InputError: the file cannot be read, or lacks a channel, or the channels cover different data windows.
    """
    with open_image(Path(path)) as file:
        found = [find_channel(file.header, name) for name in names]
        windows = {file.header.parts[part].data_window for part, _ in found}
        if len(windows) > 1:
            raise InputError(f"{', '.join(names)} cover different data windows", where=path)
        decoded = {}
        for part in {part for part, _ in found}:
            indices = [index for owner, index in found if owner == part]
            decoded[part] = (min(indices), file.read(part, min(indices), max(indices) + 1))
    planes = [decoded[part][1][index - decoded[part][0]] for part, index in found]
    return np.stack(planes, axis=-1).astype(np.float32, copy=False)


def find_channel(header: Header, name: str) -> tuple[int, int]:
    """The part that has a channel, and the channel's index within it.

    Args:
        header: of a file.
        name: as the file has it or, where a part is called like its layer, with the layer.

    Raises:
        InputError: there is none of that name.
    """
    for index, part in enumerate(header.parts):
        if name in part.channels:
            return index, part.channels.index(name)
    layered = view_channels(_all_channels(header), None)
    if name not in layered:
        listing = ", ".join(header.channel_names)
        raise InputError(f"has no channel {name!r}", where=header.path, remedy=f"its channels are {listing}")
    return layered[name]


def names_in_file(header: Header) -> tuple[str, ...]:
    """All channels of a file by the names that ``find_channel`` knows."""
    return tuple(dict.fromkeys((*header.channel_names, *view_channels(_all_channels(header), None))))


def color_channels(header: Header, layer: str | None = None) -> ColorLayer:
    """Which part and channels of a file are its colour: those of ``layer``, or the likeliest where it is None.

    Raises:
        InputError: there is no such layer, or no colour at all.
    """
    return choose_color_layer(_all_channels(header), layer, header.path)


def display_window(header: Header, layer: str | None = None) -> Window:
    """The picture size of a file, as ``Frame.display_window`` gives it.

    Raises:
        InputError: there is no such layer, or no colour at all.
    """
    if header.file_format != "openexr":
        return picture_windows(header.parts[0])[1]
    return header.parts[color_channels(header, layer).part].display_window


def names_in_view(header: Header, layer: str | None = None) -> tuple[str, ...]:
    """The channels of the view that the colour of a file shows, as ``Frame.view`` names them.

    Raises:
        InputError: there is no such layer, or no colour at all.
    """
    if header.file_format != "openexr":
        return header.channel_names
    return tuple(view_channels(_all_channels(header), color_channels(header, layer)))


def check_frame_compression(header: Header, layer: str | None, compression: str | None) -> None:
    """Check, before there is anything to write, that ``write_frame`` would take a compression for such frames.

    Raises:
        SettingsError: it is unknown, or would alter channels that are no colour.
        InputError: there is no such layer, or no colour at all.
    """
    if header.file_format == "openexr":
        color = color_channels(header, layer)
        _check_compression(header.parts[color.part].channels, {*color.color, color.alpha}, compression)


def check_finite(frame: Frame) -> None:
    """Check that the colour and its alpha are finite; other channels may hold what they like.

    Raises:
        InputError: naming the channel, how many pixels, and where the first one is.
    """
    part = frame.parts[frame.color_part]
    alpha = [] if frame.alpha_channel is None else [frame.alpha_channel]
    bad = _not_finite(part, [*frame.color_channels, *alpha])
    if bad:
        raise InputError(
            bad, where=frame.path, remedy="render the frame again, or replace the values before stylising it"
        )


def write_frame(
    path: str | Path,
    frame: Frame,
    *,
    attributes: Mapping[str, str | int | float],
    data_type: Literal["half", "float"] | None,
    compression: str | None,
    before_naming: Callable[[Path, int], object] = lambda *_: None,
) -> int:
    """Write a frame as EXR, verified: the file has its name only after it was read back and compared.

    All parts, channels, their types, tiles, windows and attributes are those of the frame. The file is made in memory,
    looked at there (``verify_parts``), and read back from the disk byte for byte.

    Args:
        path: the file, its extension ``.exr``; its folder must exist.
        frame: what to write. Colour beyond the half range is clamped to it where it is stored as half.
        attributes: metadata to add to the first part and to the part with the colour.
        data_type: storage type of the three colour channels; None keeps the plate's. No other channel changes type.
        compression: None keeps the plate's. A lossy one is for the colour's part only, and only where it holds nothing
            but colour and alpha.
        before_naming: called with the file, which was verified and has yet to get its name, and with what is returned.

    Returns:
        How many colour values were clamped to the half range.

    Raises:
        SettingsError: the extension or the compression is not possible, or an attribute fits no EXR header.
        OutputError: the colour is not finite, or the file could not be written and read back.
    """
    path = Path(path)
    if path.suffix.lower() != ".exr":
        raise SettingsError("only EXR can be written", where=path, remedy="end the output name in .exr")
    _check_compression(
        frame.parts[frame.color_part].channels, {*frame.color_channels, frame.alpha_channel}, compression
    )
    bad = _not_finite(frame.parts[frame.color_part], frame.color_channels)
    if bad:
        raise OutputError(bad, where=path, remedy="the stylisation failed on this frame")
    types = {} if data_type is None else dict.fromkeys(frame.color_channels, data_type)
    specs = []
    for index, part in enumerate(frame.parts):
        own = index == frame.color_part
        specs.append(
            part_header(
                part,
                types=types if own else {},
                compression=compression if own or compression in LOSSLESS else None,
                attributes=attributes if own or index == 0 else {},
            )
        )
    color, clamped = _clamp_color(frame, channel_types(specs[frame.color_part]))
    planes = [color if index == frame.color_part else part.planes for index, part in enumerate(frame.parts)]

    with scratch_file(path) as made:
        write_parts(made, specs, planes, final=path)
        verify_parts(made, specs, planes, final=path)
        copy_atomically(made, path, lambda temporary: before_naming(temporary, clamped))
    return clamped


def _read_exr(file: ImageFile, layer: str | None) -> Frame:
    headers = file.header.parts
    chosen = color_channels(file.header, layer)
    parts = tuple(
        Part(header.name, header.channels, file.read(index), header.data_window, header.display_window, header.spec)
        for index, header in enumerate(headers)
    )
    metadata = headers[chosen.part].metadata
    view = view_channels(_all_channels(file.header), chosen)
    return Frame(parts, chosen.part, chosen.color, chosen.alpha, metadata, file.header.path, view)


def _read_picture(file: ImageFile) -> Frame:
    part = picture_part(file.header.parts[0], file.read(0))
    alpha = part.channels.index("A") if "A" in part.channels else None
    view = {name: (0, index) for index, name in enumerate(part.channels)}
    return Frame((part,), 0, (0, 1, 2), alpha, file.header.metadata, file.header.path, view)


def _all_channels(header: Header) -> list[PartChannels]:
    return [_part_channels(part) for part in header.parts]


def _part_channels(header: PartHeader) -> PartChannels:
    views = header.metadata.get("view") or header.metadata.get("multiView") or ""
    first, *others = [views] if isinstance(views, str) else views
    return PartChannels(header.channels, header.name, first, tuple(others))


def _not_finite(part: Part, channels: Sequence[int]) -> str:
    """What is wrong with some channels of a part, or an empty string."""
    bad = first_not_finite(part.planes, channels)
    if bad is None:
        return ""
    at = f"({bad.column + part.data_window.x}, {bad.row + part.data_window.y})"
    return f"channel {part.channels[bad.channel]} has {bad.pixels} pixels of NaN or infinity, the first at {at}"


def _check_compression(channels: Sequence[str], picture: set[int | None], compression: str | None) -> None:
    if compression is None:
        return
    check_compression(compression)
    others = [name for index, name in enumerate(channels) if index not in picture]
    if compression not in LOSSLESS and others:
        raise SettingsError(
            f"{compression} would alter {', '.join(others)}, which share a part with the colour",
            where="compression",
            remedy=f"choose one of {', '.join(LOSSLESS)}",
        )


def _clamp_color(frame: Frame, types: Sequence[str]) -> tuple[tuple[NDArray[Any], ...], int]:
    """The colour part's planes, half colour as half and clamped to its range, and how many values that changed."""
    planes, clamped = list(frame.parts[frame.color_part].planes), 0
    for channel in frame.color_channels:
        plane = planes[channel]
        if types[channel] == "half" and (plane.max() > HALF_MAX or plane.min() < -HALF_MAX):
            clamped += int(np.count_nonzero(np.abs(plane) > HALF_MAX))
            plane = np.clip(plane, -HALF_MAX, HALF_MAX)  # half itself silently makes infinity of it
        if types[channel] == "half":
            planes[channel] = torch.from_numpy(plane).half().numpy()  # ten times as fast as numpy's, to the same bits
    return tuple(planes), clamped

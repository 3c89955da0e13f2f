"""Writing OpenEXR files: header, types, compression and tiles as the plate had them, every return value checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import OpenImageIO as oiio  # noqa: N813  # OpenImageIO's own documentation imports it so
from numpy.typing import NDArray

from vst_core.errors import OutputError, SettingsError
from vst_core.files.exr_pixels import Planes, encoded
from vst_core.image import Part

LOSSLESS = ("none", "rle", "zips", "zip", "piz")
"""Compressions that give every channel back bit for bit."""

COMPRESSIONS = (*LOSSLESS, "pxr24", "b44", "b44a", "dwaa", "dwab")
"""Compressions that can be asked for; OpenImageIO silently takes zip for any other name."""

_LARGEST_MIXED_INTEGER = 2**24
_UINT_SCALE = 4294967295.0
# What the reader of EXR derives, and the writer would take for attributes of the user.
_DERIVED = (
    "openexr:chunkCount",
    "ResolutionUnit",
    "thumbnail_width",
    "thumbnail_height",
    "thumbnail_nchannels",
)


def check_compression(name: str) -> None:
    """Check a compression that a user asks for.

    Raises:
        SettingsError: OpenEXR does not know it.
    """
    if name not in COMPRESSIONS:
        raise SettingsError(
            f"unknown EXR compression {name!r}", where="compression", remedy=f"choose one of {', '.join(COMPRESSIONS)}"
        )


def part_header(
    part: Part,
    *,
    types: Mapping[int, str],
    compression: str | None,
    attributes: Mapping[str, str | int | float],
) -> oiio.ImageSpec:
    """The header of a part as it will be written: as it was read, but for what is given.

    Args:
        part: the part.
        types: storage types by channel index, where they are to differ from those read.
        compression: None keeps the one that was read.
        attributes: added, or put in place of those of the same name.

    Raises:
        SettingsError: EXR cannot hold one of the attributes.
    """
    spec: oiio.ImageSpec = part.header.copy()
    for name in _DERIVED:
        spec.erase_attribute(name)
    if spec.getattribute("colorInteropID") is None:
        spec.erase_attribute("oiio:ColorSpace")  # inherited from the first part; it would become a colorInteropID
    if spec.getattribute("textureformat") is not None:
        spec.attribute("openexr:levelmode", 0)  # only the full size was read, and a texture would get all levels
    if spec.getattribute("DateTime") is None:
        spec.attribute("DateTime", "")  # else the time of writing, and no two renders would be the same bytes
    if types:
        formats = [types.get(index, kind) for index, kind in enumerate(channel_types(spec))]
        spec.set_format("float" if len(set(formats)) > 1 else formats[0])
        spec.channelformats = tuple(formats) if len(set(formats)) > 1 else ()
    if compression is not None:
        spec.attribute("compression", compression)
    for name, value in attributes.items():
        try:
            spec.attribute(name, value)
        except (RuntimeError, TypeError) as error:
            raise SettingsError(f"EXR metadata cannot hold {value!r}", where=name) from error
    return spec


def channel_types(spec: oiio.ImageSpec) -> tuple[str, ...]:
    """Storage type of each channel: ``half``, ``float``, ``uint``."""
    return tuple(str(kind) for kind in spec.channelformats) or (str(spec.format),) * int(spec.nchannels)


def write_parts(path: Path, specs: Sequence[oiio.ImageSpec], planes: Sequence[Planes], *, final: Path) -> None:
    """Write an EXR file with a part for each header.

    OpenImageIO writes tiled parts only into files whose parts are all tiled; mixed files are written as scanlines.

    Args:
        path: the file to create.
        specs: the headers.
        planes: (H, W) of each channel of each part: float32, or uint32 where the channel is ``uint``.
        final: what to call the file in messages.

    Raises:
        OutputError: the file could not be written.
    """
    if len({spec.tile_width > 0 for spec in specs}) > 1:
        for spec in specs:
            spec.tile_width = spec.tile_height = 0
    output = oiio.ImageOutput.create("openexr")
    if output is None:
        raise OutputError(f"this OpenImageIO cannot write EXR ({oiio.geterror()})", where=final)
    try:
        succeeded = output.open(str(path), tuple(specs)) if len(specs) > 1 else output.open(str(path), specs[0])
        for index, (spec, channels) in enumerate(zip(specs, planes, strict=True)):
            succeeded = succeeded and (index == 0 or output.open(str(path), spec, "AppendSubimage"))
            succeeded = succeeded and _write_pixels(output, spec, channels, final)
        reason = output.geterror()
    finally:
        closed = output.close()
    reason = reason or output.geterror()
    if not (succeeded and closed) or reason:
        text = " ".join(reason.replace(str(path), str(final)).split()) or "no reason given"
        raise OutputError(f"cannot be written ({text})", where=final, remedy="check the free space and permissions")


def _write_pixels(output: oiio.ImageOutput, spec: oiio.ImageSpec, planes: Planes, final: Path) -> bool:
    """Write a part; a tiled one row by row of its tiles, up to the first that fails.

    OpenImageIO itself would go on after that, and OpenEXR waits for ever for a tile that never reached the disk.
    """
    if {plane.shape for plane in planes} != {(spec.height, spec.width)} or len(planes) != spec.nchannels:
        shapes = ", ".join(str(plane.shape) for plane in planes)
        raise OutputError(f"has pixels of shape {shapes} for a {spec.width}x{spec.height} window", where=final)
    if not spec.tile_height:
        with encoded(spec, planes, final=final) as source:
            return bool(output.copy_image(source))
    pixels = _interleaved(planes, spec, final)
    right, bottom = spec.x + spec.width, spec.y + spec.height
    for top in range(spec.y, bottom, spec.tile_height):
        end = min(top + spec.tile_height, bottom)
        if not output.write_tiles(spec.x, right, top, end, 0, 1, pixels[top - spec.y : end - spec.y]):
            return False
    return True


def _interleaved(planes: Planes, spec: oiio.ImageSpec, final: Path) -> NDArray[Any]:
    """(H, W, C) as OpenImageIO takes them: all of one type.

    Integers beside other channels pass through float32, which is exact up to 2**24 only.
    """
    if len({plane.dtype for plane in planes}) == 1:
        return np.stack(planes, -1)
    pixels = np.empty((*planes[0].shape, len(planes)), np.float32)
    for index, plane in enumerate(planes):
        integers = plane.dtype == np.uint32
        if integers and plane.max() > _LARGEST_MIXED_INTEGER:
            raise OutputError(
                f"integers above {_LARGEST_MIXED_INTEGER} in {spec.channelnames[index]} cannot be stored "
                "unchanged in tiles beside other channels",
                where=final,
                remedy="render them as 32-bit float, into a separate part, or as scanlines",
            )
        pixels[..., index] = plane / _UINT_SCALE if integers else plane
    return pixels

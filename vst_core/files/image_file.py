"""Opening image files and reading their headers and pixels, with every failure as one line that names the file.

All reading of images goes through here. A truncated file opens and fails in the middle of reading, a corrupt header can
fail while its error message is decoded, and an absurd size is refused before memory is asked for.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import OpenImageIO as oiio  # noqa: N813  # OpenImageIO's own documentation imports it so
from numpy.typing import NDArray

from vst_core.errors import InputError
from vst_core.files.exr_decode import decoded
from vst_core.image import Window

_LARGEST_PART_MIB = 8192  # uncompressed: 8K with 60 float channels; a header that claims more is taken for corrupt
_BAND_ROWS = 64
_WIDEST_PIXEL = 4


@dataclass(frozen=True, slots=True)
class PartHeader:
    """What a file says about one of its parts.

    Attributes:
        name: the part's name, empty in single-part files.
        channels: channel names in the order of the pixels.
        formats: storage type of each channel: ``half``, ``float``, ``uint``, ``uint8``, ...
        data_window: the rectangle that has pixels.
        display_window: the rectangle that is the picture.
        metadata: attributes by name.
        spec: all of it as an ``OpenImageIO.ImageSpec``.
    """

    name: str
    channels: tuple[str, ...]
    formats: tuple[str, ...]
    data_window: Window
    display_window: Window
    metadata: Mapping[str, Any]
    spec: oiio.ImageSpec


@dataclass(frozen=True, slots=True)
class Header:
    """What a file says about itself.

    Attributes:
        path: where it was read.
        file_format: OpenImageIO's name of the format: ``openexr``, ``png``, ...
        parts: every part, in file order.
    """

    path: str
    file_format: str
    parts: tuple[PartHeader, ...]

    @property
    def channel_names(self) -> tuple[str, ...]:
        """Names of all channels over all parts, in file order."""
        return tuple(name for part in self.parts for name in part.channels)

    @property
    def metadata(self) -> Mapping[str, Any]:
        """Attributes of the first part by name."""
        return self.parts[0].metadata

    @property
    def pixel_aspect(self) -> float:
        """Width of a pixel relative to its height, as it is to be seen: 2 of an anamorphic plate, usually 1.

        All parts have the same. Values of formats that leave the field undefined are no aspects.
        """
        aspect = self.parts[0].spec.get_float_attribute("PixelAspectRatio", 1.0)
        return float(aspect) if 1 / _WIDEST_PIXEL <= aspect <= _WIDEST_PIXEL else 1.0


class ImageFile:
    """An open image file.

    Attributes:
        header: what the file says about itself.
    """

    def __init__(self, image: oiio.ImageInput, path: Path) -> None:
        self._image = image
        self._path = path
        self.header = Header(str(path), image.format_name(), tuple(self._parts()))

    def read(self, part: int, first: int = 0, last: int | None = None) -> tuple[NDArray[Any], ...]:
        """Decode the channels ``first`` to ``last`` (not included) of a part.

        Returns:
            (H, W) of each channel over the data window, bit for bit as stored. Half stays half in an EXR of one part
            and scanlines and is float32 otherwise; ``uint`` is uint32; 8 and 16 bit integers are [0, 1].

        Raises:
            InputError: the pixels are truncated or corrupt.
        """
        header = self.header.parts[part]
        last = len(header.channels) if last is None else last
        if self._has_scanlines_alone():
            channels = slice(first, last)
            found = decoded(self._path, header.spec, header.channels[channels], header.formats[channels])
            if found is not None:
                return tuple(found)
        shape = (header.spec.height, header.spec.width)
        planes: tuple[NDArray[Any], ...] = ()
        for row, band in self.bands(part, first, last):
            planes = planes or tuple(np.empty(shape, rows.dtype) for rows in band)
            for plane, rows in zip(planes, band, strict=True):
                plane[row : row + len(rows)] = rows
        return planes

    def bands(
        self, part: int, first: int = 0, last: int | None = None, *, ends: bool = False
    ) -> Iterator[tuple[int, tuple[NDArray[Any], ...]]]:
        """Decode a part a few rows at a time, which takes less memory and, for that reason, less time.

        Args:
            part: its number.
            first: of the channels.
            last: of the channels (not included).
            ends: only the rows at the top and at the bottom, and as few as the file lets be decoded.

        Yields:
            The first row, counted from the top of the data window, and from there the rows of each channel: float32, or
            uint32 for an EXR ``uint``, not contiguous.

        Raises:
            InputError: the pixels are truncated or corrupt.
        """
        header = self.header.parts[part]
        last = len(header.channels) if last is None else last
        if self.header.file_format != "openexr":
            pixels = self._decoded(self._image.read_image, part, 0, first, last, "float")
            yield 0, tuple(np.moveaxis(pixels, -1, 0))
            return
        least = header.spec.tile_height or header.spec.get_int_attribute("oiio:RowsPerChunk", 1)
        height, step = header.spec.height, least if ends else max(_BAND_ROWS, least)
        starts = range(0, height, step)
        for row in sorted({starts[0], starts[-1]}) if ends else starts:
            yield row, self._rows(part, row, min(row + step, height), first, last)

    def _has_scanlines_alone(self) -> bool:
        first, *others = self.header.parts
        return self.header.file_format == "openexr" and not others and not first.spec.tile_width

    def _rows(self, part: int, row: int, end: int, first: int, last: int) -> tuple[NDArray[Any], ...]:
        """The rows ``row`` to ``end`` (not included) of an EXR file's channels; whole tiles, where it has such."""
        spec, formats = self.header.parts[part].spec, self.header.parts[part].formats

        def decode(begin: int, stop: int, kind: str) -> NDArray[Any]:
            top, bottom = spec.y + row, spec.y + end
            if spec.tile_width:
                area = spec.x, spec.x + spec.width, top, bottom, 0, 1
                pixels = self._decoded(self._image.read_tiles, part, 0, *area, begin, stop, kind)
            else:
                pixels = self._decoded(self._image.read_scanlines, part, 0, top, bottom, 0, begin, stop, kind)
            return pixels.reshape(end - row, spec.width, stop - begin)

        planes = list(np.moveaxis(decode(first, last, "float"), -1, 0))
        for index in range(first, last):
            if formats[index] == "uint":  # as float they come normalized to [0, 1] and rounded to 24 bits
                planes[index - first] = decode(index, index + 1, "uint")[..., 0]
        return tuple(planes)

    def _decoded(self, decode: Callable[..., NDArray[Any] | None], *arguments: object) -> NDArray[Any]:
        with _one_line_errors(self._path):
            pixels = decode(*arguments)
            if not isinstance(pixels, np.ndarray):
                raise _unreadable(self._path, self._image.geterror())
        return pixels

    def _parts(self) -> Iterator[PartHeader]:
        count = 1
        if self._image.format_name() == "openexr":  # subimages of other formats are pages and thumbnails
            count = self._image.spec(0).get_int_attribute("oiio:subimages", 1)
        for index in range(count):
            spec = self._image.spec(index)
            if spec.width <= 0 or spec.height <= 0 or spec.nchannels <= 0:
                raise _unreadable(self._path, self._image.geterror() or f"part {index} has no pixels")
            if spec.deep:
                raise InputError(
                    "holds deep samples, which cannot be stylised", where=self._path, remedy="flatten it first"
                )
            yield _part_header(spec)


@contextlib.contextmanager
def open_image(path: Path) -> Iterator[ImageFile]:
    """Open an image of any format that OpenImageIO knows; alpha is left as the file has it.

    Raises:
        InputError: the file is missing, empty, truncated, corrupt, deep, absurdly large or no image.
    """
    _set_limits()
    if not path.is_file():
        raise InputError("is a folder" if path.is_dir() else "no such file", where=path)
    try:
        str(path).encode()
    except UnicodeEncodeError:  # OpenImageIO takes no other name
        raise InputError("its name is not UTF-8", where=path, remedy="rename it") from None
    if path.stat().st_size == 0:
        raise InputError("is empty (0 bytes)", where=path, remedy="render or copy it again")
    as_stored = oiio.ImageSpec()
    # By default 8-bit colour is multiplied by its alpha in 8 bits, which cannot be undone.
    as_stored.attribute("oiio:UnassociatedAlpha", 1)
    with _one_line_errors(path):
        image = oiio.ImageInput.open(str(path), as_stored)
        if image is None:
            raise _unreadable(path, oiio.geterror())
    try:
        with _one_line_errors(path):
            file = ImageFile(image, path)
            if image.has_error:  # a corrupt attribute that the reader stepped over
                raise _unreadable(path, image.geterror())
        yield file
    finally:
        image.close()


def read_header(path: str | Path) -> Header:
    """Read what a file says about itself, without decoding a pixel.

    Raises:
        InputError: as ``open_image``.
    """
    with open_image(Path(path)) as file:
        return file.header


@cache
def _set_limits() -> None:
    """OpenImageIO's own limit is all the memory there is."""
    oiio.attribute("limits:imagesize_MB", _LARGEST_PART_MIB)


@contextlib.contextmanager
def _one_line_errors(path: Path) -> Iterator[None]:
    """The exceptions that OpenImageIO's binding lets through on broken files, as an InputError."""
    try:
        yield
    except UnicodeDecodeError as error:  # the file's own bytes, quoted in an error message
        raise _unreadable(path, "its header is corrupt") from error
    except (MemoryError, OverflowError) as error:
        raise _unreadable(path, "its size exceeds the memory") from error


def _unreadable(path: Path, reason: str) -> InputError:
    text = " ".join(reason.replace(str(path), "the file").split())[:200] or "unknown reason"
    if text.startswith("Subsampled"):
        what = "has channels of less than full resolution, which cannot be stylised"
        return InputError(what, where=path, remedy="write it as RGB first")
    return InputError(f"cannot be read ({text})", where=path, remedy="render or copy it again")


def _part_header(spec: oiio.ImageSpec) -> PartHeader:
    formats = tuple(str(kind) for kind in spec.channelformats) or (str(spec.format),) * spec.nchannels
    return PartHeader(
        name=spec.get_string_attribute("oiio:subimagename"),
        channels=tuple(spec.channelnames),
        formats=formats,
        data_window=Window(spec.x, spec.y, spec.width, spec.height),
        display_window=Window(spec.full_x, spec.full_y, spec.full_width, spec.full_height),
        metadata={item.name: item.value for item in spec.extra_attribs},
        spec=spec,
    )

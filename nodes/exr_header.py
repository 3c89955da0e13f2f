"""Whether an EXR file is whole, told from its header and its table of offsets, without decoding a pixel.

Hosts may show a frame that they cannot read as black, and say nothing. The layout of the file is that of the OpenEXR
file format's documentation.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from .errors import WorkerError

_MAGIC = 20000630
_MULTIPART = 0x1000
_LINES = {0: 1, 1: 1, 2: 1, 3: 16, 4: 32, 5: 16, 6: 32, 7: 32, 8: 32, 9: 256}  # of a chunk, by compression
_LONGEST = 1 << 24


@dataclass(frozen=True)
class ExrHeader:
    """What is known of a file that is whole.

    Attributes:
        width: of the picture, in pixels.
        height: of the picture.
        color_space: its ``colorInteropID``; empty where it has none.
    """

    width: int
    height: int
    color_space: str


def check_exr(path: Path) -> ExrHeader:
    """Read the header and see that every chunk lies within the file.

    Raises:
        WorkerError: the file is missing, is no EXR or was cut off.
    """
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            return _check(file, size)
    except OSError as error:
        raise WorkerError(f"{path} cannot be read ({error.strerror})") from None
    except (struct.error, ValueError, ArithmeticError, LookupError):
        raise WorkerError(f"{path} is not a complete EXR file; delete it and stylise the shot again") from None


def is_whole(path: Path) -> bool:
    """Whether there is such a file, and all of it."""
    try:
        check_exr(path)
    except WorkerError:
        return False
    return True


def _check(file: BinaryIO, size: int) -> ExrHeader:
    magic, version = struct.unpack("<iI", file.read(8))
    if magic != _MAGIC:
        raise ValueError("no EXR")
    parts = [_read_header(file)]
    while version & _MULTIPART and (header := _read_header(file)):
        parts.append(header)
    for header, last in [(header, _last_offset(file, _chunks(header))) for header in parts]:
        # Before its length, a chunk has the number of its part where there are several, and where its pixels belong.
        file.seek(last + (4 if version & _MULTIPART else 0) + (16 if "tiles" in header else 4))
        (length,) = struct.unpack("<i", file.read(4))
        if length <= 0 or file.tell() + length > size:
            raise ValueError("cut off")
    first = parts[0]
    left, top, right, bottom = struct.unpack("<4i", first["displayWindow"])
    color_space = first.get("colorInteropID", b"").decode("utf-8")
    return ExrHeader(right - left + 1, bottom - top + 1, color_space)


def _read_header(file: BinaryIO) -> dict[str, bytes]:
    attributes: dict[str, bytes] = {}
    while name := _read_text(file):
        _read_text(file)
        (length,) = struct.unpack("<i", file.read(4))
        if not 0 <= length <= _LONGEST:
            raise ValueError("damaged")
        attributes[name] = file.read(length)
    return attributes


def _read_text(file: BinaryIO) -> str:
    text = b""
    while (byte := file.read(1)) != b"\0":
        if not byte or len(text) > 255:
            raise ValueError("damaged")
        text += byte
    return text.decode("utf-8")


def _chunks(header: dict[str, bytes]) -> int:
    if "chunkCount" in header:
        (count,) = struct.unpack("<i", header["chunkCount"])
        return int(count)
    left, top, right, bottom = struct.unpack("<4i", header["dataWindow"])
    columns, lines = 1, _LINES[header["compression"][0]]
    if "tiles" in header:  # those of the full size, which come before any smaller ones
        width, lines, _ = struct.unpack("<IIB", header["tiles"])
        columns = math.ceil((right - left + 1) / width)
    chunks: int = columns * math.ceil((bottom - top + 1) / lines)
    return chunks


def _last_offset(file: BinaryIO, chunks: int) -> int:
    if not 0 < chunks <= _LONGEST:
        raise ValueError("damaged")
    offsets = struct.unpack(f"<{chunks}Q", file.read(chunks * 8))
    if min(offsets) <= 0:
        raise ValueError("never finished")
    return int(max(offsets))

"""Proof that an EXR file is what was to be written, for one whose bytes no disk could lose."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import OpenImageIO as oiio  # noqa: N813  # OpenImageIO's own documentation imports it so
from numpy.typing import NDArray

from vst_core.errors import InputError, OutputError
from vst_core.files.exr_file import LOSSLESS, channel_types
from vst_core.files.exr_pixels import STORAGE, Planes
from vst_core.files.image_file import Header, open_image


def verify_parts(path: Path, specs: Sequence[oiio.ImageSpec], planes: Sequence[Planes], *, final: Path) -> None:
    """Compare the headers of a file with what they are to be, and the pixels at both ends of each part.

    A part is written from end to end: with its ends in their places, all between them is there. They are compared bit
    for bit where the compression is lossless, and decoded where it is not.

    Args:
        path: the file.
        specs: the header that each part was written with.
        planes: those of each part. Values that their half channel cannot hold are compared after rounding.
        final: what to call the file in messages.

    Raises:
        OutputError: it cannot be decoded, or holds something else.
    """
    try:
        with open_image(path) as file:
            _verify_headers(file.header, specs, final)
            for index, (spec, expected) in enumerate(zip(specs, planes, strict=True)):
                lossless = spec.get_string_attribute("compression") in LOSSLESS
                for row, decoded in file.bands(index, ends=True):
                    for plane, rows, kind in zip(expected, decoded, channel_types(spec), strict=True):
                        if lossless and not _same(rows, plane[row : row + len(rows)], kind):
                            raise _unfaithful(final, f"the pixels of part {index} differ from row {row}")
    except InputError as error:
        raise _unfaithful(final, error.what) from error


def _verify_headers(header: Header, specs: Sequence[oiio.ImageSpec], final: Path) -> None:
    if len(header.parts) != len(specs):
        raise _unfaithful(final, f"it has {len(header.parts)} parts instead of {len(specs)}")
    for part, spec in zip(header.parts, specs, strict=True):
        if (part.channels, part.formats) != (tuple(spec.channelnames), channel_types(spec)):
            raise _unfaithful(final, "channels or their types differ")
        if (part.spec.roi, part.spec.roi_full) != (spec.roi, spec.roi_full):
            raise _unfaithful(final, "the windows differ")
        if part.metadata.get("compression") != spec.get_string_attribute("compression"):
            raise _unfaithful(final, "the compression differs")


def _same(decoded: NDArray[Any], expected: NDArray[Any], kind: str) -> bool:
    if np.array_equal(_bits(decoded), _bits(expected)):
        return True
    stored = expected.astype(STORAGE[kind])
    return np.array_equal(_bits(decoded.astype(stored.dtype)), _bits(stored))


def _bits(values: NDArray[Any]) -> NDArray[Any]:
    """The values as integers of the same width, so that NaN compares too."""
    return values.view(f"u{values.dtype.itemsize}")


def _unfaithful(final: Path, reason: str) -> OutputError:
    return OutputError(
        f"was written but cannot be read back ({reason})", where=final, remedy="check the free space and the disk"
    )

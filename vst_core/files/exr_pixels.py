"""The pixels of a part, encoded channel by channel in the channel's own type.

OpenImageIO takes pixels of one type, and turns them into several one by one, which costs as much as compressing them.
The OpenEXR package takes every channel as it is to be stored, but loses some attributes. So it encodes the pixels, and
OpenImageIO copies them, compressed as they are, behind a header of its own.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import OpenEXR
import OpenImageIO as oiio  # noqa: N813  # OpenImageIO's own documentation imports it so
from numpy.typing import NDArray

from vst_core.atomic_file import scratch_file
from vst_core.errors import OutputError

STORAGE: dict[str, type[np.generic]] = {"half": np.float16, "float": np.float32, "uint": np.uint32}
"""Numpy's types of those that a channel can have."""

Planes = Sequence[NDArray[Any]]
"""(H, W) of each channel of a part: float32, half where it is stored so, or uint32 where it is ``uint``."""

_ORDERS = {"increasingY": "INCREASING_Y", "decreasingY": "DECREASING_Y", "randomY": "RANDOM_Y"}
_choosing = threading.Lock()  # the choice of a reader is the whole process's


@contextlib.contextmanager
def encoded(spec: oiio.ImageSpec, planes: Planes, *, final: Path) -> Iterator[oiio.ImageInput]:
    """The pixels of a part as a file of their own, for ``OpenImageIO.ImageOutput.copy_image``.

    Args:
        spec: the part's header, of scanlines.
        planes: what its channels hold.
        final: the file that they will be in: what to call them in messages.

    Raises:
        OutputError: they could not be encoded.
    """
    channels = {
        name: np.ascontiguousarray(plane, STORAGE[str(spec.channelformat(index))])
        for index, (name, plane) in enumerate(zip(spec.channelnames, planes, strict=True))
    }
    with scratch_file(final) as path:
        try:
            OpenEXR.File(_layout(spec), channels, num_threads=OpenEXR.global_thread_count()).write(str(path))
            source = _open(str(path))
        except (RuntimeError, OSError) as error:
            reason = " ".join(str(error).replace(str(path), "the file").split())
            raise OutputError(
                f"its pixels could not be encoded ({reason})", where=final, remedy="check the memory and the free space"
            ) from error
        try:
            yield source
        finally:
            source.close()


def _layout(spec: oiio.ImageSpec) -> dict[str, Any]:
    """What decides how pixels lie in a file; only those that lie alike are copied as they are."""
    compression = spec.get_string_attribute("compression")
    order = spec.get_string_attribute("openexr:lineOrder", "increasingY")
    low = np.array([spec.x, spec.y], np.int32)
    layout: dict[str, Any] = {
        "compression": getattr(OpenEXR, f"{'NO' if compression == 'none' else compression.upper()}_COMPRESSION"),
        "dataWindow": (low, low + np.array([spec.width - 1, spec.height - 1], np.int32)),
        "lineOrder": getattr(OpenEXR, _ORDERS[order]),
        "type": OpenEXR.scanlineimage,
    }
    if spec.getattribute("openexr:dwaCompressionLevel") is not None:
        layout["dwaCompressionLevel"] = spec.get_float_attribute("openexr:dwaCompressionLevel")
    return layout


def _open(name: str) -> oiio.ImageInput:
    """Opened by that of OpenImageIO's two readers of EXR from which its writer copies without decoding."""
    with _choosing:
        usual = oiio.get_int_attribute("openexr:core")
        oiio.attribute("openexr:core", 0)
        try:
            source = oiio.ImageInput.open(name)
        finally:
            oiio.attribute("openexr:core", usual)
    if source is None:
        raise RuntimeError(oiio.geterror())
    return source

"""The pixels of an EXR file, decoded channel by channel.

OpenImageIO lays the channels of a pixel side by side, in one type, and its build takes the slow way through zip: the
OpenEXR package needs a third of that. Of damage it speaks in its own words and on error output, so of a file that it
cannot read it is left to OpenImageIO to say why.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import OpenEXR
import OpenImageIO as oiio  # noqa: N813  # OpenImageIO's own documentation imports it so
from numpy.typing import NDArray

from vst_core.error_output import silent_libraries
from vst_core.files.exr_pixels import STORAGE

_BAND_ROWS = 16  # Python waits meanwhile


def decoded(
    path: Path, spec: oiio.ImageSpec, names: Sequence[str], formats: Sequence[str]
) -> list[NDArray[Any]] | None:
    """Channels of a file of one part, of scanlines.

    Args:
        path: the file.
        spec: its header.
        names: the channels.
        formats: how each is stored: ``half``, ``float`` or ``uint``.

    Returns:
        (H, W) of each, bit for bit and in the type that is stored; None where the file cannot be read so.
    """
    if not all(name.isprintable() for name in names):  # of broken characters it makes a null pointer
        return None
    step = max(_BAND_ROWS, spec.get_int_attribute("oiio:RowsPerChunk", 1))
    try:
        planes = [np.empty((spec.height, spec.width), STORAGE[kind]) for kind in formats]
        with silent_libraries():
            file = OpenEXR.InputFile(str(path))
            for top in range(0, spec.height, step):
                end = min(top + step, spec.height)
                rows = file.channels(names, scanLine1=spec.y + top, scanLine2=spec.y + end - 1)
                for plane, data in zip(planes, rows, strict=True):
                    plane[top:end] = np.frombuffer(data, plane.dtype).reshape(end - top, spec.width)
            file.close()
    except (OSError, TypeError, ValueError, OverflowError, MemoryError):
        return None
    return planes

"""Where pixels are NaN or infinity."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

_HALF_EXPONENT = np.uint16(0x7C00)


class NotFinite(NamedTuple):
    """What was found in a channel.

    Attributes:
        channel: its number.
        pixels: how many of its pixels are NaN or infinity.
        row: of the first of them.
        column: of the first of them.
    """

    channel: int
    pixels: int
    row: int
    column: int


def first_not_finite(planes: Sequence[NDArray[Any]], channels: Iterable[int]) -> NotFinite | None:
    """The first of some channels that is not finite everywhere.

    Args:
        planes: (H, W) of each channel of a part.
        channels: the numbers of those to look at.
    """
    for channel in channels:
        bad = _not_finite(planes[channel])
        if bad.any():
            row, column = np.unravel_index(int(np.argmax(bad)), bad.shape)
            return NotFinite(channel, int(np.count_nonzero(bad)), int(row), int(column))
    return None


def _not_finite(plane: NDArray[Any]) -> NDArray[Any]:
    if plane.dtype == np.float16:  # whose own arithmetic takes many times longer
        exponents = np.bitwise_and(plane.view(np.uint16), _HALF_EXPONENT)
        return np.asarray(exponents == _HALF_EXPONENT)
    return np.asarray(~np.isfinite(plane))

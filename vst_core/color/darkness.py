"""Whether there is anything to paint: a network makes a picture even of a black frame, out of its noise."""

from __future__ import annotations

import math
from typing import Any

import cv2
import numpy as np
from torch import Tensor

from vst_core.color.curve import inverse_curve

cv: Any = cv2  # its stubs know no element types

BLACK, LIT = 0.001, 0.01
"""Scene-linear light of the brightest spot up to which a frame is black, and from which on it is all painted."""

_SPOT = 8  # pixels across; a single bright one is noise


def lit_share(display: Tensor) -> float:
    """How much of a painting a frame's light is enough for: from 0 for a black frame to 1, in proportion to stops.

    Args:
        display: (1, 3, H, W), the plate as a network sees it.
    """
    height, width = display.shape[-2:]
    size = max(1, width // _SPOT), max(1, height // _SPOT)
    spots = [cv.resize(plane, size, interpolation=cv2.INTER_AREA).max() for plane in display[0].numpy()]
    light = float(inverse_curve(np.array([max(spots)], np.float32))[0])
    if light <= BLACK:
        return 0.0
    return min(1.0, math.log(light / BLACK) / math.log(LIT / BLACK))

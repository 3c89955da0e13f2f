"""Highlights: where a plate is brighter than white its stylised picture may be, and is made to be; nowhere else.

``DisplayTransform.to_scene_linear`` says why. Rows above the first highlight and below the last are not looked at.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from vst_core.color.curve import WHITE_DISPLAY
from vst_core.image import FloatArray

cv: Any = cv2  # its stubs know no element types

HIGHLIGHT_RADIUS = 8
"""How far, in pixels, a highlight of the plate licenses highlights in the stylised frame."""

LIFT_RANGE = 0.03  # of display above white over which the lift sets in; two thirds of a stop
_WHITE = np.float32(WHITE_DISPLAY)
_SIZE = 2 * HIGHLIGHT_RADIUS + 1


class Highlights:
    """What the highlights of a plate make of its stylised picture.

    Args:
        plate: (3, H, W), display.
        planes: (3, H, W), the stylised picture, display.
        rows_each: the picture is asked for in bands of so many rows, from the top.
    """

    def __init__(self, plate: FloatArray, planes: FloatArray, rows_each: int) -> None:
        self._planes = planes
        brightest = np.maximum(np.maximum(plate[0], plate[1]), plate[2])
        bright = np.flatnonzero(brightest.max(1) > _WHITE)
        self._rows = slice(0, 0)
        if len(bright):
            first = max(0, int(bright[0]) - HIGHLIGHT_RADIUS) // rows_each * rows_each
            last = int(bright[-1]) + HIGHLIGHT_RADIUS + 1
            self._rows = slice(first, last + -last % rows_each)
            near = brightest[self._rows]
            self._lift, self._limit = _lift(near, planes[:, self._rows]), _limit(near)

    def shown(self, rows: slice) -> FloatArray:
        """A band of the picture, (h, W, 3), lifted and limited, in [0, 1]."""
        lift: FloatArray | np.float32 = np.float32(0)
        limit: FloatArray | np.float32 = _WHITE
        first = rows.start - self._rows.start
        if 0 <= first < self._rows.stop - self._rows.start:
            here = slice(first, first + rows.stop - rows.start)
            lift, limit = self._lift[here], self._limit[here]
        display: FloatArray = cv.merge([np.clip(plane[rows] + lift, 0, limit) for plane in self._planes])
        return display


def _lift(brightest: FloatArray, planes: FloatArray) -> FloatArray:
    """What to add to the stylised display values, (h, W).

    Above the knee the curve is a logarithm, so to add the same to all channels is to multiply the light.

    Args:
        brightest: (h, W), the plate's brightest channel, display.
        planes: (3, h, W), the stylised picture, display.
    """
    share: FloatArray = np.clip((brightest - _WHITE) / np.float32(LIFT_RANGE), 0, 1)
    lack = brightest - np.maximum(np.maximum(planes[0], planes[1]), planes[2])
    around = cv.blur(share, (_SIZE, _SIZE), borderType=cv2.BORDER_REPLICATE)
    lacking = cv.blur(share * lack, (_SIZE, _SIZE), borderType=cv2.BORDER_REPLICATE)
    lift: FloatArray = share * np.maximum(lacking / np.maximum(around, np.float32(1e-6)), 0)
    return lift


def _limit(brightest: FloatArray) -> FloatArray:
    """The largest display value allowed, (h, W)."""
    nearby: FloatArray = cv.dilate(brightest, np.ones((_SIZE, _SIZE), np.uint8))
    return np.maximum(nearby, _WHITE)

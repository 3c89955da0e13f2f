"""The one invertible curve between scene-linear Rec.709 and what a network sees.

Networks learned from photographs: sRGB in [0, 1]. A plate goes up to a sun. The curve is sRGB itself up to scene-linear
0.5 and a logarithm above, which meets it with the same value and slope and reaches exactly 1 at 64, six stops above
white. White lands near 0.82. Below 0 the line of sRGB's toe goes on, so that the curve is odd there and invertible.

sRGB: IEC 61966-2-1:1999.
"""

from __future__ import annotations

import math
from typing import Any

import cv2
import numpy as np

from vst_core.image import FloatArray

# Logarithm, exponential and masked copy are several times faster than numpy's. Its arithmetic with numbers is not used:
# it takes an array of one or four values for a scalar.
cv: Any = cv2  # its stubs know no element types

KNEE = 0.5
"""Scene-linear value where sRGB ends and the logarithm begins."""

PEAK = 64.0
"""Scene-linear value that becomes display 1."""

TOE, TOE_SLOPE = 0.0031308, 12.92
"""Scene-linear value up to which sRGB is a line, and that line's slope."""

SCALE, OFFSET, GAMMA = 1.055, 0.055, 2.4
"""Of sRGB above its toe: ``SCALE * x ** (1 / GAMMA) - OFFSET``."""


def _solve_shoulder() -> tuple[float, float, float, float]:
    """a, b, c of ``a + b ln(x + c)`` and the curve at the knee.

    Value and slope at the knee give a and b for any c; bisection finds the c that gives 1 at the peak.
    """
    knee = SCALE * KNEE ** (1 / GAMMA) - OFFSET
    slope = SCALE / GAMMA * KNEE ** (1 / GAMMA - 1)
    low, high = 1e-9, 10.0  # of x + c at the knee
    for _ in range(200):
        middle = (low + high) / 2
        reached = knee + slope * middle * math.log((PEAK - KNEE + middle) / middle)
        low, high = (middle, high) if reached < 1 else (low, middle)
    b = slope * low
    return knee - b * math.log(low), b, low - KNEE, knee


SHOULDER_A, SHOULDER_B, SHOULDER_C, KNEE_DISPLAY = _solve_shoulder()
"""Above the knee the curve is ``SHOULDER_A + SHOULDER_B * ln(x + SHOULDER_C)``; the last is the curve at the knee."""

WHITE_DISPLAY = SHOULDER_A + SHOULDER_B * math.log(1 + SHOULDER_C)
"""Display value of scene-linear 1."""


def curve(linear: FloatArray) -> FloatArray:
    """Scene-linear Rec.709 to display, value by value, without clamping.

    Args:
        linear: float32, contiguous, any shape, any finite value.

    Returns:
        float32 of the same shape; -0.1 becomes -1.292, 64 becomes 1, 1000 becomes 1.10.
    """
    x = linear.reshape(len(linear), -1)
    power = np.maximum(x, np.float32(TOE))
    cv.log(power, dst=power)
    power *= np.float32(1 / GAMMA)
    cv.exp(power, dst=power)
    power *= np.float32(SCALE)
    power -= np.float32(OFFSET)
    shoulder = np.maximum(x, np.float32(KNEE))
    shoulder += np.float32(SHOULDER_C)
    cv.log(shoulder, dst=shoulder)
    shoulder *= np.float32(SHOULDER_B)
    shoulder += np.float32(SHOULDER_A)
    cv.copyTo(shoulder, (x > KNEE).view(np.uint8), power)
    with np.errstate(over="ignore"):  # of what is far above the toe
        toe = x * np.float32(TOE_SLOPE)
    cv.copyTo(toe, (x <= np.float32(TOE)).view(np.uint8), power)
    return power.reshape(linear.shape)


def inverse_curve(display: FloatArray) -> FloatArray:
    """Display to scene-linear Rec.709: the inverse of ``curve``.

    Args:
        display: float32, contiguous, any shape, at most about 1.1.

    Returns:
        float32 of the same shape.
    """
    s = display.reshape(len(display), -1)
    toe = np.float32(TOE * TOE_SLOPE)
    power = np.maximum(s, toe)
    power += np.float32(OFFSET)
    power *= np.float32(1 / SCALE)
    cv.log(power, dst=power)
    power *= np.float32(GAMMA)
    cv.exp(power, dst=power)
    shoulder = np.maximum(s, np.float32(KNEE_DISPLAY))
    shoulder -= np.float32(SHOULDER_A)
    shoulder *= np.float32(1 / SHOULDER_B)
    cv.exp(shoulder, dst=shoulder)
    shoulder -= np.float32(SHOULDER_C)
    cv.copyTo(shoulder, (s > np.float32(KNEE_DISPLAY)).view(np.uint8), power)
    cv.copyTo(s * np.float32(1 / TOE_SLOPE), (s <= toe).view(np.uint8), power)
    return power.reshape(display.shape)

"""Colour and alpha: straight colour for the network, without fringes, and premultiplied colour back.

Where alpha is 0 a premultiplied plate has no colour to show. Black there would bleed into every layer of a network
near an edge, so those pixels get colour extended from their covered neighbourhood (push-pull: Gortler et al., "The
Lumigraph", 1996, section 3.4), and what the plate has there, light without coverage such as glow, passes by the network
untouched.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from vst_core.image import FloatArray

cv: Any = cv2  # its stubs know no element types

MIN_ALPHA = 2.0**-10
"""Pixels with no more alpha than this count as uncovered; below it, straight colour is noise."""


def is_opaque(alpha: FloatArray) -> bool:
    """Whether alpha is 1 everywhere."""
    return bool(alpha.min() == 1 == alpha.max())


def uncovered(alpha: FloatArray) -> NDArray[np.uint8]:
    """(H, W) uint8, 1 where alpha is too small for a colour."""
    return (alpha <= np.float32(MIN_ALPHA)).view(np.uint8)


def unpremultiplied(color: FloatArray, alpha: FloatArray) -> FloatArray:
    """Straight colour, (H, W, 3); 0 where uncovered."""
    _, covered = cv.threshold(alpha, MIN_ALPHA, 1.0, cv2.THRESH_BINARY)
    return scaled(color, cv.divide(covered, np.maximum(alpha, np.float32(MIN_ALPHA))))


def scaled(color: FloatArray, factor: FloatArray) -> FloatArray:
    """``color`` (H, W, 3) times ``factor`` (H, W)."""
    product: FloatArray = cv.multiply(color, cv.merge([factor, factor, factor]))
    return product


def fill_uncovered(color: FloatArray, alpha: FloatArray) -> None:
    """Extend straight colour into uncovered pixels, in place; black where nothing is covered.

    Args:
        color: (H, W, 3).
        alpha: (H, W).
    """
    _, weight = cv.threshold(alpha, MIN_ALPHA, 0, cv2.THRESH_TOZERO)
    _, weight = cv.threshold(weight, 1.0, 0, cv2.THRESH_TRUNC)
    coarse = _halved_and_filled(scaled(color, weight), weight)
    cv.copyTo(coarse, uncovered(alpha), color)


def _halved_and_filled(color: FloatArray, weight: FloatArray) -> FloatArray:
    """Means of 2x2 blocks, weighted, where a block has weight, and of ever larger ones where it has none.

    Args:
        color: (H, W, 3), multiplied by its weight.
        weight: (H, W), [0, 1].

    Returns:
        (H, W, 3), interpolated.
    """
    height, width = weight.shape
    if height == 1 and width == 1:
        return color / weight[..., None] if weight[0, 0] > 0 else color
    half = ((width + 1) // 2, (height + 1) // 2)
    half_color = cv.resize(color, half, interpolation=cv2.INTER_AREA)
    half_weight = cv.resize(weight, half, interpolation=cv2.INTER_AREA)
    coarser = _halved_and_filled(half_color, half_weight)
    filled: FloatArray = cv.add(half_color, scaled(coarser, 1 - half_weight))
    return cv.resize(filled, (width, height), interpolation=cv2.INTER_LINEAR)  # type: ignore[no-any-return]

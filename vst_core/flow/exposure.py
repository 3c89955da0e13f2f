"""The frame before in the light of the current one, where that became brighter or darker as a whole.

Lightning, lamps that flicker and fades change every pixel and move nothing. A painting does not show a frame's exposure
(instance normalisation takes it out), so what was painted before is still right.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from vst_core.color.curve import curve, inverse_curve
from vst_core.image import FloatArray

_SAMPLES = 20_000
_FEWEST = 100
_DARK = 0.002  # scene-linear light below which a ratio is noise
_LEAST = 0.05  # stops
_SAME = 0.004  # display, less than that changes anything
_BETTER = 0.5  # of the difference of the two pictures may be left


def relit(image: Tensor, warped: Tensor, where: Tensor) -> Tensor | None:
    """The frame before, exposed as the current one is.

    Each channel's exposure is the median of the ratios of light in both pictures, so that it stays 1 where less than
    half of a picture changes.

    Args:
        image: (1, 3, H, W), the plate, display [0, 1].
        warped: (1, 3, H, W), the plate of the frame before, on this frame's grid.
        where: (1, 1, H, W) in [0, 1], what can be compared.

    Returns:
        (1, 3, H, W), display; None where the exposure is the same, or another does not explain the difference.
    """
    step = max(1, round((image.shape[-2] * image.shape[-1] / _SAMPLES) ** 0.5))
    seen = where[0, 0, ::step, ::step] > 0.5
    now, then = (_sampled(each, step, seen) for each in (image, warped))
    if now.shape[1] < _FEWEST or (before := _difference(now, then)) < _SAME:
        return None
    gains = _gains(now, then)
    if gains is None or np.abs(np.log2(gains)).max() < _LEAST:
        return None
    brightest = now.max(axis=1)
    if _difference(now, _exposed(then, gains, brightest)) > _BETTER * before:
        return None
    planes = np.ascontiguousarray(warped[0].detach().float().cpu().numpy().reshape(3, -1))
    return torch.from_numpy(_exposed(planes, gains, brightest)).view(warped.shape).to(warped)


def _sampled(image: Tensor, step: int, seen: Tensor) -> FloatArray:
    """(3, N)."""
    return np.ascontiguousarray(image[0, :, ::step, ::step][:, seen].detach().float().cpu().numpy())


def _gains(now: FloatArray, then: FloatArray) -> FloatArray | None:
    """(3, 1); None where a channel is too dark to tell. The brightest values may be clipped, and tell nothing."""
    lit = np.ones(now.shape, bool)
    for each in (now, then):
        lit &= each < each.max(axis=1, keepdims=True) - np.float32(_SAME)
    now, then = inverse_curve(now), inverse_curve(then)
    lit &= (now > _DARK) & (then > _DARK)
    if lit.sum(axis=1).min() < _FEWEST:
        return None
    ratios = [np.median(here[both] / there[both]) for here, there, both in zip(now, then, lit, strict=True)]
    return np.array(ratios, np.float32)[:, None]


def _exposed(display: FloatArray, gains: FloatArray, brightest: FloatArray) -> FloatArray:
    """(3, N) display in another exposure, ending where the other picture ends: it may be clipped there."""
    exposed = curve(inverse_curve(display) * gains)
    return np.minimum(exposed, brightest[:, None], out=exposed)


def _difference(one: FloatArray, other: FloatArray) -> float:
    return float(np.median(np.abs(one - other).mean(axis=0)))

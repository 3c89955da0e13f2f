"""Where a flow field can be trusted: the forward-backward consistency test of Ruder et al. 2016, section 4.2."""

from __future__ import annotations

import cv2
import numpy as np
import torch
from torch import Tensor

from vst_core.flow.filters import around, central_difference, filtered, mean_difference
from vst_core.flow.warp import is_inside, warp
from vst_core.tensors import require_same_shape, row_bands, squared_length

_RADIUS = 2
_SIGMA = 0.8
# Where known motion has a boundary: the share of a gradient's energy that is left two pixels beside it at most.
_BESIDE = 1 / 3
_AROUND = np.ones((5, 5), np.uint8)
# Differences of display values that say nothing, and that say all.
_GRAIN = 0.06
_CHANGED = 0.14
# Difference to the neighbourhood from which on a pixel has detail, and the share of such pixels that a frame has in
# common with one of another shot at most.
_DETAIL = 0.01
_FOUND = 0.03


def consistency_mask(
    backward_flow: Tensor,
    previous_forward_flow: Tensor | None = None,
    *,
    soft: bool = True,
    boundaries: bool = True,
    known: bool = False,
) -> Tensor:
    """Where the previous frame, warped by ``backward_flow``, shows what the current frame shows.

    With w the backward flow and v the previous frame's forward flow sampled at x + w(x), the first that applies:

    1. outside, 0: x + w(x) lies beyond the frame;
    2. inconsistent (disoccluded), -1: not |w + v|^2 < 0.01 (|w|^2 + |v|^2) + 0.5;
    3. motion boundary, 0: |grad w|^2 > 0.01 |w|^2 + 0.002, central differences;
    4. otherwise trusted, 1.

    The soft mask is that field after a Gaussian of sigma 0.8 and 5 taps, clipped to [0, 1]: because inconsistency
    counts as -1, it spreads outward. At the border of the frame both the differences and the Gaussian mirror the field,
    its outermost pixels repeated. This is the published tool's arithmetic to within one grey level in 255, with one
    departure: a sample that falls exactly on the last row or column counts as inside, where the tool, in want of one
    more pixel to interpolate with, calls it outside and so distrusts that row and column in every still shot.

    Args:
        backward_flow: (B, 2, H, W), pixels, x right, y down, on t's grid, to t-1.
        previous_forward_flow: (B, 2, H, W), pixels, on (t-1)'s grid, to t. Without it nothing can be found
            inconsistent: only the tests for the frame's edge and for motion boundaries apply.
        soft: False returns the unblurred decision, 1 where trusted and 0 elsewhere.
        boundaries: False leaves the third test out: estimated motion is uncertain at its boundaries, known motion is
            not.
        known: the motion is a renderer's, whose boundaries are sharp, see `is_boundary`. The published test, made for
            estimated flow, also finds the middle of every roll and zoom, where |w| falls to 0 and |grad w| does not.

    Returns:
        (B, 1, H, W) in [0, 1], the flow's type, without gradient.
    """
    with torch.no_grad():
        energy = squared_length(backward_flow)
        within = is_inside(backward_flow)
        trust = within.to(energy.dtype)
        if boundaries:
            trust.masked_fill_(_is_boundary(backward_flow, energy, known), 0)
        if previous_forward_flow is not None:
            forward = warp(previous_forward_flow, backward_flow)
            limit = energy.add_(squared_length(forward)).mul_(0.01).add_(0.5)
            is_consistent = squared_length(forward.add_(backward_flow)) < limit  # False also where either flow is NaN
            trust.masked_fill_(within & ~is_consistent, -1)
        return _blur(trust).clamp_(0, 1) if soft else trust.clamp_(0, 1)


def is_boundary(flow: Tensor, *, known: bool = False) -> Tensor:
    """Where motion has a boundary: the third test of `consistency_mask`, |grad w|^2 > 0.01 |w|^2 + 0.002.

    Args:
        flow: (B, 2, H, W), pixels.
        known: the flow is a renderer's, and has a boundary only where |grad w|^2 also falls below a third within two
            pixels, as it does beside an edge, and in the middle of a roll or a zoom does not.

    Returns:
        (B, 1, H, W) bool.
    """
    return _is_boundary(flow, squared_length(flow), known)


def _is_boundary(flow: Tensor, energy: Tensor, known: bool) -> Tensor:
    gradient = _gradient_energy(flow)
    found = torch.sub(gradient, energy, alpha=0.01) > 0.002
    if known and found.any():
        least = filtered(gradient, lambda plane, target: cv2.erode(plane, _AROUND, dst=target))
        found &= least < gradient.mul_(_BESIDE)
    return found


def _gradient_energy(field: Tensor) -> Tensor:
    """Squared central differences along both axes, over both components: (B, 2, H, W) -> (B, 1, H, W)."""
    total = torch.zeros_like(field[:, :1])
    for component in (field[:, :1], field[:, 1:]):
        for axis in (2, 3):
            difference = central_difference(component, axis)
            total.addcmul_(difference, difference, value=0.25)
    return total


def _blur(field: Tensor) -> Tensor:
    taps = np.exp(-(np.arange(-_RADIUS, _RADIUS + 1) ** 2) / (2 * _SIGMA**2))
    taps /= taps.sum()
    return filtered(
        field, lambda plane, target: cv2.sepFilter2D(plane, -1, taps, taps, dst=target, borderType=cv2.BORDER_REFLECT)
    )


def is_cut(image: Tensor, valid: Tensor) -> bool:
    """Whether a frame begins another shot: next to nothing of it can be found in the frame before.

    Flat parts do not count, since black bars and skies look alike in any two shots.

    Args:
        image: (1, C, H, W), the plate, display [0, 1].
        valid: (1, 1, H, W) in [0, 1], 1 where a pixel is found in the frame before, and looks there as it does here.
    """
    height = image.shape[-2]
    found, detailed = 0.0, 0.0
    for rows in sorted(row_bands(height), key=lambda rows: abs(rows.start - height // 2)):  # skies come last
        first = max(0, rows.start - _RADIUS)
        part = image[..., first : rows.stop + _RADIUS, :]
        detail = (mean_difference(part, around(part)) > _DETAIL)[..., rows.start - first : rows.stop - first, :]
        found += float((valid[..., rows, :] * detail).sum())
        detailed += float(detail.sum())
        if found > _FOUND * valid.numel():  # whatever the rest is
            return False
    return (found / detailed if detailed else float(valid.mean())) < _FOUND


def unchanged_mask(image: Tensor, warped: Tensor, where: Tensor | None = None) -> Tensor:
    """Where a frame looks as the one before it did, however well the motion is known.

    Light, shadows and reflections change what does not move, and vectors of thin or turning things can be wrong. The
    difference of the two pictures is averaged over a few pixels, which takes grain out.

    Args:
        image: (B, C, H, W), the plate, display [0, 1].
        warped: (B, C, H, W), the plate of the frame before, on this frame's grid.
        where: (B, 1, H, W) in [0, 1], what is to be compared: neighbours that were hidden say nothing. All when left
            out.

    Returns:
        (B, 1, H, W) in [0, 1]: 1 up to a difference of a film's grain, 0 from one of a shadow's edge on.
    """
    require_same_shape(image, warped, "image", "warped")
    change = mean_difference(image, warped)
    change = around(change) if where is None else around(change.mul_(where)).div_(around(where).clamp_min_(1e-6))
    return change.sub_(_CHANGED).div_(_GRAIN - _CHANGED).clamp_(0, 1)

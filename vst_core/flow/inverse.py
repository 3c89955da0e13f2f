"""The inverse of a flow, for where only one direction is known."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from vst_core.flow.filters import around
from vst_core.flow.sampling import bilinear
from vst_core.flow.warp import invert, sample_points, warp

# Pixels by which two motions differ that are not one.
_OTHER = 0.5
# Iterations: wheels need many. All but the last, which only judges, add up to an odd number, after which what comes
# into view, where two motions take turns, has that of the ground.
_EVERYWHERE, _WHERE_NEEDED = 4, 26
_FOUND = 0.01  # pixels
_ROW = 4096  # points in a row, when single ones are sampled


def shown_inverse(forward_flow: Tensor, image: Tensor, previous: Tensor) -> Tensor:
    """The backward flow that undoes a forward flow; where one thing moves over another, of that which is seen.

    Two surfaces may lead to one pixel. `invert` finds the one that was there before, and what lands there from
    elsewhere is another. Where both undo the flow, the pictures tell which of them is in front.

    Args:
        forward_flow: (1, 2, H, W), pixels, on (t-1)'s grid, to t; on the processor.
        image: (1, C, H, W), the plate at t, display [0, 1].
        previous: (1, C, H, W), the plate at t-1.

    Returns:
        (1, 2, H, W), pixels, on t's grid, to t-1.
    """
    before = invert(forward_flow, iterations=_EVERYWHERE - 1)
    inverse = -warp(forward_flow, before)
    every = inverse.flatten(2)[0]
    left = _moved_apart(every, before.flatten(2)[0], _FOUND)
    every[:, left] = _undone(forward_flow, left, every[:, left])
    pixels, start = _landed(forward_flow)
    other = _undone(forward_flow, pixels, start)
    contested = _moved_apart(every[:, pixels], other, _OTHER)
    if not len(contested):
        return inverse
    pixels, other = pixels[contested], other[:, contested]
    own = every[:, pixels]
    shown = image.flatten(2)[0, :, pixels]
    errors = [_error(shown - _sampled(previous, pixels, flow), pixels, inverse[:, :1]) for flow in (own, other)]
    better = errors[1] < errors[0]
    every[:, pixels[better]] = other[:, better]
    return inverse


def _landed(forward_flow: Tensor) -> tuple[Tensor, Tensor]:
    """What has another motion than the pixel on which it lands: that pixel's number, and minus its flow, (2, N)."""
    flow: NDArray[np.float32] = forward_flow[0].flatten(1).numpy()
    height, width = forward_flow.shape[-2:]
    x, y = (np.rint(plane[0].numpy()).ravel() for plane in sample_points(forward_flow))
    source = np.flatnonzero((x >= 0) & (x < width) & (y >= 0) & (y < height))
    target = y[source].astype(np.intp) * width + x[source].astype(np.intp)
    differs = ((flow[:, source] - flow[:, target]) ** 2).sum(0) > _OTHER**2
    lands = np.full(height * width, -1)
    lands[target[differs]] = source[differs]  # of several, the last
    pixels = np.flatnonzero(lands >= 0)
    return torch.from_numpy(pixels), torch.from_numpy(-flow[:, lands[pixels]])


def _undone(forward_flow: Tensor, pixels: Tensor, start: Tensor) -> Tensor:
    """What undoes a flow best at single pixels, (N,), from a start, (2, N). Where motion is steep, it may lead away."""
    best, least = start, torch.full_like(start[0], torch.inf)
    for _ in range(_WHERE_NEEDED if len(pixels) else 0):
        following = -_sampled(forward_flow, pixels, start)
        left = (following - start).square_().sum(0)
        best, least = torch.where(left <= least, start, best), torch.minimum(left, least)
        start = following
    return best


def _moved_apart(flow: Tensor, other: Tensor, limit: float) -> Tensor:
    """The numbers of the vectors that differ by more than so many pixels: twice (2, N) -> (M,)."""
    return torch.nonzero((flow - other).square_().sum(0) > limit**2)[:, 0]


def _sampled(image: Tensor, pixels: Tensor, flow: Tensor) -> Tensor:
    """An image where a flow leads from single pixels: (1, C, H, W), (N,), (2, N) -> (C, N)."""
    height, width = image.shape[-2:]
    x = (pixels % width + flow[0]).clamp_(0, width - 1)
    y = (pixels // width + flow[1]).clamp_(0, height - 1)
    points = (F.pad(axis, (0, -len(pixels) % _ROW)).view(1, -1, _ROW) for axis in (x, y))
    return bilinear(image, *points)[0].flatten(1)[:, : len(pixels)]


def _error(difference: Tensor, pixels: Tensor, like: Tensor) -> Tensor:
    """The mean difference of those pixels among the 5x5 around each: (C, N) -> (N,)."""
    plane = torch.zeros_like(like)
    plane.view(-1)[pixels] = difference.abs().mean(0)
    return around(plane).view(-1)[pixels]

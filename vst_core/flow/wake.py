"""The wake of what moves: paint that was laid beside an edge, where that edge no longer is."""

from __future__ import annotations

import cv2
import numpy as np
import torch
from torch import Tensor

from vst_core.flow.occlusion import is_boundary
from vst_core.flow.warp import warp

# Painted pixels: how near to an edge and how far from it paint no longer depends on how far that is, and how far from
# it an outline has faded to 1/e.
_NEAR, _FAR, _FADES = 6.0, 40.0, 15.0


def outside_wake(now: Tensor, then: Tensor, flow: Tensor) -> Tensor:
    """How much of an earlier result is free of the outlines of edges that have moved on since.

    Where one thing ends before another, a network paints an outline. What comes out from behind something is painted
    beside that edge first, and outlines would stay behind it as a grid if they were trusted like all else. With d the
    distance of a pixel of t to the nearest edge, and d' that of the earlier frame's: exp(min(0, d'(x + w(x)) - d(x)) /
    15). An edge leaves 0.10 of what it passed in all, be it fast or slow; near a slow one paint changes little by
    little.

    Args:
        now: (1, 1, H, W), d, by `edge_distance` of t's flow to the frame before it.
        then: (1, 1, H, W), d', by that of the earlier frame's flow to the frame after it, on t's window.
        flow: (1, 2, H, W), pixels, w, on t's grid, to the earlier frame.

    Returns:
        (1, 1, H, W) in [0.10, 1], the flow's type, without gradient.
    """
    with torch.no_grad():
        return warp(then, flow).sub_(now).clamp_(max=0).div_(_FADES).exp_()


def edge_distance(flow: Tensor, painted: float = 1.0, *, known: bool = False) -> Tensor:
    """How far it is to the nearest motion boundary, as far as paint depends on it.

    Args:
        flow: (1, 2, H, W), pixels.
        painted: pixels of the painted picture in one of these.
        known: the flow is a renderer's, see `is_boundary`.

    Returns:
        (1, 1, H, W), painted pixels, from 6 to 40, the flow's type, without gradient.
    """
    elsewhere = ~is_boundary(flow, known=known)[0, 0].cpu().numpy()
    if elsewhere.all():
        return torch.full_like(flow[:, :1], _FAR)
    distance = cv2.distanceTransform(elsewhere.view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_3)
    return torch.from_numpy(distance)[None, None].to(flow).mul_(painted).clamp_(_NEAR, _FAR)

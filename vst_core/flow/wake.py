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


def outside_wake(backward_flow: Tensor, first_forward_flow: Tensor, flow: Tensor, painted: float = 1.0) -> Tensor:
    """How much of an earlier result is free of the outlines of edges that have moved on since.

    Where one thing ends before another, a network paints an outline. What comes out from behind something is painted
    beside that edge first, and outlines would stay behind it as a grid if they were trusted like all else. With d the
    distance of a pixel of t to the nearest motion boundary, and d' that of the earlier frame's, both between 6 and 40
    painted pixels: exp(min(0, d'(x + w(x)) - d(x)) / 15). An edge leaves 0.10 of what it passed in all, be it fast or
    slow; near a slow one paint changes little by little.

    Args:
        backward_flow: (1, 2, H, W), pixels, on t's grid, to the frame before it.
        first_forward_flow: (1, 2, H, W), pixels, on the earlier frame's grid, to the frame after that.
        flow: (1, 2, H, W), pixels, w, on t's grid, to the earlier frame.
        painted: pixels of the painted picture in one of these.

    Returns:
        (1, 1, H, W) in [0.10, 1], the flow's type, without gradient.
    """
    with torch.no_grad():
        now, then = _distance(backward_flow, painted), _distance(first_forward_flow, painted)
        return warp(then, flow).sub_(now).clamp_(max=0).div_(_FADES).exp_()


def _distance(flow: Tensor, painted: float) -> Tensor:
    """To the nearest motion boundary, painted pixels: (1, 2, H, W) -> (1, 1, H, W)."""
    elsewhere = ~is_boundary(flow)[0, 0].cpu().numpy()
    if elsewhere.all():
        return torch.full_like(flow[:, :1], _FAR)
    distance = cv2.distanceTransform(elsewhere.view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_3)
    return torch.from_numpy(distance)[None, None].to(flow).mul_(painted).clamp_(_NEAR, _FAR)

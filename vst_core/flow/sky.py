"""The sky, of which a renderer's vectors say nothing: where it is, and how it moves."""

from __future__ import annotations

import math
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vst_core.flow.agreement import BoolArray, GreyArray
from vst_core.flow.camera import far_motion
from vst_core.flow.estimate import Estimator
from vst_core.flow.sampling import enlarged, shrunk
from vst_core.flow.warp import inside, warp
from vst_core.tensors import row_bands

cv: Any = cv2  # its stubs know no element types
FloatArray = NDArray[np.floating[Any]]

SKY_DEPTH = 1e9
"""What is farther is nothing: Blender writes 1e10 where a ray meets nothing, others write more."""

_WIDTH = 480  # pixels: the width at which the sky is looked at, at most
_HORIZON = 16  # one part in so many of a frame's height: what is looked at beyond the sky, above and below
_RIM = 5  # pixels, across: what a pixel filter smears of a silhouette into the sky
_POINTS, _FEWEST = 3000, 50
_FOLLOWS = 2.0  # pixels: grain leads an estimate astray by that much
_BLUR = 2.0  # pixels of that width: grain goes, what moved stays
_GRAIN_LEFT = 1 / (2 * math.sqrt(math.pi) * _BLUR)  # of white noise, by that blur
_LEFT_AT_MOST = 2.0  # times as much, and this much more, display: what resampling leaves
_RESAMPLED = 5e-4


def sky_of(depth: Tensor | None) -> BoolArray | None:
    """Where the sky is, or would be, (H, W); None where depth tells nothing."""
    return None if depth is None else depth[0, 0].cpu().numpy() >= SKY_DEPTH


def shown_sky_of(depth: Tensor | None) -> BoolArray | None:
    """Where the sky is and the picture shows it, (H, W); None where depth tells nothing."""
    if depth is None:
        return None
    values = depth[0, 0].cpu().numpy()
    shown: BoolArray = (values >= SKY_DEPTH) & np.isfinite(values)
    return shown


def sky_has_detail(grey: GreyArray, sky: BoolArray | None) -> bool:
    """Whether the sky, less its antialiased rim, is anything but one flat tone, in which there is nothing to follow."""
    if sky is None:
        return False
    darkest, brightest = cv.minMaxLoc(grey, _eroded(sky))[:2]
    return bool(brightest > darkest)


def camera_turn(flow: Tensor, depth: Tensor | None, sky: BoolArray | None) -> FloatArray | None:
    """How the sky moves, told by all else, as a homography: see ``far_motion``; None where that does not tell.

    Args:
        flow: (1, 2, H, W), pixels, to the other frame; of no use in the sky.
        depth: (1, 1, H, W).
        sky: (H, W).
    """
    if depth is None or sky is None:
        return None
    return far_motion(flow[0].numpy(), depth[0, 0].cpu().numpy(), _eroded(~sky) > 0)


def common_turn(flow: Tensor, sky: BoolArray | None) -> FloatArray | None:
    """The homography that most of an estimated flow in the sky follows; None where less than half of it does.

    Args:
        flow: (1, 2, H, W), pixels.
        sky: (H, W), what is shown of it.
    """
    if sky is None:
        return None
    rows, columns = np.nonzero(_eroded(sky))
    few = slice(None, None, max(1, len(rows) // _POINTS))
    rows, columns = rows[few], columns[few]
    if len(rows) < _FEWEST:
        return None
    at = np.stack((columns, rows), 1).astype(np.float64)
    turn, follows = cv.findHomography(at, at + flow[0, :, rows, columns].T.numpy(), cv2.RANSAC, _FOLLOWS)
    return turn if turn is not None and follows.mean() > 0.5 else None


def is_told(
    turn: FloatArray, pictures: tuple[Tensor, Tensor], shown: tuple[BoolArray | None, BoolArray | None]
) -> bool:
    """Whether the sky that one picture shows is that of the other, turned with the camera, but for grain.

    Grain averages out over some pixels. What is left of the difference there is a sky that moves by itself. Where
    neither shows what the other shows, nothing contradicts.

    Args:
        turn: homography from the pixels of the first to those of the second.
        pictures: (1, 3, H, W), display.
        shown: (H, W), the sky that each shows.
    """
    sky, sky_before = shown
    if sky is None or sky_before is None:
        return False
    by = max(1, math.ceil(pictures[0].shape[-1] / _WIDTH))
    now, before = (shrunk(picture, by).mean(1, keepdim=True).cpu() for picture in pictures)
    here, there = (shrunk(torch.from_numpy(_eroded(each)).float()[None, None], by) for each in (sky, sky_before))
    flow = _field(turn, slice(0, len(sky)), sky.shape[1], by)
    both = (here > 0.999) & (warp(there, flow) > 0.999) & (inside(flow) > 0)
    weight = _eroded(both[0, 0].numpy()).astype(np.float32)
    if not weight.any():
        return True
    difference = (now - warp(before, flow))[0, 0].numpy() * weight
    around = cv.GaussianBlur(difference, (0, 0), _BLUR) / np.maximum(cv.GaussianBlur(weight, (0, 0), _BLUR), 1e-3)
    left, grain = (float(np.sqrt(np.mean(np.square(each[weight > 0])))) for each in (around, difference - around))
    return left <= _LEFT_AT_MOST * _GRAIN_LEFT * grain + _RESAMPLED


def turned(flow: Tensor, sky: BoolArray | None, turn: FloatArray) -> Tensor:
    """Flow, but that of a camera's turn in the sky.

    Args:
        flow: (1, 2, H, W), pixels.
        sky: (H, W).
        turn: homography from its pixels to those of the other frame.
    """
    if sky is None or not sky.any():
        return flow
    rows = _rows(sky, 0, 1)
    return _filled(flow, sky, rows, _field(turn, rows, sky.shape[1]))


def estimated(estimate: Estimator, flow: Tensor, sky: BoolArray | None, at: Tensor, to: Tensor) -> Tensor:
    """Flow, but estimated in the sky; far things move evenly, so a reduced picture tells as much.

    Args:
        estimate: the estimator.
        flow: (1, 2, H, W), pixels.
        sky: (H, W).
        at: (1, 3, H, W), the frame's picture, display.
        to: the other frame's.
    """
    if sky is None or not sky.any():
        return flow
    shrink = max(1, math.ceil(sky.shape[1] / _WIDTH))
    rows = _rows(sky, max(len(sky) // _HORIZON, 2 * _RIM * shrink), shrink)
    found = estimate(*(shrunk(picture[..., rows, :], shrink) for picture in (at, to))).to(flow) * shrink
    if shrink > 1:
        found = enlarged(found, shrink)
    return _filled(flow, sky, rows, found[..., : rows.stop - rows.start, : sky.shape[1]])


def _filled(flow: Tensor, sky: BoolArray, rows: slice, found: Tensor) -> Tensor:
    filled = flow.clone()
    part = filled[..., rows, :]
    part.copy_(torch.where(torch.from_numpy(sky[rows]), found, part))
    return filled


def _field(turn: FloatArray, rows: slice, columns: int, by: int = 1) -> Tensor:
    """The flow (1, 2, h, w) of a homography over rows of a frame, one pixel in ``by`` each way, in such pixels."""
    x = np.arange(0, columns, by, dtype=np.float32) + np.float32((by - 1) / 2)
    y = np.arange(rows.start, rows.stop, by, dtype=np.float32) + np.float32((by - 1) / 2)
    field = np.zeros((1, 2, len(y), len(x)), np.float32)
    if np.array_equal(turn, np.eye(3)):
        return torch.from_numpy(field)
    for band in row_bands(len(y)):
        at = np.stack(np.meshgrid(x, y[band]), -1)
        field[0, :, band] = np.moveaxis((cv.perspectiveTransform(at, turn) - at) / by, -1, 0)
    return torch.from_numpy(field)


def _rows(sky: BoolArray, beyond: int, multiple: int) -> slice:
    """The rows that have sky and some beyond them, from a multiple of a number to another, or to the last row."""
    height, found = len(sky), np.flatnonzero(sky.any(1))
    first = max(0, int(found[0]) - beyond) // multiple * multiple
    last = int(found[-1]) + 1 + beyond
    return slice(first, min(height, last + -last % multiple))


def _eroded(mask: BoolArray) -> NDArray[np.uint8]:
    """A mask without its rim."""
    eroded: NDArray[np.uint8] = cv.erode(mask.view(np.uint8), np.ones((_RIM, _RIM), np.uint8))
    return eroded

"""Estimating motion from two pictures: DIS, Farneback and DeepFlow (OpenCV), RAFT (torchvision)."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vst_core.errors import ModelError, SettingsError
from vst_core.flow.raft import RaftEstimator
from vst_core.image import FloatArray

Estimator = Callable[[Tensor, Tensor], Tensor]
"""``(current, previous) -> backward_flow``: display images (B, 3, H, W) in [0, 1] to (B, 2, H, W) pixels."""

ESTIMATORS = ("dis", "farneback", "deepflow", "raft")

_SMALLEST_SIDE = 16  # DIS refuses less
_LUMA = (0.299, 0.587, 0.114)  # Rec. 601, what OpenCV's own grey is
_FARNEBACK = {"numLevels": 6, "pyrScale": 0.5, "winSize": 15, "numIters": 3, "polyN": 5, "polySigma": 1.1}


def estimate_flow(
    current: Tensor, previous: Tensor, method: str = "dis", *, raft_weights: str | Path | None = None
) -> Tensor:
    """Estimate the backward flow between two pictures. For a whole shot, make one estimator and keep it.

    Args:
        current: (B, 3, H, W), display, [0, 1]; what lies outside is clamped.
        previous: the same shape.
        method: ``"dis"`` (fast, the default), ``"farneback"``, ``"deepflow"`` (slow) or ``"raft"``.
        raft_weights: file with RAFT's weights; only for ``"raft"``.

    Returns:
        (B, 2, H, W), pixels, x right, y down, on ``current``'s grid, to ``previous``, on ``current``'s device.

    Raises:
        SettingsError: the method is unknown.
        ModelError: the method needs weights or an OpenCV that are not there.
        ValueError: the shapes do not belong together.
    """
    return make_estimator(method, raft_weights=raft_weights)(current, previous)


def make_estimator(
    method: str = "dis", *, raft_weights: str | Path | None = None, device: str | torch.device = "cpu"
) -> Estimator:
    """Build an estimator once, to be applied to many pairs.

    It repeats itself bit for bit on the same machine and thread count, and may be shared by threads: OpenCV's solvers
    keep state while they work, so each estimator serves one call at a time.

    Args:
        method: ``"dis"``, ``"farneback"``, ``"deepflow"`` or ``"raft"``.
        raft_weights: file with RAFT's weights; only for ``"raft"``.
        device: where RAFT runs; the others run on the processor.

    Raises:
        SettingsError: the method is unknown.
        ModelError: the method needs weights or an OpenCV that are not there.
    """
    if method == "raft":
        return RaftEstimator(raft_weights, device)
    if method == "dis":
        return _GreyEstimator(cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM))
    if method == "farneback":
        return _GreyEstimator(_create_farneback())
    if method == "deepflow":
        return _GreyEstimator(_create_deepflow())
    raise SettingsError(
        f"unknown flow estimator {method!r}", where="flow", remedy=f"choose one of {', '.join(ESTIMATORS)}"
    )


class _GreyEstimator:
    """An OpenCV solver on 8-bit grey: Rec. 601 luma of the display image, clamped to [0, 1], rounded to nearest."""

    def __init__(self, solver: Any) -> None:
        self._solver = solver
        self._lock = threading.Lock()

    def __call__(self, current: Tensor, previous: Tensor) -> Tensor:
        if current.shape != previous.shape:
            raise ValueError(f"pictures of different shape: {tuple(current.shape)} and {tuple(previous.shape)}")
        with self._lock:
            fields = [self._solve(a, b) for a, b in zip(to_grey(current), to_grey(previous), strict=True)]
        return torch.stack(fields).to(current.device)

    def _solve(self, current: NDArray[np.uint8], previous: NDArray[np.uint8]) -> Tensor:
        height, width = current.shape
        margin = ((0, max(0, _SMALLEST_SIDE - height)), (0, max(0, _SMALLEST_SIDE - width)))
        images = (np.pad(image, margin, mode="edge") for image in (current, previous))
        field = self._solver.calc(*images, None)[:height, :width]
        return torch.from_numpy(np.ascontiguousarray(field.transpose(2, 0, 1)))


def to_grey(image: Tensor) -> list[NDArray[np.uint8]]:
    """8-bit grey for OpenCV: (B, 3, H, W) display -> B arrays (H, W)."""
    return [_luma(*picture) for picture in image.detach().to("cpu", torch.float32).numpy()]


def _luma(*channels: FloatArray) -> NDArray[np.uint8]:
    red, green, blue = (np.clip(channel, 0, 1) for channel in channels)
    weights = [255 * weight for weight in _LUMA]
    two = cv2.addWeighted(red, weights[0], green, weights[1], 0)
    return cast(NDArray[np.uint8], cv2.addWeighted(two, 1, blue, weights[2], 0, dtype=cv2.CV_8U))


def _create_farneback() -> Any:
    create: Any = cv2.FarnebackOpticalFlow.create
    return create(**_FARNEBACK)


def _create_deepflow() -> Any:
    create = getattr(getattr(cv2, "optflow", None), "createOptFlow_DeepFlow", None)
    if create is None:
        raise ModelError(
            "this OpenCV has no DeepFlow",
            where="flow",
            remedy="install opencv-contrib-python-headless and no other opencv package, or use flow 'dis'",
        )
    return create()

"""Filters of pictures and of fields, by OpenCV: in one pass over memory, which is what such things cost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vst_core.tensors import row_bands, wide

_CENTRAL, _SECOND = np.array([[-1, 0, 1]], np.float32), np.array([[1, -2, 1]], np.float32)


def filtered(image: Tensor, smooth: Callable[[NDArray[Any], NDArray[Any]], object]) -> Tensor:
    """What OpenCV makes of every plane of (B, C, H, W), given that and where to write."""
    planes = wide(image.detach().flatten(0, 1).cpu())
    results = torch.empty_like(planes, memory_format=torch.contiguous_format)
    for plane, target in zip(planes.numpy(), results.numpy(), strict=True):
        smooth(np.ascontiguousarray(plane), target)
    return results.view(image.shape).to(image)


def central_difference(field: Tensor, axis: int) -> Tensor:
    """f(i + 1) - f(i - 1) along axis 2 or 3 of (B, C, H, W), the outermost pixels repeated."""
    return _along(field, axis, _CENTRAL)


def second_difference(field: Tensor, axis: int) -> Tensor:
    """f(i + 1) - 2 f(i) + f(i - 1) along axis 2 or 3 of (B, C, H, W), the outermost pixels repeated."""
    return _along(field, axis, _SECOND)


def _along(field: Tensor, axis: int, across: NDArray[np.float32]) -> Tensor:
    kernel = across if axis == 3 else np.ascontiguousarray(across.T)
    return filtered(
        field,
        lambda plane, target: cv2.filter2D(plane, -1, kernel, dst=target, borderType=cv2.BORDER_REPLICATE),
    )


def mean_difference(image: Tensor, other: Tensor) -> Tensor:
    """Of two pictures, the mean over the channels, without gradient: (B, C, H, W) -> (B, 1, H, W)."""
    image, other = image.detach(), other.detach()
    difference = torch.empty_like(image[:, :1])
    for rows in row_bands(image.shape[-2]):
        torch.mean((image[..., rows, :] - other[..., rows, :]).abs_(), 1, keepdim=True, out=difference[..., rows, :])
    return difference


def around(image: Tensor) -> Tensor:
    """The mean of the 5x5 pixels around each, mirrored at the border: (B, C, H, W)."""
    return filtered(image, lambda plane, target: cv2.blur(plane, (5, 5), dst=target, borderType=cv2.BORDER_REFLECT_101))

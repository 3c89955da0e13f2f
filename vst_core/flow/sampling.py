"""Sampling pictures, between their pixels and into fewer.

Between pixels: where no gradients are recorded, OpenCV does it on the processor, in half of torch's time. Its
arithmetic is exact from version 5 on; those before it know 32 places between two pixels, and are not asked.
"""

from __future__ import annotations

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from vst_core.tensors import extended

_IS_EXACT = int(cv2.__version__.split(".")[0]) >= 5
_LARGEST_SIDE = 32766  # that OpenCV takes


def bilinear(image: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """Sample ``image`` at points between which it is interpolated linearly, along rows and columns; 0 beyond it.

    Differentiable in ``image``. At whole pixels it gives the image's own values bit for bit.

    Args:
        image: (B, C, H, W), any range.
        x: (B, h, w), columns, at most one beyond the image, in the image's type.
        y: (B, h, w), rows, likewise.

    Returns:
        (B, C, h, w) in the image's type.
    """
    taken = image.device.type == "cpu" and image.dtype == torch.float32 and not torch.is_grad_enabled()
    if _IS_EXACT and taken and max(*image.shape[2:], *x.shape[1:]) <= _LARGEST_SIDE:
        result = image.new_empty(*image.shape[:2], *x.shape[1:])
        _by_opencv(image, x, y, result)
        return result
    return _by_torch(image, x, y)


def shrunk(image: Tensor, by: int) -> Tensor:
    """The means of ``by`` by ``by`` pixels; the border is repeated to whole ones: (1, C, H, W)."""
    height, width = image.shape[-2:]
    padded = extended(image, (0, -width % by, 0, -height % by)).cpu()
    small = padded.new_empty(1, image.shape[1], padded.shape[2] // by, padded.shape[3] // by)
    for plane, target in zip(padded[0].numpy(), small[0].numpy(), strict=True):
        cv2.resize(plane, target.shape[::-1], dst=target, interpolation=cv2.INTER_AREA)
    return small.to(image)


def enlarged(image: Tensor, by: int) -> Tensor:
    """``by`` times as large each way, interpolated linearly: (B, C, H, W)."""
    planes = image.detach().flatten(0, 1).cpu()
    large = planes.new_empty(planes.shape[0], planes.shape[1] * by, planes.shape[2] * by)
    for plane, target in zip(planes.numpy(), large.numpy(), strict=True):
        source = np.ascontiguousarray(plane)
        cv2.resize(source, target.shape[::-1], dst=target, interpolation=cv2.INTER_LINEAR)
    return large.view(*image.shape[:2], *large.shape[1:]).to(image)


def _by_opencv(image: Tensor, x: Tensor, y: Tensor, sampled: Tensor) -> None:
    pictures, columns, rows = (each.detach().numpy() for each in (image, x, y))
    for picture, across, down, targets in zip(pictures, columns, rows, sampled.numpy(), strict=True):
        for plane, target in zip(picture, targets, strict=True):
            source = np.ascontiguousarray(plane)
            cv2.remap(source, across, down, cv2.INTER_LINEAR, dst=target, borderMode=cv2.BORDER_CONSTANT)


def _by_torch(image: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """On a canvas whose sides are powers of two, in whose normalised coordinates nothing is lost."""
    canvas = _canvas(image)
    rows, columns = canvas.shape[-2:]
    grid = torch.stack((x * (2 / columns) + (1 / columns - 1), y * (2 / rows) + (1 / rows - 1)), dim=-1)
    return F.grid_sample(canvas, grid, mode="bilinear", padding_mode="zeros", align_corners=False)


def _canvas(image: Tensor) -> Tensor:
    """The image in the corner of a canvas whose sides are powers of two.

    Two rows and columns of zeros follow it, as far as any sample reaches; the rest is left unwritten.
    """
    height, width = image.shape[-2:]
    canvas = image.new_empty(*image.shape[:2], _power_of_two(height), _power_of_two(width))
    canvas[..., :height, :width] = image
    canvas[..., height : height + 2, :] = 0
    canvas[..., width : width + 2] = 0
    return canvas


def _power_of_two(size: int) -> int:
    return 1 << (size - 1).bit_length()

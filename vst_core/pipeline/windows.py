"""Images on each other's windows: hosts crop every frame to what it holds, so data windows move during a shot."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from vst_core.image import FloatArray, Window


def place(image: Tensor, source: Window, target: Window, scale: tuple[float, float] = (1.0, 1.0)) -> Tensor:
    """Cut and pad an image that covers ``source`` so that it covers ``target``; new pixels are 0.

    Args:
        image: (B, C, H, W) over ``source``.
        source: its window, in plate pixels.
        target: the window wanted, in plate pixels.
        scale: image pixels per plate pixel, down and across.
    """
    if source == target:
        return image
    down, across = scale
    top, left = round((source.y - target.y) * down), round((source.x - target.x) * across)
    placed = image.new_zeros(*image.shape[:2], round(target.height * down), round(target.width * across))
    to_rows, from_rows = _overlap(top, image.shape[-2], placed.shape[-2])
    to_columns, from_columns = _overlap(left, image.shape[-1], placed.shape[-1])
    placed[..., to_rows, to_columns] = image[..., from_rows, from_columns]
    return placed


def place_pixels(pixels: FloatArray, source: Window, target: Window) -> FloatArray:
    """``place`` for (H, W) or (H, W, C), as pixels come from a file."""
    if source == target:
        return pixels
    planes = torch.from_numpy(pixels.reshape(*pixels.shape[:2], -1)).permute(2, 0, 1)[None]
    placed: FloatArray = place(planes, source, target)[0].permute(1, 2, 0).contiguous().numpy()
    return placed.reshape(*placed.shape[:2], *pixels.shape[2:])


def _overlap(start: int, length: int, room: int) -> tuple[slice, slice]:
    """Where ``length`` pixels from ``start`` on come to lie among ``room`` pixels, and which of them do."""
    first, last = max(start, 0), max(min(start + length, room), max(start, 0))
    return slice(first, last), slice(first - start, last - start)


def grown(window: Window, smallest: int) -> Window:
    """The window, extended to the right and downwards where a side is under ``smallest`` pixels."""
    return Window(window.x, window.y, max(window.width, smallest), max(window.height, smallest))


def coverage(source: Window, target: Window) -> Tensor:
    """(1, 1, H, W) over ``target``: 1 where ``source`` has a pixel."""
    return place(torch.ones(1, 1, source.height, source.width), source, target)


def working_size(window: Window, scale: float, aspect: float = 1.0) -> tuple[int, int]:
    """Height and width of a window at a working scale, with square pixels: strokes are to look right on the screen.

    Args:
        window: in plate pixels.
        scale: working size relative to the plate, which has no more pixels either way.
        aspect: width of a plate's pixel relative to its height.
    """
    height, width = window.height * max(1, 1 / aspect), window.width * max(1, aspect)
    return max(1, round(height * scale)), max(1, round(width * scale))


def resize(image: Tensor, size: tuple[int, int]) -> Tensor:
    """(B, C, H, W) to another height and width: averaged down, bicubic up; values stay within [0, 1]."""
    if tuple(image.shape[-2:]) == size:
        return image
    if size[0] <= image.shape[-2] and size[1] <= image.shape[-1]:
        return F.interpolate(image, size, mode="bilinear", align_corners=False, antialias=True)
    return F.interpolate(image, size, mode="bicubic", align_corners=False).clamp(0, 1)


def resize_flow(flow: Tensor, size: tuple[int, int]) -> Tensor:
    """(B, 2, H, W) to another height and width, its vectors still in pixels of the result."""
    height, width = flow.shape[-2:]
    if (height, width) == size:
        return flow
    factors = flow.new_tensor([size[1] / width, size[0] / height]).view(1, 2, 1, 1)
    return F.interpolate(flow, size, mode="bilinear", align_corners=False, antialias=True) * factors

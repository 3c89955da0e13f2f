"""Total variation."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from vst_core.tensors import require_maps, wide


def total_variation(image: Tensor) -> Tensor:
    """Mean squared difference of neighbouring pixels, across plus down.

    The squared form of Mahendran & Vedaldi 2015 (beta = 2), which Gatys-style optimisation uses.

    Args:
        image: (B, C, H, W), display [0, 1]; a side of one pixel counts as flat.

    Returns:
        Scalar, at least float32. Differentiable once.
    """
    require_maps(image)
    result: Tensor = _SquaredDifferences.apply(image)  # type: ignore[no-untyped-call]
    return result


class _SquaredDifferences(torch.autograd.Function):
    """The gradient is the image's discrete Laplacian, put together from the differences that are there already."""

    @staticmethod
    def forward(ctx: Any, image: Tensor) -> Tensor:
        across = image[..., :, 1:] - image[..., :, :-1]
        down = image[..., 1:, :] - image[..., :-1, :]
        ctx.save_for_backward(across, down)
        ctx.shape = image.shape
        first, second = (torch.linalg.vector_norm(wide(differences)) for differences in (across, down))
        squares: Tensor = first.square() + second.square()
        return squares / image.numel()

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> Tensor:
        across, down = ctx.saved_tensors
        result: Tensor = across.new_zeros(ctx.shape)
        result[..., :, 1:] += across
        result[..., :, :-1] -= across
        result[..., 1:, :] += down
        result[..., :-1, :] -= down
        return result.mul_(2 * grad / result.numel())

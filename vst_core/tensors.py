"""Checks and arithmetic that several parts share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd.function import once_differentiable


def require_same_shape(first: Tensor, second: Tensor, first_name: str, second_name: str) -> None:
    """Raise ValueError unless two tensors have one shape: broadcasting would hide a mistake."""
    if first.shape != second.shape:
        raise ValueError(f"{first_name} is {tuple(first.shape)} but {second_name} is {tuple(second.shape)}")


def require_maps(features: Tensor) -> None:
    """Raise ValueError unless ``features`` is (B, C, H, W) with at least one pixel."""
    if features.dim() != 4 or features.numel() == 0:
        raise ValueError(f"features must be (B, C, H, W) and not empty, but are {tuple(features.shape)}")


def wide(tensor: Tensor) -> Tensor:
    """The tensor in float32, or in float64 if it is that already: sums over pixels do not fit shorter types."""
    return tensor if tensor.dtype == torch.float64 else tensor.float()


def without_autocast(tensor: Tensor) -> torch.autocast:
    """A context in which products are computed in the type of their factors, whatever autocast the caller is in."""
    return torch.autocast(tensor.device.type, enabled=False)


def squared_length(field: Tensor) -> Tensor:
    """Of the vectors of a field: (B, 2, H, W) -> (B, 1, H, W)."""
    x, y = field[:, :1], field[:, 1:]
    return torch.mul(x, x).addcmul_(y, y)


def extended(image: Tensor, margins: tuple[int, int, int, int]) -> Tensor:
    """An image (B, C, H, W) with its border repeated left, right, above and below by so many pixels."""
    return F.pad(image, margins, mode="replicate") if any(margins) else image


def row_bands(height: int, rows: int = 64) -> Iterator[slice]:
    """So many rows at a time, top to bottom: what is computed band by band stays in the caches of a core."""
    return (slice(top, min(top + rows, height)) for top in range(0, height, rows))


class _MeanSquare(torch.autograd.Function):
    """Keeps the difference, which is the gradient but for a factor, so that both directions take one pass."""

    @staticmethod
    def forward(ctx: Any, first: Tensor, second: Tensor) -> Tensor:
        difference = first - second  # which has the wider type of the two
        ctx.save_for_backward(difference)
        ctx.dtype = first.dtype
        norm: Tensor = torch.linalg.vector_norm(difference)
        return norm.square() / difference.numel()

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None]:
        (difference,) = ctx.saved_tensors
        return (difference * (2 * grad / difference.numel())).to(ctx.dtype), None


def mean_square(values: Tensor, target: Tensor) -> Tensor:
    """Mean of (values - target)^2, at least float32; differentiable once, in ``values`` alone."""
    result: Tensor = _MeanSquare.apply(values, wide(target))  # type: ignore[no-untyped-call]
    return result

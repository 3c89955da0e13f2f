"""Checks and conversions that several losses share."""

from __future__ import annotations

import torch
from torch import Tensor


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

"""First and second moments of feature maps: what Gram and Gaussian Wasserstein style are made of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from vst_core.losses._shapes import require_maps, wide

# Pixels multiplied in one run in a short type, and how many pixels make that worth while.
_RUN = 256
_MIN_PIXELS_IN_RUNS = 1024


class Moments(NamedTuple):
    """Raw moments of a feature distribution; raw ones can be mixed, central ones cannot.

    Attributes:
        mean: (B, C), E[f].
        second: (B, C, C), E[f f^T].
    """

    mean: Tensor
    second: Tensor

    @property
    def covariance(self) -> Tensor:
        """(B, C, C), E[f f^T] - E[f] E[f]^T."""
        return self.second - self.mean.unsqueeze(2) * self.mean.unsqueeze(1)


class _RawMoments(torch.autograd.Function):
    """Sums over pixels in float32 whatever x (B, N, C) is; the gradient, a product with x, stays in x's type."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, with_mean: bool) -> tuple[Tensor | None, Tensor]:
        ctx.save_for_backward(x)
        ctx.set_materialize_grads(False)
        second = _sum_of_products(x).div_(x.shape[1])
        return (_sum(x).div_(x.shape[1]) if with_mean else None), second

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad_mean: Tensor | None, grad_second: Tensor | None) -> tuple[Tensor, None]:
        (x,) = ctx.saved_tensors
        if grad_second is None:
            grad_second = x.new_zeros(len(x), x.shape[2], x.shape[2])
        symmetric = (grad_second + grad_second.transpose(1, 2)).div_(x.shape[1]).to(x.dtype)
        if grad_mean is None:
            return torch.bmm(x, symmetric), None
        return torch.baddbmm((grad_mean / x.shape[1]).unsqueeze(1).to(x.dtype), x, symmetric), None


def _in_runs(x: Tensor) -> bool:
    """Whether to multiply (B, N, C) in its own short type, in runs of pixels whose results are summed in float32.

    Hardware does that fast, and rounding to the short type then happens in many small sums and averages out.
    """
    return x.itemsize < 4 and x.shape[1] >= _MIN_PIXELS_IN_RUNS


def _split(x: Tensor) -> tuple[Tensor, Tensor]:
    """The whole runs of (B, N, C), as (B N / run, run, C), and the pixels left over."""
    whole = x.shape[1] - x.shape[1] % _RUN
    return x[:, :whole].reshape(-1, _RUN, x.shape[2]), wide(x[:, whole:])


def _sum_of_products(x: Tensor) -> Tensor:
    """(B, N, C) -> (B, C, C), at least float32."""
    if not _in_runs(x):
        values = wide(x)
        return torch.bmm(values.transpose(1, 2), values)
    runs, rest = _split(x)
    products = torch.bmm(runs.transpose(1, 2), runs).view(len(x), -1, x.shape[2], x.shape[2])
    total = products.sum(1, dtype=torch.float32)
    return total.baddbmm_(rest.transpose(1, 2), rest) if rest.shape[1] else total


def _sum(x: Tensor) -> Tensor:
    """(B, N, C) -> (B, C), at least float32."""
    if not _in_runs(x):
        return wide(x).sum(1)
    runs, rest = _split(x)
    sums = torch.bmm(x.new_ones(1, 1, 1).expand(len(runs), 1, _RUN), runs)
    return sums.view(len(x), -1, x.shape[2]).sum(1, dtype=torch.float32) + rest.sum(1)


def _pixels(features: Tensor) -> Tensor:
    """(B, C, H, W) -> (B, H W, C): how a channels-last map lies in memory, so neither it nor its gradient is copied."""
    require_maps(features)
    return features.permute(0, 2, 3, 1).flatten(1, 2)


def feature_moments(features: Tensor) -> Moments:
    """Moments over the pixels of (B, C, H, W) features, at least float32. Differentiable once."""
    return Moments(*_RawMoments.apply(_pixels(features), True))  # type: ignore[no-untyped-call]


def second_moment(features: Tensor) -> Tensor:
    """E[f f^T] over the pixels of (B, C, H, W) features: (B, C, C), at least float32. Differentiable once."""
    second: Tensor = _RawMoments.apply(_pixels(features), False)[1]  # type: ignore[no-untyped-call]
    return second


def blend_moments(moments: Sequence[Moments], weights: Sequence[float]) -> Moments:
    """Moments of the mixture that draws from each distribution with its weight (weights sum to 1)."""
    if len(moments) != len(weights) or not moments:
        raise ValueError(f"{len(weights)} weights for {len(moments)} distributions")
    mean = torch.stack([w * m.mean for m, w in zip(moments, weights, strict=True)]).sum(0)
    second = torch.stack([w * m.second for m, w in zip(moments, weights, strict=True)]).sum(0)
    return Moments(mean, second)

"""First and second moments of feature maps: what Gram and Gaussian Wasserstein style are made of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from vst_core.tensors import require_maps, wide, without_autocast

# Pixels multiplied in one run in bfloat16, and how many pixels make that worth while.
_RUN = 1024
_MIN_RUNS = 4
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
    def forward(ctx: Any, x: Tensor) -> tuple[Tensor, Tensor]:
        ctx.save_for_backward(x)
        ctx.set_materialize_grads(False)
        return pixel_moments(x)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad_mean: Tensor | None, grad_second: Tensor | None) -> Tensor:
        (x,) = ctx.saved_tensors
        return pixel_gradient(x, grad_mean, grad_second)


def pixel_moments(pixels: Tensor, with_mean: bool = True) -> Moments:
    """Moments of pixels (B, N, C), at least float32; for use within a node of the graph, not differentiable itself.

    Without the mean, which Gram style has no use for, that is an empty (B, 0).
    """
    with without_autocast(pixels):
        second = _sum_of_products(pixels).div_(pixels.shape[1])
        return Moments(_sum(pixels).div_(pixels.shape[1]) if with_mean else second.new_empty(len(second), 0), second)


def pixel_gradient(
    pixels: Tensor, grad_mean: Tensor | None, grad_second: Tensor | None, into: Tensor | None = None
) -> Tensor:
    """What the gradients of ``pixel_moments`` are for its pixels.

    Args:
        pixels: (B, N, C), as it was given to ``pixel_moments``.
        grad_mean: (B, C), or None for none.
        grad_second: (B, C, C), or None for none.
        into: (B, N, C) to add the result to, in place; a new tensor when left out.
    """
    batch, count, channels = pixels.shape
    result = pixels.new_zeros(batch, 1, 1).expand(batch, count, channels) if into is None else into
    if grad_second is not None:
        symmetric = (grad_second + grad_second.transpose(1, 2)).to(pixels.dtype)
        start = result if into is None else into
        add = torch.baddbmm if into is None else torch.Tensor.baddbmm_
        result = add(start, pixels, symmetric, beta=0 if into is None else 1, alpha=1 / count)
    if grad_mean is not None and grad_mean.shape[1]:
        share = (grad_mean / count).unsqueeze(1).to(pixels.dtype)
        result = result + share if result.stride(1) == 0 else result.add_(share)
    return result


def _in_runs(x: Tensor) -> bool:
    """Whether to multiply (B, N, C) in bfloat16, as it is, in runs of pixels whose results are summed in float32.

    Hardware does that fast, and rounding then happens in many small sums and averages out. A run's sum of float16 would
    soon be beyond that type's 65504.
    """
    return x.dtype == torch.bfloat16 and x.shape[1] >= _MIN_PIXELS_IN_RUNS


def _split(x: Tensor) -> tuple[Tensor, Tensor]:
    """(B, N, C) cut into runs, (B N / run, run, C), and the pixels left over."""
    run = min(_RUN, x.shape[1] // _MIN_RUNS)
    whole = x.shape[1] - x.shape[1] % run
    return x[:, :whole].reshape(-1, run, x.shape[2]), wide(x[:, whole:])


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
    sums = torch.bmm(x.new_ones(1, 1, 1).expand(len(runs), 1, runs.shape[1]), runs)
    return sums.view(len(x), -1, x.shape[2]).sum(1, dtype=torch.float32) + rest.sum(1)


def as_pixels(features: Tensor) -> Tensor:
    """(B, C, H, W) -> (B, H W, C): how a channels-last map lies in memory, so neither it nor its gradient is copied."""
    require_maps(features)
    return features.permute(0, 2, 3, 1).flatten(1, 2)


def feature_moments(features: Tensor) -> Moments:
    """Moments over the pixels of (B, C, H, W) features, at least float32. Differentiable once."""
    return Moments(*_RawMoments.apply(as_pixels(features)))  # type: ignore[no-untyped-call]


def blend_moments(moments: Sequence[Moments], weights: Sequence[float]) -> Moments:
    """Moments of the mixture that draws from each distribution with its weight (weights sum to 1)."""
    if len(moments) != len(weights) or not moments:
        raise ValueError(f"{len(weights)} weights for {len(moments)} distributions")
    mean = torch.stack([w * m.mean for m, w in zip(moments, weights, strict=True)]).sum(0)
    second = torch.stack([w * m.second for m, w in zip(moments, weights, strict=True)]).sum(0)
    return Moments(mean, second)

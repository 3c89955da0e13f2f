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
    def forward(ctx: Any, x: Tensor) -> tuple[Tensor, Tensor]:
        ctx.save_for_backward(x)
        ctx.set_materialize_grads(False)
        total, products = _sums(x)
        return total / x.shape[1], products / x.shape[1]

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad_mean: Tensor | None, grad_second: Tensor) -> Tensor:
        (x,) = ctx.saved_tensors
        symmetric = ((grad_second + grad_second.transpose(1, 2)) / x.shape[1]).to(x.dtype)
        if grad_mean is None:
            return torch.bmm(x, symmetric)
        return torch.baddbmm((grad_mean / x.shape[1]).unsqueeze(1).to(x.dtype), x, symmetric)


def _sums(x: Tensor) -> tuple[Tensor, Tensor]:
    """The sum over pixels of x and of its products, (B, C) and (B, C, C), for (B, N, C); at least float32.

    A short type is multiplied as it is, where hardware does that fast, in runs of pixels whose results are summed in
    float32, so that rounding to the short type happens in many small sums and averages out.
    """
    batch, pixels, channels = x.shape
    if x.itemsize >= 4 or pixels < _MIN_PIXELS_IN_RUNS:
        values = wide(x)
        return values.sum(1), torch.bmm(values.transpose(1, 2), values)
    whole = pixels - pixels % _RUN
    runs = x[:, :whole].reshape(-1, _RUN, channels)
    sums = torch.bmm(x.new_ones(1, 1, 1).expand(len(runs), 1, _RUN), runs)
    products = torch.bmm(runs.transpose(1, 2), runs)
    rest = wide(x[:, whole:])
    return (
        sums.view(batch, -1, channels).sum(1, dtype=torch.float32) + rest.sum(1),
        products.view(batch, -1, channels, channels).sum(1, dtype=torch.float32)
        + torch.bmm(rest.transpose(1, 2), rest),
    )


def feature_moments(features: Tensor) -> Moments:
    """Moments over the pixels of (B, C, H, W) features, at least float32. Differentiable once."""
    require_maps(features)
    # Pixels by channels is how a channels-last map lies in memory, so neither this nor its gradient is copied.
    pixels = features.permute(0, 2, 3, 1).flatten(1, 2)
    return Moments(*_RawMoments.apply(pixels))  # type: ignore[no-untyped-call]


def blend_moments(moments: Sequence[Moments], weights: Sequence[float]) -> Moments:
    """Moments of the mixture that draws from each distribution with its weight (weights sum to 1)."""
    if len(moments) != len(weights) or not moments:
        raise ValueError(f"{len(weights)} weights for {len(moments)} distributions")
    mean = torch.stack([w * m.mean for m, w in zip(moments, weights, strict=True)]).sum(0)
    second = torch.stack([w * m.second for m, w in zip(moments, weights, strict=True)]).sum(0)
    return Moments(mean, second)

"""Gaussian Wasserstein-2 style loss: the Bures distance between two Gaussians fitted to features (arXiv 2007.13010)."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from vst_core.losses.base import StyleLoss
from vst_core.moments import Moments, feature_moments
from vst_core.tensors import require_same_shape, without_autocast

_RIDGE = 1e-4


class _Fidelity(torch.autograd.Function):
    """tr (R S R)^1/2 for a fixed symmetric root R of the target's covariance.

    Its gradient in S is T / 2, where T = R (R S R)^-1/2 R is the optimal transport map from N(0, S) to N(0, R R); one
    eigendecomposition gives value and gradient, so nothing is unrolled for the backward pass.
    """

    @staticmethod
    def forward(ctx: Any, covariance: Tensor, root: Tensor) -> tuple[Tensor, Tensor]:
        values, vectors = torch.linalg.eigh(root @ covariance @ root)
        roots = values.clamp_min(torch.finfo(values.dtype).eps * values.amax(-1, keepdim=True)).sqrt()
        half = root @ (vectors * roots.rsqrt().unsqueeze(1))
        transport = half @ half.transpose(1, 2)
        ctx.save_for_backward(transport)
        ctx.mark_non_differentiable(transport)
        return roots.sum(-1), transport

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor, _: Tensor) -> tuple[Tensor, None]:
        (transport,) = ctx.saved_tensors
        return grad.view(-1, 1, 1) * transport / 2, None


def gaussian_wasserstein(moments: Moments, target: Moments) -> Tensor:
    """Squared 2-Wasserstein distance between N(mu, S) and N(mu_s, S_s), each term divided by the number of channels.

    mean((mu - mu_s)^2) + mean(diag(S_s + S - 2 (S_s^1/2 S S_s^1/2)^1/2)), with 1e-4 I added to both covariances.

    Args:
        moments: of the stylised image's features, (B, C) and (B, C, C).
        target: of the style's.

    Returns:
        Scalar, the mean over B; 0 for equal moments.
    """
    return GaussianWassersteinLoss(target).of_moments(moments)


class GaussianWassersteinLoss(StyleLoss):
    """``gaussian_wasserstein`` of features against a target taken once.

    Args:
        target: moments of the style's features, (B, C) and (B, C, C).
        refresh: the transport map, the costly part, is computed every ``refresh`` calls and held between them. The
            loss is then tangent to the exact one and never above it: the fidelity is concave in S. A map a few small
            steps old serves first-order optimisers; a quasi-Newton one, which compares gradients, needs 1.
    """

    mean: Tensor
    covariance: Tensor
    root: Tensor

    def __init__(self, target: Moments, refresh: int = 1) -> None:
        super().__init__()
        covariance = _regularised(target.covariance.detach())
        values, vectors = torch.linalg.eigh(covariance.double())
        root = (vectors * values.clamp_min(0).sqrt().unsqueeze(1)) @ vectors.transpose(1, 2)
        self.register_buffer("mean", target.mean.detach())
        self.register_buffer("covariance", covariance)
        self.register_buffer("root", root.to(covariance.dtype))
        self._refresh = refresh
        self._age = 0
        self._held: tuple[Tensor, Tensor] | None = None

    def forward(self, features: Tensor) -> Tensor:
        """(B, C, H, W) -> scalar."""
        return self.of_moments(feature_moments(features))

    def restart(self) -> None:
        """Drop the held transport map."""
        self._held = None

    def of_moments(self, moments: Moments) -> Tensor:
        """Moments (B, C), (B, C, C) -> scalar."""
        require_same_shape(moments.mean, self.mean, "mean", "target mean")
        covariance = _regularised(moments.covariance)
        trace = (covariance.diagonal(dim1=1, dim2=2) + self.covariance.diagonal(dim1=1, dim2=2)).sum(-1)
        with without_autocast(covariance):  # eigenvalues of what was rounded to bfloat16 are others
            bures = trace - 2 * self._fidelity(covariance)
        return ((moments.mean - self.mean).square().mean(-1) + bures / self.mean.shape[1]).mean()

    def _fidelity(self, covariance: Tensor) -> Tensor:
        """Tr (R S R)^1/2: exact when the map is fresh, (tr (R S0 R)^1/2 + tr T S) / 2 while it is held."""
        if self._held is None or self._age >= self._refresh:
            fidelity, transport = _Fidelity.apply(covariance, self.root)  # type: ignore[no-untyped-call]
            self._held, self._age = (fidelity.detach(), transport), 1
            return fidelity  # type: ignore[no-any-return]  # apply is untyped
        self._age += 1
        held, transport = self._held
        return (held + (transport * covariance).sum((1, 2))) / 2


def _regularised(covariance: Tensor) -> Tensor:
    eye = torch.eye(covariance.shape[-1], dtype=covariance.dtype, device=covariance.device)
    return covariance + _RIDGE * eye

"""Gram style loss (Gatys et al. 2016)."""

from __future__ import annotations

from torch import Tensor

from vst_core.losses.base import StyleLoss
from vst_core.moments import Moments, feature_moments
from vst_core.tensors import mean_square, require_same_shape


def gram_matrix(features: Tensor) -> Tensor:
    """Gram matrix divided by C H W: (B, C, H, W) -> (B, C, C), at least float32.

    Gatys et al. 2016, equation 3, with the normalisation that Johnson et al. 2016 and Ruder et al. 2016 use.
    """
    return feature_moments(features).second / features.shape[1]


def gram_loss(gram: Tensor, target: Tensor) -> Tensor:
    """Mean squared difference of two Gram matrices (B, C, C): scalar. Gatys et al. 2016, equation 4, as a mean."""
    require_same_shape(gram, target, "gram", "target")
    return mean_square(gram, target)


class GramLoss(StyleLoss):
    """``gram_loss`` of features against a target (B, C, C) taken once."""

    needs_mean = False
    target: Tensor

    def __init__(self, target: Tensor) -> None:
        super().__init__()
        # Compared before the division by C: one pass over the matrices less, in either direction.
        self.register_buffer("target", target.detach() * target.shape[-1])

    def forward(self, features: Tensor) -> Tensor:
        """(B, C, H, W) -> scalar."""
        return self.of_moments(feature_moments(features))

    def of_moments(self, moments: Moments) -> Tensor:
        """Moments (B, C), (B, C, C) -> scalar."""
        return gram_loss(moments.second, self.target) / moments.second.shape[-1] ** 2

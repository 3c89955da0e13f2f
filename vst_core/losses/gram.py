"""Gram style loss (Gatys et al. 2016)."""

from __future__ import annotations

from torch import Tensor

from vst_core.losses._shapes import mean_square, require_same_shape
from vst_core.losses.base import StyleLoss
from vst_core.losses.moments import second_moment


def gram_matrix(features: Tensor) -> Tensor:
    """Gram matrix divided by C H W: (B, C, H, W) -> (B, C, C), at least float32.

    Gatys et al. 2016, equation 3, with the normalisation that Johnson et al. 2016 and Ruder et al. 2016 use.
    """
    return second_moment(features) / features.shape[1]


def gram_loss(gram: Tensor, target: Tensor) -> Tensor:
    """Mean squared difference of two Gram matrices (B, C, C): scalar. Gatys et al. 2016, equation 4, as a mean."""
    require_same_shape(gram, target, "gram", "target")
    return mean_square(gram, target)


class GramLoss(StyleLoss):
    """``gram_loss`` of features against a target (B, C, C) taken once."""

    target: Tensor

    def __init__(self, target: Tensor) -> None:
        super().__init__()
        self.register_buffer("target", target.detach())

    def forward(self, features: Tensor) -> Tensor:
        """(B, C, H, W) -> scalar."""
        return gram_loss(gram_matrix(features), self.target)

"""Content loss."""

from __future__ import annotations

from torch import Tensor, nn

from vst_core.tensors import mean_square, require_same_shape, wide


def content_loss(features: Tensor, target: Tensor) -> Tensor:
    """Mean squared difference of two feature maps.

    Gatys et al. 2016, equation 1, as a mean instead of half a sum, so that it does not depend on the image's size.

    Args:
        features: (B, C, H, W), the stylised image's.
        target: (B, C, H, W), the plate's.

    Returns:
        Scalar, at least float32. Differentiable once, in ``features``.

    Raises:
        ValueError: the shapes differ.
    """
    require_same_shape(features, target, "features", "target")
    return mean_square(features, target)


class ContentLoss(nn.Module):
    """``content_loss`` against a target taken once."""

    target: Tensor

    def __init__(self, target: Tensor) -> None:
        super().__init__()
        self.register_buffer("target", wide(target.detach()))

    def forward(self, features: Tensor) -> Tensor:
        """(B, C, H, W) -> scalar."""
        return content_loss(features, self.target)

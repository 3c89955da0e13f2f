"""Temporal loss (Ruder et al. 2016)."""

from __future__ import annotations

from torch import Tensor

from vst_core.tensors import require_same_shape


def temporal_loss(image: Tensor, warped: Tensor, valid: Tensor) -> Tensor:
    """Mean over all values of valid (image - warped)^2.

    Ruder et al. 2016, equation 7: the sum over trusted pixels is divided by the number D of all values, so that a frame
    with much disocclusion is bound less and not harder.

    Args:
        image: (B, C, H, W), the stylised frame, display [0, 1].
        warped: (B, C, H, W), the previous stylised frame on this frame's grid; or unwarped, for the naive loss.
        valid: (B, 1, H, W) in [0, 1], 1 where ``warped`` can be trusted.

    Returns:
        Scalar.

    Raises:
        ValueError: the shapes do not fit.
    """
    require_same_shape(image, warped, "image", "warped")
    require_same_shape(image[:, :1], valid, "image (one channel)", "valid")
    return (valid * (image - warped).square()).mean()

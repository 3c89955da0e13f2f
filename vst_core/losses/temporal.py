"""Temporal loss (Ruder et al. 2016)."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from vst_core.tensors import require_same_shape, wide


def temporal_loss(image: Tensor, warped: Tensor, valid: Tensor) -> Tensor:
    """Mean over all values of valid (image - warped)^2.

    Ruder et al. 2016, equation 7: the sum over trusted pixels is divided by the number D of all values, so that a frame
    with much disocclusion is bound less and not harder.

    Args:
        image: (B, C, H, W), the stylised frame, display [0, 1].
        warped: (B, C, H, W), the previous stylised frame on this frame's grid; or unwarped, for the naive loss.
        valid: (B, 1, H, W) in [0, 1], 1 where ``warped`` can be trusted.

    Returns:
        Scalar, at least float32.

    Raises:
        ValueError: the shapes do not fit.
    """
    require_same_shape(image, warped, "image", "warped")
    require_same_shape(image[:, :1], valid, "image (one channel)", "valid")
    return (wide(valid) * (wide(image) - wide(warped)).square()).mean()


def long_term_weights(valid: Sequence[Tensor]) -> list[Tensor]:
    """How much each of several earlier frames counts: an older one where the nearer ones cannot be trusted.

    Ruder et al. 2016, section 4.3: c_long(i-j, i) = max(c(i-j, i) - sum over nearer k of c(i-k, i), 0), of the masks as
    they are and not of what was left of them. At no pixel do the weights sum to more than the largest mask.

    Args:
        valid: one mask for each earlier frame, the nearest first, (B, 1, H, W) in [0, 1], 1 where it can be trusted.

    Returns:
        One weight for each, likewise.

    Raises:
        ValueError: the shapes differ.
    """
    weights: list[Tensor] = []
    nearer: Tensor | None = None
    for mask in valid:
        require_same_shape(mask, valid[0], "valid", "valid of the nearest frame")
        weights.append(mask if nearer is None else (mask - nearer).clamp_min(0))
        nearer = mask if nearer is None else nearer + mask
    return weights

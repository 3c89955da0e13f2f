"""Total variation."""

from __future__ import annotations

from torch import Tensor

from vst_core.losses._shapes import require_maps


def total_variation(image: Tensor) -> Tensor:
    """Mean squared difference of neighbouring pixels, across plus down.

    The squared form of Mahendran & Vedaldi 2015 (beta = 2), which Gatys-style optimisation uses.

    Args:
        image: (B, C, H, W), display [0, 1]; a side of one pixel counts as flat.

    Returns:
        Scalar.
    """
    require_maps(image)
    across = (image[..., :, 1:] - image[..., :, :-1]).square().sum()
    down = (image[..., 1:, :] - image[..., :-1, :]).square().sum()
    return (across + down) / image.numel()

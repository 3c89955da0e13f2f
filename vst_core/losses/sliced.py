"""Sliced Wasserstein style loss (Heitz et al. 2021): sorted projections of the features on random directions."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from vst_core.losses.base import StyleLoss
from vst_core.tensors import require_maps, require_same_shape, wide, without_autocast


def sliced_wasserstein(features: Tensor, target: Tensor, directions: Tensor) -> Tensor:
    """Mean squared difference of sorted projections.

    Args:
        features: (B, C, H, W).
        target: (B, C, h, w); of another size, its sorted values are resampled linearly.
        directions: (K, C), unit vectors.

    Returns:
        Scalar, at least float32; 0 for equal distributions.

    Raises:
        ValueError: batch or channels differ.
    """
    for maps in (features, target):
        require_maps(maps)
    require_same_shape(features[..., 0, 0], target[..., 0, 0], "features (one pixel)", "target (one pixel)")
    require_same_shape(features[0, :, 0, 0], directions[0], "features (one pixel)", "directions (one)")
    return F.mse_loss(
        _sorted(features.flatten(2), directions),
        _resampled(_sorted(target.flatten(2), directions), features[0, 0].numel()),
    )


class SlicedWassersteinLoss(StyleLoss):
    """``sliced_wasserstein`` against a blend of styles, on fresh random directions at every call.

    Args:
        targets: features of each style, (1, C, h, w) each.
        weights: one for each style, summing to 1. The sorted projections are mixed by them, which is the Wasserstein
            barycentre of the projected styles.
        seed: of the directions; it decides the loss's sequence of values.
        directions: how many directions K a call takes.
        samples: at most this many pixels of a map take part in a call, drawn anew each time; sorting all of them
            costs more than the feature network.
    """

    def __init__(
        self,
        targets: Sequence[Tensor],
        weights: Sequence[float],
        *,
        seed: int = 0,
        directions: int = 64,
        samples: int = 4096,
    ) -> None:
        super().__init__()
        if len(targets) != len(weights) or not targets:
            raise ValueError(f"{len(weights)} weights for {len(targets)} styles")
        for index, target in enumerate(targets):
            self.register_buffer(f"target{index}", target.detach().flatten(2))
        self._weights = tuple(weights)
        self._seed = seed
        self._generator = torch.Generator()
        self._directions = directions
        self._samples = samples
        self.restart()

    def forward(self, features: Tensor) -> Tensor:
        """(1, C, H, W) -> scalar."""
        require_maps(features)
        values = self._drawn(features.flatten(2))
        targets = [self.get_buffer(f"target{index}") for index in range(len(self._weights))]
        for style in targets:
            require_same_shape(values[..., 0], style[..., 0], "features (one pixel)", "target (one pixel)")
        directions = torch.randn(self._directions, values.shape[1], generator=self._generator)
        directions = F.normalize(directions, dim=1).to(values.device)
        target = torch.stack(
            [
                weight * _resampled(_sorted(self._drawn(style), directions), values.shape[2])
                for style, weight in zip(targets, self._weights, strict=True)
            ]
        ).sum(0)
        return F.mse_loss(_sorted(values, directions), target)

    def restart(self) -> None:
        """Draw the same directions again from the next call on."""
        self._generator.manual_seed(self._seed)

    def _drawn(self, values: Tensor) -> Tensor:
        if values.shape[2] <= self._samples:
            return values
        chosen = torch.randint(values.shape[2], (self._samples,), generator=self._generator)
        return values[:, :, chosen.to(values.device)]


def _sorted(values: Tensor, directions: Tensor) -> Tensor:
    """(B, C, N) projected on (K, C) and sorted: (B, K, N)."""
    values = wide(values)
    with without_autocast(values):
        return torch.matmul(directions.to(values.dtype), values).sort(dim=-1).values


def _resampled(values: Tensor, size: int) -> Tensor:
    """(B, K, N) -> (B, K, size): the quantile function read at other places."""
    if values.shape[-1] == size:
        return values
    return F.interpolate(values, size=size, mode="linear", align_corners=False)

"""The style of a shot, measured once: one loss per layer, and how much each layer counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from vst_core.features import Features
from vst_core.losses import (
    GaussianWassersteinLoss,
    GramLoss,
    SlicedWassersteinLoss,
    StyleLoss,
    blend_moments,
    feature_moments,
)
from vst_core.settings import OptimizationSettings

# How much each of the five blocks counts, before division by the number of its layers.
BLOCK_WEIGHTS = {"gram": (1.0, 1.0, 1.0, 1.0, 1.0), "wasserstein": (1.0, 1.0, 1.0, 1.0, 1.0), "sliced": (1.0,) * 5}


@dataclass(frozen=True, slots=True)
class StyleTarget:
    """What a style demands at one size.

    Features of different networks, and of one network's layers, differ in size by orders of magnitude. Every term is
    divided by what the style's own features amount to, so that a loss of 1 means as far off as nothing at all, and one
    set of weights fits every network.

    Attributes:
        losses: style loss by layer, features (1, C, H, W) in and a scalar out.
        weights: what to multiply each with: the layer's share over the size of its target.
        content_weights: one over the mean square of the style's features, by content layer.
    """

    losses: dict[str, StyleLoss]
    weights: dict[str, float]
    content_weights: dict[str, float]


def measure_style(
    settings: OptimizationSettings,
    features: Features,
    styles: Sequence[Tensor],
    blend: Sequence[float],
    refresh: int = 1,
) -> StyleTarget:
    """Measure styles, blended by weight.

    Gram and Gaussian styles mix by raw second moments, sliced ones by their sorted projections.

    Args:
        settings: which loss, which layers.
        features: the feature network.
        styles: (1, 3, h, w) each, display [0, 1].
        blend: one weight for each style, summing to 1.
        refresh: see ``GaussianWassersteinLoss``.
    """
    with torch.no_grad():
        measured = [features(style) for style in styles]
    losses: dict[str, StyleLoss] = {}
    weights: dict[str, float] = {}
    shares = layer_shares(settings)
    for index, layer in enumerate(settings.style_layers):
        maps = [item[layer] for item in measured]
        moments = blend_moments([feature_moments(item) for item in maps], blend)
        size = float(moments.second.diagonal(dim1=1, dim2=2).mean())
        if settings.style_loss == "gram":
            target = moments.second / moments.second.shape[-1]
            losses[layer], size = GramLoss(target), float(target.square().mean())
        elif settings.style_loss == "wasserstein":
            losses[layer] = GaussianWassersteinLoss(moments, refresh)
        else:
            losses[layer] = SlicedWassersteinLoss(maps, blend, seed=settings.seed * len(settings.style_layers) + index)
        weights[layer] = shares[layer] / max(size, 1e-12)
    content = {
        layer: 1
        / max(
            1e-12, sum(w * float(item[layer].float().square().mean()) for w, item in zip(blend, measured, strict=True))
        )
        for layer in settings.content_layers
    }
    return StyleTarget(losses, weights, content)


def layer_shares(settings: OptimizationSettings) -> dict[str, float]:
    """Each style layer's share of the style loss, summing to 1."""
    blocks = BLOCK_WEIGHTS[settings.style_loss]
    raw = {layer: blocks[int(layer.removeprefix("relu")[0]) - 1] for layer in settings.style_layers}
    return {layer: weight / sum(raw.values()) for layer, weight in raw.items()}

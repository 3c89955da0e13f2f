"""The style term of the objective: one loss per layer, and how much each layer counts."""

from __future__ import annotations

from collections.abc import Sequence

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
from vst_core.settings import StyleMeasure

# Shallow layers weigh more under Wasserstein: 256:64:16:4:1 over the five blocks (arXiv 2007.13010's companion
# settings).
_WASSERSTEIN_BLOCK_WEIGHTS = {"1": 256.0, "2": 64.0, "3": 16.0, "4": 4.0, "5": 1.0}


def layer_weights(measure: StyleMeasure, layers: Sequence[str]) -> dict[str, float]:
    """The weight of each layer: equal for Gram, by block and summing to 1 for Wasserstein."""
    if measure == "gram":
        return dict.fromkeys(layers, 1.0)
    raw = {layer: _WASSERSTEIN_BLOCK_WEIGHTS[layer.removeprefix("relu")[0]] for layer in layers}
    return {layer: weight / sum(raw.values()) for layer, weight in raw.items()}


def style_terms(
    measure: StyleMeasure,
    features: Features,
    styles: Sequence[Tensor],
    blend: Sequence[float],
    layers: Sequence[str],
    *,
    refresh: int = 1,
    seed: int = 0,
) -> dict[str, StyleLoss]:
    """One loss per layer, each with its target taken.

    Args:
        measure: ``"gram"``, ``"wasserstein"`` (Gaussian) or ``"sliced"``.
        features: the feature network.
        styles: (1, 3, h, w) each, display [0, 1].
        blend: one weight for each style, summing to 1. Gram and Gaussian styles mix by raw second moments, sliced
            ones by their sorted projections.
        layers: names of the style layers.
        refresh: see ``GaussianWassersteinLoss``.
        seed: of the sliced loss's directions.
    """
    with torch.no_grad():
        measured = [features(style) for style in styles]
    terms: dict[str, StyleLoss] = {}
    for index, layer in enumerate(layers):
        maps = [item[layer] for item in measured]
        if measure == "sliced":
            terms[layer] = SlicedWassersteinLoss(maps, blend, seed=seed * len(layers) + index)
            continue
        mixed = blend_moments([feature_moments(item) for item in maps], blend)
        if measure == "gram":
            terms[layer] = GramLoss(mixed.second / mixed.second.shape[-1])
        else:
            terms[layer] = GaussianWassersteinLoss(mixed, refresh)
    return terms

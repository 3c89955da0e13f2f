"""The objective: L = alpha L_content + beta L_style + gamma L_temporal + TV, for one frame at one size."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor

from vst_core.features import Features
from vst_core.losses import ContentLoss, StyleLoss, temporal_loss, total_variation
from vst_core.methods.base import Prior
from vst_core.methods.style_terms import layer_weights
from vst_core.settings import OptimizationSettings, StyleMeasure


@dataclass(frozen=True, slots=True)
class Balance:
    """Reference weights of the four losses, for features of the normalised network and pixels in [0, 1]."""

    content: float
    style: float
    temporal: float
    tv: float


# Gram: Ruder et al. 2016 give 5, 1e2 and 1e3 for pixels from 0 to 255, where features are 58 times and their Gram
# 58^2 times as large as here. Wasserstein: content and TV relative to style as in arXiv 2007.13010's companion
# settings.
BALANCE: dict[StyleMeasure, Balance] = {
    "gram": Balance(content=1.0, style=6.7e4, temporal=3.9e3, tv=1.0),
    "wasserstein": Balance(content=0.015, style=1.0, temporal=50.0, tv=2.0),
    "sliced": Balance(content=0.015, style=1.0, temporal=50.0, tv=2.0),
}


class Objective:
    """The loss of an image, as a callable.

    Args:
        settings: weights and layers.
        features: the feature network.
        content: (1, 3, H, W), display [0, 1].
        prior: the previous result at this size, or None.
        terms: the style losses by layer; they are restarted, so that no frame depends on the one before it.
    """

    def __init__(
        self,
        settings: OptimizationSettings,
        features: Features,
        content: Tensor,
        prior: Prior | None,
        terms: dict[str, StyleLoss],
    ) -> None:
        balance = BALANCE[settings.style_loss]
        self._features = features
        self._prior = prior
        self._alpha = settings.content_weight * balance.content / len(settings.content_layers)
        self._gamma = settings.temporal_weight * balance.temporal
        self._tv = settings.tv_weight * balance.tv
        self._betas = {
            layer: settings.style_weight * balance.style * weight
            for layer, weight in layer_weights(settings.style_loss, settings.style_layers).items()
        }
        self._terms = terms
        for term in terms.values():
            term.restart()
        with torch.no_grad():
            target = features(content)
        self._content = {layer: ContentLoss(target[layer]) for layer in settings.content_layers}
        self._parts: dict[str, Tensor] = {}

    def __call__(self, image: Tensor) -> Tensor:
        """(1, 3, H, W), display -> scalar."""
        features = self._features(image)
        parts = {
            "content": self._alpha * _sum(loss(features[layer]) for layer, loss in self._content.items()),
            "style": _sum(self._betas[layer] * term(features[layer]) for layer, term in self._terms.items()),
            "tv": self._tv * total_variation(image),
        }
        if self._prior is not None:
            parts["temporal"] = self._gamma * temporal_loss(image, self._prior.warped, self._prior.valid)
        self._parts = {name: value.detach() for name, value in parts.items()}
        return _sum(parts.values())

    def parts(self) -> dict[str, float]:
        """The weighted parts of the last call by name, and their ``total``."""
        values = {name: float(value) for name, value in self._parts.items()}
        return {"total": sum(values.values())} | values


def _sum(values: Iterable[Tensor]) -> Tensor:
    return torch.stack(list(values)).sum()

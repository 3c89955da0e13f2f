"""The objective: L = alpha L_content + beta L_style + gamma L_temporal + TV, for one frame at one size."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor

from vst_core.features import Features
from vst_core.losses import ContentLoss, temporal_loss, total_variation
from vst_core.methods.base import Prior
from vst_core.methods.style_target import StyleTarget
from vst_core.settings import OptimizationSettings, StyleMeasure


@dataclass(frozen=True, slots=True)
class Balance:
    """Reference weights of the other losses where that of style is 1, for relative features and pixels in [0, 1]."""

    content: float
    temporal: float
    tv: float


# Style is 1 by definition. The rest was chosen by looking at, and measuring, frames of the sample shot.
BALANCE: dict[StyleMeasure, Balance] = {
    "gram": Balance(content=0.2, temporal=50.0, tv=1.0),
    "wasserstein": Balance(content=0.25, temporal=50.0, tv=1.0),
    "sliced": Balance(content=0.15, temporal=50.0, tv=1.0),
}


class Objective:
    """The loss of an image, as a callable.

    Args:
        settings: weights and layers.
        features: the feature network.
        content: (1, 3, H, W), display [0, 1].
        prior: the previous result at this size, or None.
        style: what the style demands at this size; its losses are restarted, so that no frame depends on another.
    """

    def __init__(
        self,
        settings: OptimizationSettings,
        features: Features,
        content: Tensor,
        prior: Prior | None,
        style: StyleTarget,
    ) -> None:
        balance = BALANCE[settings.style_loss]
        self._features = features
        self._measure = settings.style_loss
        self._prior = prior
        alpha = settings.content_weight * balance.content / len(settings.content_layers)
        self._alphas = {layer: alpha * weight for layer, weight in style.content_weights.items()}
        self._betas = {layer: settings.style_weight * weight for layer, weight in style.weights.items()}
        self._gamma = settings.temporal_weight * balance.temporal
        self._tv = settings.tv_weight * balance.tv
        self._style = style
        for loss in style.losses.values():
            loss.restart()
        with torch.no_grad():
            target = features(content)
        self._content = {layer: ContentLoss(target[layer]) for layer in settings.content_layers}
        self._parts: dict[str, Tensor] = {}

    def __call__(self, image: Tensor) -> Tensor:
        """(1, 3, H, W), display -> scalar."""
        if self._measure == "sliced":
            features = self._features(image)
            style = [self._betas[layer] * loss(features[layer]) for layer, loss in self._style.losses.items()]
        else:
            layers = tuple(self._style.losses)
            needs_mean = any(loss.needs_mean for loss in self._style.losses.values())
            features, moments = self._features.statistics(image, tuple(self._content), layers, with_mean=needs_mean)
            style = [self._betas[layer] * loss.of_moments(moments[layer]) for layer, loss in self._style.losses.items()]
        parts = {
            "content": _sum(self._alphas[layer] * loss(features[layer]) for layer, loss in self._content.items()),
            "style": _sum(style),
            "tv": self._tv * total_variation(image),
        }
        if self._prior is not None:
            parts["temporal"] = self._gamma * temporal_loss(image, self._prior.warped, self._prior.weight)
        self._parts = {name: value.detach() for name, value in parts.items()}
        return _sum(parts.values())

    def parts(self) -> dict[str, float]:
        """The weighted parts of the last call by name, and their ``total``."""
        values = {name: float(value) for name, value in self._parts.items()}
        return {"total": sum(values.values())} | values


def _sum(values: Iterable[Tensor]) -> Tensor:
    return torch.stack(list(values)).sum()

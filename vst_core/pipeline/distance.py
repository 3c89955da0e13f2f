"""Distances of frames to a style and to the plate's content."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from vst_core import weights
from vst_core.features import Features
from vst_core.methods import StyleTarget, measure_style, read_style, scaled_to_area
from vst_core.settings import Network, OptimizationSettings, StyleMeasure

_MEASURES: tuple[StyleMeasure, ...] = ("gram", "wasserstein", "sliced")


@dataclass(frozen=True, slots=True)
class Distances:
    """Means over a shot, each relative to the size of the target's own features.

    Attributes:
        gram: squared difference of Gram matrices.
        wasserstein: squared Gaussian Wasserstein distance.
        sliced: squared sliced Wasserstein distance.
        content: squared difference of features to the plate's.
    """

    gram: float
    wasserstein: float
    sliced: float
    content: float


class StyleMeter:
    """Measures frames against styles, in float32 whatever the render used.

    Args:
        network: the feature network.
        path: its weights, or None.
        styles: style images, blended equally; each is measured at the frames' size.
    """

    def __init__(self, network: Network, path: Path | None, styles: Sequence[Path]) -> None:
        options = OptimizationSettings()
        layers = tuple(dict.fromkeys((*options.content_layers, *options.style_layers)))
        self._features = Features(network, weights.load(network, path), layers)
        self._styles = [read_style(style) for style in styles]
        self._targets: dict[StyleMeasure, StyleTarget] = {}
        self._sums: dict[str, list[list[float]]] = {"stylized": [], "plate": []}

    def add(self, stylized: Tensor, plate: Tensor) -> None:
        """Take in one frame: (1, 3, H, W) each, display [0, 1]."""
        if not self._targets:
            blend = [1 / len(self._styles)] * len(self._styles)
            styles = [scaled_to_area(style, math.sqrt(plate.shape[-2] * plate.shape[-1])) for style in self._styles]
            for measure in _MEASURES:
                options = OptimizationSettings(style_loss=measure)
                self._targets[measure] = measure_style(options, self._features, styles, blend)
        content = self._features(plate)
        self._sums["plate"].append(self._distances(content, content))
        self._sums["stylized"].append(self._distances(self._features(stylized), content))

    def means(self) -> dict[str, Distances]:
        """The mean over all frames, for the stylised shot and for the plate."""
        return {
            name: Distances(*torch.tensor(values, dtype=torch.float64).mean(0).tolist())
            for name, values in self._sums.items()
        }

    def _distances(self, features: dict[str, Tensor], content: dict[str, Tensor]) -> list[float]:
        result = []
        for target in self._targets.values():
            for loss in target.losses.values():
                loss.restart()
            result.append(
                sum(target.weights[layer] * float(loss(features[layer])) for layer, loss in target.losses.items())
            )
        held = self._targets["gram"].content_weights.items()
        # Not by content_loss: of many millions of values, the norm that torch sums up is some thousandths too small.
        apart = {layer: float((features[layer] - content[layer]).square_().mean()) for layer, _ in held}
        result.append(sum(weight * apart[layer] for layer, weight in held))
        return result

"""Pictures, settings and a network so small that a frame is stylised in an instant."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from vst_core.features import Features
from vst_core.methods import Optimization, Progress
from vst_core.settings import OptimizationSettings

MakeFeatures = Callable[[Sequence[str]], Features]
LAYERS = ("relu1_1", "relu2_1")
LOSSES = ("gram", "wasserstein", "sliced")
SOLVERS = ("adam", "lbfgs")
SMALL = {
    "style_layers": LAYERS,
    "content_layers": ("relu2_1",),
    "iterations": 12,
    "iterations_next": 7,
    "scales": 1,
    "learning_rate": 0.05,
}


def settings(**values: Any) -> OptimizationSettings:
    return OptimizationSettings.model_validate(SMALL | values)


def picture(seed: int, height: int = 32, width: int = 36) -> Tensor:
    """A smooth picture with some noise."""
    generator = torch.Generator().manual_seed(seed)
    coarse = torch.rand(1, 3, 4, 4, generator=generator)
    smooth = torch.nn.functional.interpolate(coarse, (height, width), mode="bilinear", align_corners=False)
    return (smooth + 0.1 * torch.rand(1, 3, height, width, generator=generator)).clamp(0, 1)


def ignore(_: Progress) -> None:
    pass


def prepared(
    random_features: MakeFeatures,
    styles: tuple[Tensor, ...] = (),
    blend: tuple[float, ...] = (1.0,),
    passes: int = 1,
    **values: Any,
) -> Optimization:
    """The method with one style if none is given; keywords are settings."""
    chosen = settings(**values)
    made = Optimization(chosen, random_features((*chosen.style_layers, *chosen.content_layers)), passes)
    made.prepare(styles or (picture(100),), blend, 1.0)
    return made

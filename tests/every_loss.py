"""Every loss, of features and of what they are to be like."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from vst_core.losses import (
    ContentLoss,
    GaussianWassersteinLoss,
    GramLoss,
    SlicedWassersteinLoss,
    blend_moments,
    content_loss,
    feature_moments,
    gaussian_wasserstein,
    gram_loss,
    gram_matrix,
    long_term_weights,
    sliced_wasserstein,
    temporal_loss,
    total_variation,
)

Loss = Callable[[Tensor, Tensor], Tensor]
LOSSES: dict[str, Loss] = {
    "content": content_loss,
    "prepared content": lambda features, target: ContentLoss(target)(features),
    "gram": lambda features, target: gram_loss(gram_matrix(features), gram_matrix(target)),
    "prepared gram": lambda features, target: GramLoss(gram_matrix(target))(features),
    "wasserstein": lambda features, target: gaussian_wasserstein(feature_moments(features), feature_moments(target)),
    "prepared wasserstein": lambda features, target: GaussianWassersteinLoss(
        blend_moments([feature_moments(target), feature_moments(target.flip(1))], [0.3, 0.7])
    )(features),
    "sliced": lambda features, target: sliced_wasserstein(features, target, _first_two(target)),
    "prepared sliced": lambda features, target: SlicedWassersteinLoss([target], [1.0], seed=3)(features),
    "temporal": lambda features, target: temporal_loss(features, target, target[:, :1].clamp(0, 1)),
    "long term": lambda features, target: temporal_loss(features, target, long_term_weights([target[:, :1]] * 2)[1]),
    "total variation": lambda features, _: total_variation(features),
}


def _first_two(features: Tensor) -> Tensor:
    """The first two channels as directions, where the features are."""
    return torch.eye(features.shape[1], device=features.device)[:2]

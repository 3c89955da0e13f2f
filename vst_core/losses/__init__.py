"""Losses: tensors and masks in, a scalar out. They compute no flow and no features.

Each comes as a function, and as a module that takes its target once where the target is worth preparing.
"""

from vst_core.losses.base import StyleLoss
from vst_core.losses.content import ContentLoss, content_loss
from vst_core.losses.gram import GramLoss, gram_loss, gram_matrix
from vst_core.losses.sliced import SlicedWassersteinLoss, sliced_wasserstein
from vst_core.losses.temporal import long_term_weights, temporal_loss
from vst_core.losses.total_variation import total_variation
from vst_core.losses.wasserstein import GaussianWassersteinLoss, gaussian_wasserstein
from vst_core.moments import Moments, blend_moments, feature_moments

__all__ = [
    "ContentLoss",
    "GaussianWassersteinLoss",
    "GramLoss",
    "Moments",
    "SlicedWassersteinLoss",
    "StyleLoss",
    "blend_moments",
    "content_loss",
    "feature_moments",
    "gaussian_wasserstein",
    "gram_loss",
    "gram_matrix",
    "long_term_weights",
    "sliced_wasserstein",
    "temporal_loss",
    "total_variation",
]

"""One prior out of several: short- and long-term memory of a shot (Ruder et al. 2016, section 4.3)."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from vst_core.losses import long_term_weights
from vst_core.methods.base import Prior


def long_term_prior(priors: Sequence[Prior]) -> Prior:
    """Earlier results as one prior, in which an older one shows where the nearer ones cannot be trusted.

    It stands for all of them: at a pixel, the sum of c_j (x - w_j)^2 over the priors, which is the published loss, is
    c (x - w)^2 and something that does not depend on x, where c is the sum of the c_j and w the mean of the w_j
    weighted by them. So the loss costs no more than that of one prior, and a network can take it too.

    Args:
        priors: the nearest first; at least one.
    """
    weights = long_term_weights([prior.valid for prior in priors])
    if len(priors) == 1:
        return priors[0]
    valid = torch.stack(weights).sum(0)
    total = torch.stack([weight * prior.warped for weight, prior in zip(weights, priors, strict=True)]).sum(0)
    tiny = torch.finfo(valid.dtype).tiny
    return Prior(torch.where(valid > tiny, total / valid.clamp_min(tiny), priors[0].warped), valid.clamp(max=1))

"""One image out of several results: what a frame is held to, and what a later pass starts from (Ruder et al. 2016)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import reduce

import torch
from torch import Tensor

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
    return _mean(priors, long_term_weights([prior.valid for prior in priors]))


def mean_prior(priors: Sequence[Prior]) -> Prior:
    """Earlier results as one prior: the mean of all that can be trusted, as much as the best of them.

    What a network adds to its prior by chance, it adds once a frame. Along the frame before alone that piles up; here
    it is averaged out, and a step back of several frames has passed through the network and the warp less often.

    Args:
        priors: at least one.
    """
    valid = [prior.valid for prior in priors]
    return replace(_mean(priors, valid), valid=reduce(torch.maximum, valid))


def joint_prior(priors: Sequence[Prior]) -> Prior:
    """`mean_prior` that binds an optimisation as much as all of them do together, each by itself.

    Args:
        priors: at least one.
    """
    if len(priors) == 1:
        return priors[0]
    mean = mean_prior(priors)
    total = torch.stack([prior.valid for prior in priors]).sum(0)
    return replace(mean, results=total / mean.valid.clamp_min(torch.finfo(total.dtype).tiny))


def two_sided_prior(before: Prior, after: Prior) -> Prior:
    """The neighbours on both sides as one prior: their mean where both can be trusted, else the one that can.

    It binds no pixel more than one neighbour does.
    """
    return _mean((before, after), (before.valid, after.valid))


def _mean(priors: Sequence[Prior], weights: Sequence[Tensor]) -> Prior:
    """Their weighted mean, taken in one after the other; the first where none has weight."""
    mean, total = priors[0].warped, weights[0]
    for prior, weight in zip(priors[1:], weights[1:], strict=True):
        total = total + weight
        mean = torch.lerp(mean, prior.warped, weight / total.clamp_min(torch.finfo(total.dtype).tiny))
    return Prior(mean, total.clamp(max=1)) if len(priors) > 1 else priors[0]


def blended_start(own: Tensor, neighbours: Sequence[Prior]) -> Tensor:
    """What a pass after the first starts a frame from: its own result so far, and those of its neighbours.

    Ruder et al. 2016, section 4.4, with neighbours on both sides: (x + sum of c w) / (1 + sum of c). Where neither can
    be trusted, the frame is on its own.

    Args:
        own: (1, 3, H, W), display [0, 1], the frame's result of the pass before.
        neighbours: on its grid.
    """
    total, weight = own, torch.ones_like(own[:, :1])
    for each in neighbours:
        total, weight = total + each.valid * each.warped, weight + each.valid
    return total / weight

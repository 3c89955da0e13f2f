"""One image out of several results: what a frame is held to, and what a later pass starts from (Ruder et al. 2016)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import reduce

import torch
from torch import Tensor

from vst_core.losses import long_term_weights
from vst_core.methods.base import Prior
from vst_core.tensors import row_bands


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
    if len(priors) == 1:
        return priors[0]
    valid, mean = torch.empty_like(weights[0]), torch.empty_like(priors[0].warped)
    tiny = torch.finfo(valid.dtype).tiny
    for rows in row_bands(mean.shape[-2]):  # large frames would not fit often
        shares, warped = [weight[..., rows, :] for weight in weights], [prior.warped[..., rows, :] for prior in priors]
        total = reduce(torch.add, shares)
        part = reduce(torch.add, (share * each for share, each in zip(shares, warped, strict=True)))
        mean[..., rows, :] = torch.where(total > tiny, part / total.clamp_min(tiny), warped[0])
        torch.clamp(total, max=1, out=valid[..., rows, :])
    return Prior(mean, valid)


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

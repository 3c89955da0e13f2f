"""Losses in a caller's autocast, as in a training: it may shorten what makes a picture, and not what judges it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from vst_core.losses import (
    SlicedWassersteinLoss,
    content_loss,
    feature_moments,
    gaussian_wasserstein,
    gram_loss,
    gram_matrix,
    sliced_wasserstein,
)

Loss = Callable[[Tensor, Tensor], Tensor]
LOSSES: dict[str, Loss] = {
    "content": content_loss,
    "gram": lambda features, target: gram_loss(gram_matrix(features), gram_matrix(target)),
    "wasserstein": lambda features, target: gaussian_wasserstein(feature_moments(features), feature_moments(target)),
    "sliced": lambda features, target: sliced_wasserstein(features, target, torch.eye(8)[1:3]),
    "prepared sliced": lambda features, target: SlicedWassersteinLoss([target], [1.0])(features),
}


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
def test_values_and_gradients_are_those_without_it(loss: Loss, dtype: torch.dtype) -> None:
    features, target = torch.rand(1, 8, 20, 18).to(dtype), torch.rand(1, 8, 20, 18).to(dtype)
    found = []
    for shortens in (False, True):
        given = features.clone().requires_grad_()
        with torch.autocast("cpu", torch.bfloat16, shortens):
            value = loss(given, target)
        assert value.dtype == torch.float32
        found.append((value.detach(), *torch.autograd.grad(value, given)))
    assert all(torch.equal(without, within) for without, within in zip(*found, strict=True))

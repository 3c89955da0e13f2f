"""Losses in a caller's autocast, as in a training: it may shorten what makes a picture, and not what judges it."""

from __future__ import annotations

import pytest
import torch
from every_loss import LOSSES, Loss


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

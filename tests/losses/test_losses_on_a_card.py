"""A researcher's losses on a card: the processor's values and gradients, and no tensor of theirs left behind."""

from __future__ import annotations

import copy
from collections.abc import Callable

import pytest
import torch
from every_loss import LOSSES, Loss
from stand_in_card import CARD
from torch import Tensor

from vst_core.losses import (
    ContentLoss,
    GaussianWassersteinLoss,
    GramLoss,
    SlicedWassersteinLoss,
    feature_moments,
    gram_matrix,
)


@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
def test_it_is_the_processors_loss(loss: Loss) -> None:
    image, target = torch.rand(1, 3, 12, 10), torch.rand(1, 3, 12, 10)
    found = []
    for device in (torch.device("cpu"), CARD):
        given = image.clone().to(device).requires_grad_()
        value = loss(given, target.to(device))
        value.backward()  # type: ignore[no-untyped-call]
        assert value.device == device
        assert given.grad is not None
        found.append((value.detach().cpu(), given.grad.cpu()))
    assert all(torch.equal(here, there) for here, there in zip(*found, strict=True))


@pytest.mark.parametrize(
    "made",
    [
        ContentLoss,
        lambda target: GramLoss(gram_matrix(target)),
        lambda target: GaussianWassersteinLoss(feature_moments(target)),
        lambda target: SlicedWassersteinLoss([target, target + 1], [0.5, 0.5]),
    ],
    ids=["content", "gram", "wasserstein", "sliced"],
)
def test_a_prepared_loss_is_moved_with_its_target(made: Callable[[Tensor], torch.nn.Module]) -> None:
    image, loss = torch.rand(1, 3, 12, 10), made(torch.rand(1, 3, 12, 10))
    wide, there = copy.deepcopy(loss).double(), copy.deepcopy(loss).to(CARD)
    here = loss(image)
    assert there(image.to(CARD)).cpu().item() == here.item()
    found = wide(image.double())
    assert found.dtype == torch.float64
    assert found.item() == pytest.approx(here.item(), rel=1e-4)

"""A researcher's losses on a card: the processor's values and gradients, and no tensor of theirs left behind."""

from __future__ import annotations

import copy
from collections.abc import Callable

import pytest
import torch
from stand_in_card import CARD
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
    gram_matrix,
    long_term_weights,
    temporal_loss,
    total_variation,
)

Loss = Callable[[Tensor, Tensor], Tensor]
LOSSES: dict[str, Loss] = {
    "content": content_loss,
    "prepared content": lambda features, target: ContentLoss(target)(features),
    "gram": lambda features, target: GramLoss(gram_matrix(target))(features),
    "wasserstein": lambda features, target: gaussian_wasserstein(feature_moments(features), feature_moments(target)),
    "prepared wasserstein": lambda features, target: GaussianWassersteinLoss(
        blend_moments([feature_moments(target), feature_moments(target.flip(1))], [0.3, 0.7])
    )(features),
    "sliced": lambda features, target: SlicedWassersteinLoss([target], [1.0], seed=3)(features),
    "temporal": lambda features, target: temporal_loss(features, target, target[:, :1].clamp(0, 1)),
    "long term": lambda features, target: temporal_loss(features, target, long_term_weights([target[:, :1]] * 2)[1]),
    "total variation": lambda features, _: total_variation(features),
}


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

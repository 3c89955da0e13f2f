"""A spot that rises high above the rest of its map costs; what a frame shows does not."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from vst_core.networks import ConditionalNorm
from vst_core.training.spikes import watched_spikes

MIX = torch.ones(1, 1)


class Blocks(nn.Module):
    """Norms where the network has them: one that is watched, one at the network's entry."""

    def __init__(self, normalization: str = "instance") -> None:
        super().__init__()
        self.blocks = nn.ModuleList([ConditionalNorm(3, 1, normalization)])  # type: ignore[arg-type]
        self.stem_norm = ConditionalNorm(3, 1, normalization)  # type: ignore[arg-type]

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.blocks[0](self.stem_norm(x, MIX), MIX)
        return y


def maps(spot: float = 0.0) -> Tensor:
    """(1, 3, 64, 64), noise with a spot of 4 x 4 pixels in it."""
    x = torch.randn(1, 3, 64, 64, generator=torch.Generator().manual_seed(0)).clamp(-3, 3)
    x[..., 20:24, 30:34] += spot
    return x


def watched(x: Tensor, normalization: str = "instance") -> list[Tensor]:
    network = Blocks(normalization)
    with watched_spikes(network) as spikes:
        network(x)
    network(x)
    return spikes


def test_a_spot_costs_and_noise_does_not() -> None:
    (calm,), (spotted,) = watched(maps()), watched(maps(30))
    assert calm < 1e-4
    assert spotted > 0.1


def test_the_cost_leads_away_from_the_spot() -> None:
    x = maps(30).requires_grad_()
    (cost,) = watched(x)
    (gradient,) = torch.autograd.grad(cost, x)
    assert (gradient[..., 20:24, 30:34] > 0).all()
    assert cost > watched((x - 100 * gradient).detach())[0]


def test_nothing_is_watched_without_a_gradient_or_where_norms_are_not_of_an_instance() -> None:
    with torch.no_grad():
        assert not watched(maps(30))
    assert not watched(maps(30), "none")
    assert not watched(maps(30), "batch")

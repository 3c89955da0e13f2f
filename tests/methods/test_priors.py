from __future__ import annotations

import torch
from torch import Tensor

from vst_core.losses import long_term_weights, temporal_loss
from vst_core.methods import Prior, blended_start, joint_prior, long_term_prior, mean_prior, two_sided_prior


def prior() -> Prior:
    return Prior(torch.rand(1, 3, 8, 9), (torch.rand(1, 1, 8, 9) * 2 - 0.5).clamp(0, 1))


def gradient(loss: Tensor, image: Tensor) -> Tensor:
    return torch.autograd.grad(loss, image)[0]


def test_it_pulls_as_all_of_them_do() -> None:
    """It is the published sum of losses, less what no pixel can change."""
    priors = [prior() for _ in range(3)]
    weights = long_term_weights([each.valid for each in priors])
    one = long_term_prior(priors)
    away = []
    for _ in range(2):
        image = torch.rand(1, 3, 8, 9, requires_grad=True)
        total = torch.stack([temporal_loss(image, p.warped, w) for p, w in zip(priors, weights, strict=True)]).sum()
        single = temporal_loss(image, one.warped, one.valid)
        assert torch.allclose(gradient(total, image), gradient(single, image), atol=1e-7)
        away.append(float((total - single).detach()))
    assert abs(away[0] - away[1]) < 1e-6


def test_a_mean_pulls_as_all_of_them_do() -> None:
    """It weighs as much as each of them, where it can be trusted, and what it is trusted stays in [0, 1]."""
    priors = [prior() for _ in range(3)]
    one = joint_prior(priors)
    image = torch.rand(1, 3, 8, 9, requires_grad=True)
    total = torch.stack([temporal_loss(image, each.warped, each.valid) for each in priors]).sum()
    single = temporal_loss(image, one.warped, one.weight)
    assert torch.allclose(gradient(total, image), gradient(single, image), atol=1e-7)
    assert float(one.valid.max()) <= 1 < float(one.weight.max())


def test_one_prior_is_itself() -> None:
    only = prior()
    for one in (long_term_prior([only]), mean_prior([only]), joint_prior([only])):
        assert torch.equal(one.warped, only.warped)
        assert torch.equal(one.valid, only.valid)
        assert torch.equal(one.weight, only.valid)


def test_where_only_an_old_one_can_be_trusted_it_shows() -> None:
    near, old = prior(), prior()
    near.valid[..., :4], old.valid[..., :4] = 0, 1
    near.valid[..., 4:], old.valid[..., 4:] = 1, 1
    one = long_term_prior([near, old])
    assert torch.equal(one.warped[..., :4], old.warped[..., :4])
    assert torch.equal(one.warped[..., 4:], near.warped[..., 4:])
    assert bool((one.valid == 1).all())


def test_where_none_can_be_trusted_there_is_nothing() -> None:
    priors = [Prior(torch.rand(1, 3, 4, 4), torch.zeros(1, 1, 4, 4)) for _ in range(2)]
    one = long_term_prior(priors)
    assert not one.valid.any()
    assert torch.isfinite(one.warped).all()


def test_a_start_is_the_mean_of_all_that_can_be_trusted() -> None:
    own, before, after = torch.rand(1, 3, 4, 6), prior(), prior()
    before, after = (Prior(each.warped[..., :4, :6], torch.zeros(1, 1, 4, 6)) for each in (before, after))
    assert torch.equal(blended_start(own, [before, after]), own)
    before.valid[..., 2:], after.valid[..., 4:] = 1, 1
    start = blended_start(own, [before, after])
    assert torch.equal(start[..., :2], own[..., :2])
    assert torch.allclose(start[..., 2:4], (own + before.warped)[..., 2:4] / 2)
    assert torch.allclose(start[..., 4:], (own + before.warped + after.warped)[..., 4:] / 3)


def test_neighbours_on_both_sides_bind_no_harder_than_one() -> None:
    before, after = (Prior(torch.rand(1, 3, 4, 6), torch.zeros(1, 1, 4, 6)) for _ in range(2))
    before.valid[..., 2:], after.valid[..., 4:] = 1, 1
    both = two_sided_prior(before, after)
    assert both.valid[0, 0, 0].tolist() == [0, 0, 1, 1, 1, 1]
    assert torch.equal(both.warped[..., 2:4], before.warped[..., 2:4])
    assert torch.allclose(both.warped[..., 4:], (before.warped + after.warped)[..., 4:] / 2)


def test_a_mean_is_that_of_all_that_can_be_trusted_and_as_trusted_as_the_best() -> None:
    near, old, gone = prior(), prior(), prior()
    near.valid[...], old.valid[...], gone.valid[...] = 1, 1, 0
    near.valid[..., :3], old.valid[..., :3] = 0, 0.5
    one = mean_prior([near, old, gone])
    assert torch.equal(one.warped[..., :3], old.warped[..., :3])
    assert torch.allclose(one.warped[..., 3:], (near.warped + old.warped)[..., 3:] / 2, atol=1e-6)
    assert torch.unique(one.valid).tolist() == [0.5, 1]


def test_a_mean_is_trusted_as_the_best_of_them() -> None:
    one, other = prior(), prior()
    assert torch.equal(mean_prior([one, other]).valid, torch.maximum(one.valid, other.valid))


def test_a_mean_of_nothing_that_can_be_trusted_is_nothing() -> None:
    priors = [Prior(torch.rand(1, 3, 4, 4), torch.zeros(1, 1, 4, 4)) for _ in range(2)]
    one = mean_prior(priors)
    assert not one.valid.any()
    assert torch.isfinite(one.warped).all()

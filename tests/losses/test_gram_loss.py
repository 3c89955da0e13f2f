from __future__ import annotations

import pytest
import torch

from vst_core.losses import GramLoss, feature_moments, gram_loss, gram_matrix


def test_a_constant_map_has_its_outer_product() -> None:
    levels = torch.tensor([1.0, -2.0, 0.5, 3.0])
    features = levels.view(1, 4, 1, 1).expand(1, 4, 5, 7)
    assert torch.allclose(gram_matrix(features)[0], torch.outer(levels, levels) / 4)


def test_it_is_the_sum_over_pixels_by_channels_and_size() -> None:
    features = torch.rand(2, 6, 8, 9)
    flat = features.double().flatten(2)
    expected = flat @ flat.transpose(1, 2) / (6 * 8 * 9)
    assert torch.allclose(gram_matrix(features).double(), expected, rtol=1e-5)


def test_where_pixels_lie_does_not_matter() -> None:
    features = torch.rand(1, 5, 6, 8)
    shuffled = features.flatten(2)[..., torch.randperm(48)].view(1, 5, 8, 6)
    assert torch.allclose(gram_matrix(features), gram_matrix(shuffled), rtol=1e-5)
    assert torch.allclose(gram_matrix(features), gram_matrix(features.repeat(1, 1, 2, 3)), rtol=1e-5)


def test_the_loss_is_the_mean_squared_difference() -> None:
    first, second = torch.rand(1, 4, 4), torch.rand(1, 4, 4)
    assert float(gram_loss(first, second)) == pytest.approx(float((first - second).square().mean()), rel=1e-5)


def test_the_module_is_the_function_of_the_matrix() -> None:
    features, target = torch.rand(2, 6, 8, 9), torch.rand(2, 6, 6)
    expected = float(gram_loss(gram_matrix(features), target))
    assert float(GramLoss(target)(features)) == pytest.approx(expected, rel=1e-5)
    assert float(GramLoss(target).of_moments(feature_moments(features))) == pytest.approx(expected, rel=1e-5)


def test_features_cost_nothing_against_their_own_matrix() -> None:
    features = torch.rand(1, 8, 9, 9)
    loss = GramLoss(gram_matrix(features))
    assert float(loss(features)) < 1e-12
    assert float(loss(2 * features)) > 1e-3


def test_gradcheck() -> None:
    features = torch.rand(2, 3, 4, 5, dtype=torch.float64, requires_grad=True)
    target = torch.rand(2, 3, 3, dtype=torch.float64)
    assert torch.autograd.gradcheck(gram_matrix, features)
    assert torch.autograd.gradcheck(GramLoss(target), features)
    assert torch.autograd.gradcheck(lambda gram: gram_loss(gram, target), torch.rand_like(target).requires_grad_())


def test_it_gives_the_same_however_the_features_lie_in_memory() -> None:
    features = torch.rand(1, 16, 8, 8)
    channels_last = features.to(memory_format=torch.channels_last)
    assert torch.allclose(gram_matrix(features), gram_matrix(channels_last), rtol=1e-5)


def test_other_shapes_are_refused_and_not_broadcast() -> None:
    with pytest.raises(ValueError, match="target"):
        gram_loss(torch.rand(2, 3, 3), torch.rand(1, 3, 3))
    with pytest.raises(ValueError, match="target"):
        GramLoss(torch.rand(1, 4, 4))(torch.rand(1, 3, 8, 8))
    with pytest.raises(ValueError, match=r"\(B, C, H, W\)"):
        gram_matrix(torch.rand(3, 8, 8))

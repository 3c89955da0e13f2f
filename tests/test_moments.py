from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from vst_core.moments import Moments, blend_moments, feature_moments


def relative(found: Tensor, expected: Tensor) -> float:
    return float((found.double() - expected.double()).norm() / expected.double().norm())


def like_features(*shape: int) -> Tensor:
    """Rectified and correlated, as a network's are."""
    mixing = torch.randn(shape[1], shape[1]) / shape[1] ** 0.5
    return torch.einsum("bchw,cd->bdhw", torch.randn(shape), mixing).add(0.3).relu()


def test_they_are_numpys() -> None:
    features = torch.randn(2, 5, 6, 7) + 3
    moments = feature_moments(features)
    for index in range(2):
        pixels = features[index].flatten(1).double().numpy()
        np.testing.assert_allclose(moments.mean[index], pixels.mean(1), rtol=1e-5)
        np.testing.assert_allclose(moments.covariance[index], np.cov(pixels, bias=True), rtol=1e-3, atol=1e-4)


def test_blended_moments_are_those_of_all_samples_together() -> None:
    first, second = torch.randn(1, 4, 5, 6) + 1, 2 * torch.randn(1, 4, 5, 18) - 1
    blended = blend_moments([feature_moments(first), feature_moments(second)], [0.25, 0.75])
    together = feature_moments(torch.cat([first, second], dim=3))
    assert torch.allclose(blended.mean, together.mean, atol=1e-5)
    assert torch.allclose(blended.covariance, together.covariance, atol=1e-4)


def test_a_blend_of_one_is_that_one() -> None:
    moments = feature_moments(torch.rand(1, 4, 5, 6))
    for weights, parts in (([1.0], [moments]), ([1.0, 0.0], [moments, feature_moments(torch.rand(1, 4, 2, 2))])):
        blended = blend_moments(parts, weights)
        assert torch.equal(blended.mean, moments.mean)
        assert torch.equal(blended.second, moments.second)


@pytest.mark.parametrize("weights", [[], [0.5], [0.3, 0.3, 0.4]])
def test_weights_must_match_the_distributions(weights: list[float]) -> None:
    moments = feature_moments(torch.rand(1, 3, 4, 4))
    with pytest.raises(ValueError, match="weights for 2 distributions"):
        blend_moments([moments, moments], weights)
    with pytest.raises(ValueError, match="0 distributions"):
        blend_moments([], [])


def test_gradcheck() -> None:
    features = torch.randn(2, 3, 4, 5, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(feature_moments, features)
    assert torch.autograd.gradcheck(lambda values: feature_moments(values).covariance, features)


def test_each_moment_may_be_used_alone() -> None:
    features = torch.randn(1, 3, 4, 5, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda values: feature_moments(values).mean, features)
    assert torch.autograd.gradcheck(lambda values: feature_moments(values).second, features)


@pytest.mark.parametrize("size", [(16, 20), (32, 32), (41, 43)], ids=["short", "whole runs", "runs and a rest"])
def test_bfloat16_agrees_with_float32(size: tuple[int, int]) -> None:
    short = like_features(2, 48, *size).bfloat16().to(memory_format=torch.channels_last)
    exact = short.float()
    pull = torch.randn(2, 48, 48)
    grads: list[Tensor] = []
    for features in (short.requires_grad_(), exact.requires_grad_()):
        moments = feature_moments(features)
        assert moments.mean.dtype == moments.second.dtype == torch.float32
        grads += torch.autograd.grad((moments.second * pull).sum() + moments.mean.sum(), features)
        assert grads[-1].dtype == features.dtype
    found, expected = feature_moments(short.detach()), feature_moments(exact.detach())
    assert relative(found.mean, expected.mean) < 0.0015
    assert relative(found.second, expected.second) < 0.0013
    assert relative(found.covariance, expected.covariance) < 0.01
    assert relative(*grads) < 0.01


def test_sums_over_many_short_pixels_do_not_saturate() -> None:
    features = torch.full((1, 2, 300, 300), 1.5, dtype=torch.bfloat16)
    moments = feature_moments(features)
    assert torch.allclose(moments.mean, torch.full((1, 2), 1.5), rtol=0.005)
    assert torch.allclose(moments.second, torch.full((1, 2, 2), 2.25), rtol=0.005)


def test_what_fits_a_half_float_has_sums_beyond_it() -> None:
    features = torch.full((1, 2, 64, 64), 300.0, dtype=torch.float16, requires_grad=True)
    moments = feature_moments(features)
    assert torch.equal(moments.mean, torch.full((1, 2), 300.0))
    assert torch.equal(moments.second, torch.full((1, 2, 2), 90000.0))
    (gradient,) = torch.autograd.grad(moments.mean.sum() * 4096, features)
    assert torch.equal(gradient, torch.ones_like(features))


def test_a_covariance_is_what_central_samples_have() -> None:
    moments = Moments(torch.tensor([[1.0, 2.0]]), torch.tensor([[[2.0, 2.0], [2.0, 9.0]]]))
    assert moments.covariance.tolist() == [[[1.0, 0.0], [0.0, 5.0]]]


@pytest.mark.parametrize("shape", [(3, 4, 4), (1, 3, 0, 4), (1, 0, 4, 4)])
def test_what_is_no_feature_map_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"\(B, C, H, W\)"):
        feature_moments(torch.rand(shape))

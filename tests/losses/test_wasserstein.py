from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from vst_core.losses import GaussianWassersteinLoss, Moments, feature_moments, gaussian_wasserstein

RIDGE = 1e-4


def gaussian(mean: Tensor, covariance: Tensor) -> Moments:
    """Raw moments of one Gaussian."""
    return Moments(mean.unsqueeze(0), (covariance + torch.outer(mean, mean)).unsqueeze(0))


def any_covariance(size: int) -> Tensor:
    factor = torch.logspace(-2, 1, size).view(-1, 1) * torch.randn(size, 2 * size)
    return (factor @ factor.T / (2 * size)).double()


def rotation(size: int) -> Tensor:
    axes: Tensor = torch.linalg.qr(torch.randn(size, size, dtype=torch.float64)).Q
    return axes


def reference(moments: Moments, target: Moments) -> float:
    """In float64, with the trace of the root taken from the eigenvalues of the product of the covariances."""
    first, second = (_central(item) for item in (moments, target))
    values = np.linalg.eigvals(first[1] @ second[1]).real.clip(min=0)
    bures = np.trace(first[1]) + np.trace(second[1]) - 2 * np.sqrt(values).sum()
    return float(np.square(first[0] - second[0]).mean() + bures / len(first[0]))


def _central(moments: Moments) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    mean, second = (values[0].detach().double().numpy() for values in moments)
    return mean, second - np.outer(mean, mean) + RIDGE * np.eye(len(mean))


def test_diagonal_gaussians_have_the_closed_form() -> None:
    first, second = torch.tensor([0.25, 4.0, 1.0, 0.0]).double(), torch.tensor([1.0, 0.09, 1.0, 0.5]).double()
    means = torch.tensor([1.0, -2.0, 0.5, 0.0]).double(), torch.tensor([0.0, 1.0, 0.5, 3.0]).double()
    found = gaussian_wasserstein(gaussian(means[0], first.diag()), gaussian(means[1], second.diag()))
    roots = (first + RIDGE).sqrt() - (second + RIDGE).sqrt()
    assert float(found) == pytest.approx(float((means[0] - means[1]).square().mean() + roots.square().mean()), rel=1e-9)


def test_commuting_covariances_have_the_closed_form() -> None:
    axes, mean = rotation(6), torch.zeros(6).double()
    first, second = torch.rand(6).double(), torch.rand(6).double()
    found = gaussian_wasserstein(
        gaussian(mean, axes @ first.diag() @ axes.T), gaussian(mean, axes @ second.diag() @ axes.T)
    )
    expected = ((first + RIDGE).sqrt() - (second + RIDGE).sqrt()).square().mean()
    assert float(found) == pytest.approx(float(expected), rel=1e-9)


@pytest.mark.parametrize("size", [1, 2, 7, 32])
def test_any_covariances_have_the_distance_of_the_reference(size: int) -> None:
    first = gaussian(torch.randn(size).double(), any_covariance(size))
    second = gaussian(torch.randn(size).double(), any_covariance(size))
    expected = reference(first, second)
    assert float(gaussian_wasserstein(first, second)) == pytest.approx(expected, rel=1e-6)
    assert float(gaussian_wasserstein(second, first)) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("scale", [0.01, 1.0, 100.0])
def test_float32_is_exact_enough_at_any_size_of_features(scale: float) -> None:
    mixing = torch.randn(64, 64) / 8
    features, style = (
        scale * torch.einsum("bchw,cd->bdhw", torch.randn(1, 64, 24, 24) + shift, mixing).relu() for shift in (0, 1)
    )
    target = feature_moments(style)
    expected = reference(feature_moments(features.double()), feature_moments(style.double()))
    assert float(GaussianWassersteinLoss(target)(features)) == pytest.approx(expected, rel=2e-3)


def test_equal_distributions_cost_next_to_nothing() -> None:
    features = torch.randn(1, 32, 20, 20).relu()
    moments = feature_moments(features)
    own_size = float(moments.second.diagonal(dim1=1, dim2=2).mean())
    assert abs(float(gaussian_wasserstein(moments, moments))) < 1e-4 * own_size
    shuffled = features.flatten(2)[..., torch.randperm(400)].view(1, 32, 10, 40)
    assert abs(float(GaussianWassersteinLoss(moments)(shuffled))) < 1e-4 * own_size


def test_a_shift_costs_its_square_and_pulls_straight_back() -> None:
    style = torch.randn(1, 5, 8, 8, dtype=torch.float64)
    shift = torch.randn(1, 5, 1, 1, dtype=torch.float64)
    features = (style + shift).requires_grad_()
    loss = GaussianWassersteinLoss(feature_moments(style))(features)
    (gradient,) = torch.autograd.grad(loss, features)
    assert float(loss.detach()) == pytest.approx(float(shift.square().mean()), rel=1e-6)
    assert torch.allclose(gradient, (2 * shift / (5 * 64)).expand_as(gradient), atol=1e-9)


def test_gradcheck() -> None:
    features = torch.randn(2, 3, 5, 5, dtype=torch.float64, requires_grad=True)
    target = feature_moments(torch.randn(2, 3, 6, 6, dtype=torch.float64) * 2 + 1)
    assert torch.autograd.gradcheck(GaussianWassersteinLoss(target), features)
    assert torch.autograd.gradcheck(
        lambda values: gaussian_wasserstein(feature_moments(values), target), features.detach().requires_grad_()
    )


def test_the_gradient_in_float32_is_that_in_float64() -> None:
    features, style = torch.randn(1, 24, 16, 16).relu(), torch.randn(1, 24, 16, 16).add(0.5).relu()
    found, expected = (
        torch.autograd.grad(GaussianWassersteinLoss(feature_moments(style.to(dtype)))(values), values)[0]
        for dtype in (torch.float32, torch.float64)
        for values in [features.to(dtype).requires_grad_()]
    )
    assert (found - expected).norm() < 1e-3 * expected.norm()


@pytest.mark.parametrize(("channels", "size"), [(16, (2, 3)), (32, (1, 1)), (64, (5, 5))])
def test_fewer_pixels_than_channels_leave_value_and_gradient_sound(channels: int, size: tuple[int, int]) -> None:
    features = torch.randn(1, channels, *size).relu().requires_grad_()
    for style in (torch.randn(1, channels, 12, 12).relu(), torch.randn(1, channels, *size).relu()):
        target = feature_moments(style)
        loss = GaussianWassersteinLoss(target)(features)
        (gradient,) = torch.autograd.grad(loss, features)
        assert torch.isfinite(gradient).all()
        expected = reference(feature_moments(features.detach().double()), feature_moments(style.double()))
        assert float(loss.detach()) == pytest.approx(expected, rel=0.01)
        closer = float(GaussianWassersteinLoss(target)(features.detach() - 0.1 * gradient / gradient.abs().max()))
        assert closer < float(loss.detach())


@pytest.mark.parametrize("make", [torch.zeros, lambda *shape: torch.full(shape, 3.0)])
def test_flat_features_leave_value_and_gradient_sound(make: Callable[..., Tensor]) -> None:
    flat = make(1, 8, 6, 6)
    style = feature_moments(torch.randn(1, 8, 6, 6))
    features = flat.clone().requires_grad_()
    for target in (style, feature_moments(flat)):
        loss = GaussianWassersteinLoss(target)(features)
        assert torch.isfinite(loss)
        assert torch.isfinite(torch.autograd.grad(loss, features)[0]).all()


def test_going_down_the_gradient_arrives() -> None:
    target = feature_moments(torch.randn(1, 6, 16, 16).add(1).relu())
    loss = GaussianWassersteinLoss(target)
    features = torch.randn(1, 6, 16, 16).requires_grad_()
    start = float(loss(features).detach())
    solver = torch.optim.Adam([features], lr=0.05)
    for _ in range(300):
        solver.zero_grad()
        loss(features).backward()
        solver.step()
    assert float(loss(features).detach()) < 1e-3 * start
    assert torch.allclose(feature_moments(features.detach()).covariance, target.covariance, atol=0.02)


def exact(target: Moments, features: Tensor) -> float:
    return float(GaussianWassersteinLoss(target)(features))


@pytest.mark.parametrize("seed", range(4))
def test_a_held_map_is_never_above_the_exact_loss_and_touches_it(seed: int) -> None:
    torch.manual_seed(seed)
    style, base, change = (torch.randn(1, 6, 7, 7, dtype=torch.float64) for _ in range(3))
    target = feature_moments(style + 0.5)
    gaps = []
    for step in (0.0, 0.005, 0.01, 0.5, 5.0):
        held = GaussianWassersteinLoss(target, refresh=2)
        held(base)
        features = base + step * change
        gaps.append(exact(target, features) - float(held(features)))
    assert gaps[0] == pytest.approx(0, abs=1e-12)
    assert all(gap > 0 for gap in gaps[1:])
    assert gaps[2] / gaps[1] == pytest.approx(4, rel=0.1), "it touches: the gap grows with the square"


def test_a_held_map_has_the_exact_gradient_where_it_was_made() -> None:
    target = feature_moments(torch.randn(1, 5, 6, 6, dtype=torch.float64))
    features = torch.randn(1, 5, 6, 6, dtype=torch.float64, requires_grad=True)
    loss = GaussianWassersteinLoss(target, refresh=3)
    gradients = [torch.autograd.grad(loss(features), features)[0] for _ in range(3)]
    assert torch.allclose(gradients[0], gradients[1], atol=1e-10)
    assert torch.equal(gradients[1], gradients[2])


def test_the_map_is_made_anew_every_so_many_calls() -> None:
    target = feature_moments(torch.randn(1, 5, 6, 6, dtype=torch.float64))
    maps = [torch.randn(1, 5, 6, 6, dtype=torch.float64) * (index + 1) for index in range(9)]
    loss = GaussianWassersteinLoss(target, refresh=4)
    is_exact = [float(loss(features)) == exact(target, features) for features in maps]
    assert is_exact == [index % 4 == 0 for index in range(9)]


def test_without_refresh_every_call_is_exact() -> None:
    target = feature_moments(torch.randn(1, 5, 6, 6))
    loss = GaussianWassersteinLoss(target)
    for _ in range(3):
        features = torch.randn(1, 5, 6, 6)
        assert float(loss(features)) == exact(target, features)


@pytest.mark.parametrize("before", [1, 2, 3, 4, 5])
def test_after_a_restart_it_gives_what_a_new_one_gives(before: int) -> None:
    target = feature_moments(torch.randn(1, 5, 6, 6))
    maps = [torch.randn(1, 5, 6, 6) for _ in range(6)]
    loss, new = (GaussianWassersteinLoss(target, refresh=4) for _ in range(2))
    for _ in range(before):
        loss(torch.randn(1, 5, 6, 6))
    loss.restart()
    assert [float(loss(features)) for features in maps] == [float(new(features)) for features in maps]


def test_a_batch_has_the_mean_of_its_distances() -> None:
    first, second = torch.randn(2, 4, 6, 6), 2 * torch.randn(2, 4, 6, 6)
    alone = [exact(feature_moments(second[i : i + 1]), first[i : i + 1]) for i in range(2)]
    assert exact(feature_moments(second), first) == pytest.approx(sum(alone) / 2, rel=1e-4)


def test_bfloat16_features_cost_about_the_same() -> None:
    style = torch.randn(1, 32, 40, 40).add(0.5).relu()
    features = torch.randn(1, 32, 40, 40).relu()
    target = feature_moments(style)
    assert exact(target, features.bfloat16()) == pytest.approx(exact(target, features), rel=0.02)


@pytest.mark.parametrize("shape", [(1, 4, 6, 6), (2, 5, 6, 6)])
def test_other_shapes_are_refused_and_not_broadcast(shape: tuple[int, ...]) -> None:
    loss = GaussianWassersteinLoss(feature_moments(torch.randn(1, 5, 6, 6)))
    with pytest.raises(ValueError, match="target mean"):
        loss(torch.randn(shape))


def test_moments_are_as_good_as_the_features() -> None:
    target, features = feature_moments(torch.randn(1, 4, 5, 5)), torch.randn(1, 4, 5, 5)
    assert float(GaussianWassersteinLoss(target).of_moments(feature_moments(features))) == exact(target, features)


def test_the_target_keeps_no_graph() -> None:
    style = torch.randn(1, 4, 5, 5, requires_grad=True)
    loss = GaussianWassersteinLoss(feature_moments(style))
    assert not loss(torch.randn(1, 4, 5, 5)).requires_grad

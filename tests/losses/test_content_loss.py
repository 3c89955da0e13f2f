from __future__ import annotations

import pytest
import torch

from vst_core.losses import ContentLoss, content_loss


def test_it_is_the_mean_squared_difference() -> None:
    first, second = torch.rand(2, 5, 7, 3), torch.rand(2, 5, 7, 3)
    expected = float((first.double() - second.double()).square().mean())
    assert float(content_loss(first, second)) == pytest.approx(expected, rel=1e-5)
    assert float(ContentLoss(second)(first)) == pytest.approx(expected, rel=1e-5)


def test_equal_features_cost_nothing_and_pull_nowhere() -> None:
    features = torch.rand(1, 4, 6, 6, requires_grad=True)
    loss = content_loss(features, features.detach())
    assert loss == 0
    assert not torch.autograd.grad(loss, features)[0].any()


def test_it_does_not_depend_on_the_size_of_the_image() -> None:
    small = torch.rand(1, 4, 5, 6), torch.rand(1, 4, 5, 6)
    large = [features.repeat(1, 1, 3, 2) for features in small]
    assert float(content_loss(*large)) == pytest.approx(float(content_loss(*small)), rel=1e-5)


def test_gradcheck() -> None:
    features = torch.rand(2, 3, 4, 5, dtype=torch.float64, requires_grad=True)
    target = torch.rand(2, 3, 4, 5, dtype=torch.float64)
    assert torch.autograd.gradcheck(lambda values: content_loss(values, target), features)
    assert torch.autograd.gradcheck(ContentLoss(target), features)


def test_the_target_gets_no_gradient() -> None:
    target = torch.rand(1, 3, 4, 4, requires_grad=True)
    features = torch.rand(1, 3, 4, 4, requires_grad=True)
    ContentLoss(target)(features).backward()
    assert target.grad is None
    assert features.grad is not None


def test_short_features_are_compared_in_float32() -> None:
    features = torch.full((1, 3, 128, 128), 300.0, dtype=torch.bfloat16, requires_grad=True)
    target = torch.full((1, 3, 128, 128), 298.0, dtype=torch.bfloat16)
    loss = ContentLoss(target)(features)
    (gradient,) = torch.autograd.grad(loss, features)
    assert loss.dtype == torch.float32
    assert loss == 4
    assert gradient.dtype == torch.bfloat16
    assert float(gradient[0, 0, 0, 0]) == pytest.approx(2 * 2 / (3 * 128 * 128), rel=0.01)


@pytest.mark.parametrize("shape", [(1, 3, 4, 5), (1, 1, 4, 4), (2, 3, 4, 4), (3, 4, 4)])
def test_other_shapes_are_refused_and_not_broadcast(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"\(1, 3, 4, 4\)"):
        content_loss(torch.rand(1, 3, 4, 4), torch.rand(shape))

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from vst_core.losses import long_term_weights, temporal_loss


def frames(*shape: int) -> tuple[torch.Tensor, torch.Tensor]:
    return torch.rand(shape), torch.rand(shape)


def test_where_nothing_can_be_trusted_nothing_is_asked() -> None:
    image, warped = frames(1, 3, 8, 9)
    image.requires_grad_()
    loss = temporal_loss(image, warped, torch.zeros(1, 1, 8, 9))
    assert loss == 0
    assert not torch.autograd.grad(loss, image)[0].any()


def test_where_all_can_be_trusted_it_is_the_mean_squared_difference() -> None:
    image, warped = frames(2, 3, 8, 9)
    assert torch.allclose(temporal_loss(image, warped, torch.ones(2, 1, 8, 9)), F.mse_loss(image, warped))


def test_it_is_divided_by_all_values_and_not_by_the_trusted_ones() -> None:
    image, warped = torch.zeros(1, 3, 4, 5), torch.zeros(1, 3, 4, 5)
    warped[0, 1, 2, 3] = 0.5
    valid = torch.zeros(1, 1, 4, 5)
    valid[0, 0, 2, 3] = 1
    assert float(temporal_loss(image, warped, valid)) == pytest.approx(0.25 / 60)
    assert float(temporal_loss(image, warped, valid / 2)) == pytest.approx(0.125 / 60)


def test_only_trusted_pixels_are_pulled() -> None:
    image, warped = frames(1, 3, 6, 6)
    image.requires_grad_()
    valid = (torch.rand(1, 1, 6, 6) > 0.5).float()
    (gradient,) = torch.autograd.grad(temporal_loss(image, warped, valid), image)
    assert torch.equal(gradient.abs().sum(1, keepdim=True) > 0, valid > 0)


def test_gradcheck() -> None:
    image, warped = (values.double() for values in frames(2, 3, 4, 5))
    valid = torch.rand(2, 1, 4, 5, dtype=torch.float64)
    assert torch.autograd.gradcheck(lambda values: temporal_loss(values, warped, valid), image.requires_grad_())


@pytest.mark.parametrize(
    ("warped", "valid"),
    [
        ((1, 3, 4, 6), (1, 1, 4, 5)),
        ((1, 1, 4, 5), (1, 1, 4, 5)),
        ((1, 3, 4, 5), (1, 3, 4, 5)),
        ((1, 3, 4, 5), (4, 5)),
        ((1, 3, 4, 5), (1, 1, 1, 1)),
        ((1, 3, 4, 5), (2, 1, 4, 5)),
    ],
)
def test_shapes_that_do_not_fit_are_refused_and_not_broadcast(warped: tuple[int, ...], valid: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="but"):
        temporal_loss(torch.rand(1, 3, 4, 5), torch.rand(warped), torch.rand(valid))


def test_an_older_frame_counts_where_all_nearer_ones_cannot_be_trusted() -> None:
    """By hand: of the masks themselves, and not of what the subtraction left of them."""
    masks = [(1.0, 0.0, 0.3, 0.3, 0.0), (1.0, 1.0, 0.5, 0.2, 0.0), (1.0, 1.0, 1.0, 1.0, 0.6)]
    near, middle, far = (torch.tensor(mask).view(1, 1, 1, 5) for mask in masks)
    weights = long_term_weights([near, middle, far])
    assert torch.equal(weights[0], near)
    assert weights[1].flatten().tolist() == pytest.approx([0, 1, 0.2, 0, 0])
    assert weights[2].flatten().tolist() == pytest.approx([0, 0, 0.2, 0.5, 0.6])


def test_all_frames_together_count_no_more_than_the_one_that_is_trusted_most() -> None:
    masks = [torch.rand(2, 1, 9, 9) for _ in range(5)]
    weights = torch.stack(long_term_weights(masks))
    assert weights.min() >= 0
    assert (weights.sum(0) - torch.stack(masks).amax(0)).max() < 1e-6


def test_masks_of_different_frames_have_one_shape() -> None:
    with pytest.raises(ValueError, match="but"):
        long_term_weights([torch.rand(1, 1, 4, 5), torch.rand(1, 1, 4, 6)])

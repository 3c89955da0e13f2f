from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from vst_core.losses import SlicedWassersteinLoss, sliced_wasserstein


def directions(count: int, channels: int, dtype: torch.dtype = torch.float32) -> Tensor:
    return F.normalize(torch.randn(count, channels, dtype=dtype), dim=1)


def test_one_channel_is_the_sorted_difference() -> None:
    features = torch.tensor([3.0, 1.0, 2.0, 5.0]).view(1, 1, 2, 2)
    target = torch.tensor([0.0, 1.0, 9.0, 4.0]).view(1, 1, 1, 4)
    expected = ((1 - 0) ** 2 + (2 - 1) ** 2 + (3 - 4) ** 2 + (5 - 9) ** 2) / 4
    assert float(sliced_wasserstein(features, target, torch.ones(1, 1))) == expected
    assert float(sliced_wasserstein(features, target, -torch.ones(1, 1))) == expected


def test_a_shift_costs_the_square_of_what_each_direction_sees_of_it() -> None:
    target = torch.randn(1, 6, 9, 8, dtype=torch.float64)
    shift = torch.randn(6, dtype=torch.float64)
    axes = directions(10, 6, torch.float64)
    found = sliced_wasserstein(target + shift.view(1, 6, 1, 1), target, axes)
    assert float(found) == pytest.approx(float((axes @ shift).square().mean()), rel=1e-9)


def test_over_many_directions_a_shift_costs_its_mean_square() -> None:
    target, shift = torch.randn(1, 8, 5, 5), torch.randn(1, 8, 1, 1)
    found = float(SlicedWassersteinLoss([target], [1.0], directions=20_000)(target + shift))
    assert found == pytest.approx(float(shift.square().mean()), rel=0.05)


def test_where_pixels_lie_does_not_matter() -> None:
    target = torch.randn(1, 5, 6, 8)
    shuffled = target.flatten(2)[..., torch.randperm(48)].view(1, 5, 8, 6)
    assert float(sliced_wasserstein(shuffled, target, directions(7, 5))) < 1e-12
    assert float(SlicedWassersteinLoss([target], [1.0])(shuffled)) < 1e-12


def test_a_map_twice_the_size_is_the_same_distribution() -> None:
    small = torch.randn(1, 5, 6, 8)
    large = small.repeat_interleave(2, dim=3)
    axes = directions(7, 5)
    assert float(sliced_wasserstein(small, large, axes)) < 1e-12
    assert float(sliced_wasserstein(small + 1, large, axes)) > 0.01


def test_quantiles_of_another_size_are_read_at_the_middle_of_each_sample() -> None:
    count = 100
    few, many = ((torch.arange(n, dtype=torch.float64) + 0.5) / n for n in (count, 2 * count))
    found = sliced_wasserstein(many.view(1, 1, 1, -1), few.view(1, 1, 1, -1), torch.ones(1, 1))
    beyond_the_ends = 2 * (0.25 / count) ** 2 / (2 * count)
    assert float(found) == pytest.approx(beyond_the_ends, rel=1e-6)


@pytest.mark.parametrize(("size", "other"), [((20, 20), (13, 17)), ((13, 17), (20, 20)), ((16, 16), (40, 40))])
def test_samples_of_one_distribution_cost_little_at_any_sizes(size: tuple[int, int], other: tuple[int, int]) -> None:
    first, second = torch.randn(1, 4, *size), torch.randn(1, 4, *other)
    axes = directions(32, 4)
    same = float(sliced_wasserstein(first, second, axes))
    assert same < 0.05
    assert float(sliced_wasserstein(2 * first, second, axes)) > 10 * same


def test_gradcheck() -> None:
    features = torch.randn(2, 3, 3, 4, dtype=torch.float64, requires_grad=True)
    target = torch.randn(2, 3, 3, 4, dtype=torch.float64)
    axes = directions(5, 3, torch.float64)
    assert torch.autograd.gradcheck(lambda values: sliced_wasserstein(values, target, axes), features)
    larger = torch.randn(2, 3, 5, 5, dtype=torch.float64)
    assert torch.autograd.gradcheck(lambda values: sliced_wasserstein(values, larger, axes), features)


def test_gradcheck_of_a_blend() -> None:
    features = torch.randn(1, 3, 3, 4, dtype=torch.float64, requires_grad=True)
    styles = [torch.randn(1, 3, *size, dtype=torch.float64) for size in ((3, 4), (2, 7))]
    loss = SlicedWassersteinLoss(styles, [0.3, 0.7], directions=6)

    def same_directions(values: Tensor) -> Tensor:
        loss.restart()
        result: Tensor = loss(values)
        return result

    assert torch.autograd.gradcheck(same_directions, features)


def test_a_blend_lies_between_its_styles() -> None:
    base = torch.randn(1, 4, 6, 6)
    first, second = torch.randn(1, 4, 1, 1), torch.randn(1, 4, 1, 1)
    loss = SlicedWassersteinLoss([base + first, base + second], [0.25, 0.75])
    assert float(loss(base + 0.25 * first + 0.75 * second)) < 1e-10
    assert float(loss(base + first)) > 0.01


def test_a_seed_decides_the_sequence_of_values() -> None:
    features, style = torch.randn(1, 6, 8, 8), torch.randn(1, 6, 8, 8)
    first, again, other = (SlicedWassersteinLoss([style], [1.0], seed=seed, directions=4) for seed in (3, 3, 4))
    values = [float(first(features)) for _ in range(4)]
    assert len(set(values)) == 4, "each call draws new directions"
    torch.manual_seed(99)  # the global generator has no say
    assert [float(again(features)) for _ in range(4)] == values
    assert float(other(features)) not in values
    first.restart()
    assert [float(first(features)) for _ in range(4)] == values


def test_large_maps_are_thinned_out_and_repeat_after_a_restart() -> None:
    features, style = torch.randn(1, 4, 64, 64) + 1, torch.randn(1, 4, 50, 60)
    loss = SlicedWassersteinLoss([style], [1.0], samples=1000)
    values = [float(loss(features)) for _ in range(2)]
    loss.restart()
    assert [float(loss(features)) for _ in range(2)] == values
    whole = float(SlicedWassersteinLoss([style], [1.0], samples=10_000, directions=512)(features))
    assert sum(values) / 2 == pytest.approx(whole, rel=0.3)


def test_only_drawn_pixels_get_a_gradient() -> None:
    features = torch.randn(1, 4, 32, 32, requires_grad=True)
    loss = SlicedWassersteinLoss([torch.randn(1, 4, 32, 32)], [1.0], samples=100)
    (gradient,) = torch.autograd.grad(loss(features), features)
    pulled = int((gradient.abs().sum(1) > 0).sum())
    assert 80 <= pulled <= 100


def test_short_features_are_sorted_in_float32() -> None:
    features, style = torch.randn(1, 8, 20, 20), torch.randn(1, 8, 20, 20) + 1
    short = SlicedWassersteinLoss([style.bfloat16()], [1.0])(features.bfloat16())
    assert short.dtype == torch.float32
    assert float(short) == pytest.approx(float(SlicedWassersteinLoss([style], [1.0])(features)), rel=0.01)


@pytest.mark.parametrize("weights", [[], [0.5, 0.5]])
def test_weights_must_match_the_styles(weights: list[float]) -> None:
    with pytest.raises(ValueError, match="1 styles"):
        SlicedWassersteinLoss([torch.randn(1, 3, 4, 4)], weights)


@pytest.mark.parametrize("shape", [(1, 4, 5, 5), (2, 3, 5, 5), (3, 5, 5), (1, 3, 0, 5)])
def test_other_shapes_are_refused_and_not_broadcast(shape: tuple[int, ...]) -> None:
    style = torch.randn(1, 3, 5, 5)
    with pytest.raises(ValueError, match="features"):
        sliced_wasserstein(torch.randn(shape), style, directions(4, 3))
    with pytest.raises(ValueError, match="directions"):
        sliced_wasserstein(style, style, directions(4, 5))
    with pytest.raises(ValueError, match="features"):
        SlicedWassersteinLoss([style], [1.0])(torch.randn(shape))

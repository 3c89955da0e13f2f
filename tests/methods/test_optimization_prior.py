from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from small_pictures import ignore, picture
from torch import Tensor

from vst_core.methods import Optimization, Prior, Progress


def half() -> Tensor:
    """Trust in the left half."""
    valid = torch.zeros(1, 1, 32, 36)
    valid[..., :18] = 1
    return valid


def error(result: Tensor, warped: Tensor) -> tuple[float, float]:
    """Mean squared distance from the warped image, left and right, two pixels off the seam."""
    squares = (result - warped).square()
    return float(squares[..., :16].mean()), float(squares[..., 20:].mean())


def test_the_prior_pulls_where_it_is_valid_and_nowhere_else(method: Callable[..., Optimization]) -> None:
    content, warped = picture(1), picture(2)
    found = [
        error(method(temporal_weight=weight).stylize(content, Prior(warped, half()), ignore), warped)
        for weight in (0.0, 1.0, 100.0)
    ]
    assert found[0][0] > 1.3 * found[1][0] > 1.3 * 1.3 * found[2][0]
    assert found[2][0] < 0.1 * found[2][1]
    assert min(right for _, right in found) > 0.7 * max(right for _, right in found), "the other half does not care"


def test_what_is_not_valid_has_no_influence_at_all(method: Callable[..., Optimization]) -> None:
    content, warped, valid = picture(1), picture(2), half()
    made = method()
    expected = made.stylize(content, Prior(warped, valid), ignore)
    other = valid * warped + (1 - valid) * picture(9)
    assert torch.equal(made.stylize(content, Prior(other, valid), ignore), expected)
    assert not torch.equal(made.stylize(content, Prior(other, torch.ones_like(valid)), ignore), expected)


def test_a_prior_that_is_nowhere_valid_is_like_a_start_from_the_plate(method: Callable[..., Optimization]) -> None:
    content, nowhere = picture(1), torch.zeros(1, 1, 32, 36)
    alone = method(iterations=7).stylize(content, None, ignore)
    assert torch.equal(method().stylize(content, Prior(picture(2), nowhere), ignore), alone)


def test_it_is_held_to_the_nearest_or_to_all(method: Callable[..., Optimization]) -> None:
    near, old = (Prior(picture(seed), torch.ones(1, 1, 32, 36)) for seed in (2, 3))
    near.valid[..., :9] = 0
    nearest, all_of_them = method().held_to([near, old]), method(long_term="mean").held_to([near, old])
    assert nearest is not None
    assert all_of_them is not None
    assert torch.equal(nearest.warped, torch.cat((old.warped[..., :9], near.warped[..., 9:]), -1))
    assert torch.equal(all_of_them.warped[..., :9], old.warped[..., :9])
    assert torch.allclose(all_of_them.warped[..., 9:], (near.warped + old.warped)[..., 9:] / 2)
    assert bool((nearest.valid == 1).all())
    assert bool((all_of_them.valid == 1).all())


def test_it_is_held_to_both_neighbours_alike(method: Callable[..., Optimization]) -> None:
    before, coming = Prior(picture(2), half()), Prior(picture(3), torch.ones(1, 1, 32, 36))
    both = method().held_to([before], coming)
    assert both is not None
    assert torch.allclose(both.warped[..., :18], (before.warped + coming.warped)[..., :18] / 2)
    assert torch.equal(both.warped[..., 18:], coming.warped[..., 18:])
    assert method().held_to([], coming) is coming
    assert method().held_to([]) is None


def test_several_results_bind_as_much_as_each_of_them(method: Callable[..., Optimization]) -> None:
    content, warped = picture(1), picture(2)
    alike = [Prior(warped, half())] * 3
    found = [
        error(made.stylize(content, made.held_to(alike), ignore), warped)[0]
        for made in (method(), method(long_term="mean"), method(temporal_weight=3))
    ]
    assert found[1] < 0.9 * found[0]
    assert found[1] == pytest.approx(found[2], rel=0.02)


def test_passes_share_the_steps_of_a_frame_and_each_moves_less(method: Callable[..., Optimization]) -> None:
    content, everywhere = picture(1), Prior(picture(2), torch.ones(1, 1, 32, 36))
    made, steps, moved = method(passes=3), list[int](), list[float]()
    seen = list[Progress]()
    made.stylize(content, everywhere, seen.append)
    steps.append(seen[-1].step)
    for number in (2, 3):
        result = made.refine(content, content, everywhere, number, seen.append)
        steps.append(seen[-1].step)
        moved.append(float((result - content).abs().mean()))
    assert steps == [3, 2, 2]  # of 7
    assert moved[1] < moved[0]

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from flow_scenes import constant_flow, grid, masked_error, moving_card, smooth_flow
from numpy.typing import NDArray
from torch import Tensor

from vst_core.flow import consistency_mask, warp
from vst_core.flow.occlusion import is_boundary

GREY_LEVEL = 1 / 255


def mirrored(index: int, size: int) -> int:
    """Half-sample symmetric: -1 is 0, -2 is 1, size is size - 1."""
    return -1 - index if index < 0 else 2 * size - 1 - index if index >= size else index


def slow_grades(w: NDArray[Any], forward: NDArray[Any] | None) -> NDArray[Any]:
    """Pixel by pixel from the description: -255 inconsistent, 0 outside or boundary, 255 trusted."""
    _, height, width = w.shape
    grades = np.full((height, width), 255.0)
    for row in range(height):
        for column in range(width):
            u, v = w[:, row, column]
            x, y = column + u, row + v
            if x < 0 or y < 0 or x > width - 1 or y > height - 1:
                grades[row, column] = 0
                continue
            energy = u * u + v * v
            if forward is not None:
                left, top = min(int(x), width - 2), min(int(y), height - 2)
                a, b = x - left, y - top
                back = (1 - b) * ((1 - a) * forward[:, top, left] + a * forward[:, top, left + 1])
                back = back + b * ((1 - a) * forward[:, top + 1, left] + a * forward[:, top + 1, left + 1])
                gap = (u + back[0]) ** 2 + (v + back[1]) ** 2
                if gap >= 0.01 * (energy + back[0] ** 2 + back[1] ** 2) + 0.5:
                    grades[row, column] = -255
                    continue
            gradient = 0.0
            for field in w:
                dx = field[row, mirrored(column + 1, width)] - field[row, mirrored(column - 1, width)]
                dy = field[mirrored(row + 1, height), column] - field[mirrored(row - 1, height), column]
                gradient += (dx / 2) ** 2 + (dy / 2) ** 2
            if gradient > 0.01 * energy + 0.002:
                grades[row, column] = 0
    return grades


def slow_blur(grades: NDArray[Any]) -> NDArray[Any]:
    height, width = grades.shape
    taps = [math.exp(-(i * i) / (2 * 0.8**2)) for i in range(-2, 3)]
    taps = [tap / sum(taps) for tap in taps]
    rows = np.zeros_like(grades)
    for column in range(width):
        for i, tap in enumerate(taps):
            rows[:, column] += tap * grades[:, mirrored(column + i - 2, width)]
    result = np.zeros_like(grades)
    for row in range(height):
        for i, tap in enumerate(taps):
            result[row] += tap * rows[mirrored(row + i - 2, height)]
    return np.asarray(np.clip(result, 0, 255))


def as_double(flow: Tensor) -> NDArray[Any]:
    return np.asarray(flow[0].double())


def pairs() -> dict[str, tuple[Tensor, Tensor]]:
    card = moving_card(60, 80)
    gentle = smooth_flow(48, 64, 1.5, seed=1)
    return {
        "card": (card.backward_flow, card.forward_flow),
        "smooth, consistent": (gentle, -gentle),
        "smooth, unrelated": (smooth_flow(48, 64, 2, seed=2), smooth_flow(48, 64, 2, seed=3)),
        "violent": (smooth_flow(40, 56, 15, seed=4, cell=6), smooth_flow(40, 56, 15, seed=5, cell=6)),
        "still": (torch.zeros(1, 2, 20, 30), torch.zeros(1, 2, 20, 30)),
        "pan to the edge": (constant_flow(24, 32, 3, -2), constant_flow(24, 32, -3, 2)),
        "tiny": (smooth_flow(3, 4, 1, seed=6, cell=1), smooth_flow(3, 4, 1, seed=7, cell=1)),
    }


def turned(degrees: float, zoom: float) -> Tensor:
    """The flow on 80x100 of a turn around the middle, and of a zoom into it."""
    x, y = grid(80, 100)
    x, y, angle = x - 49.5, y - 39.5, math.radians(degrees)
    there = torch.stack((math.cos(angle) * x - math.sin(angle) * y, math.sin(angle) * x + math.cos(angle) * y))
    return (there / zoom - torch.stack((x, y)))[None]


@pytest.mark.parametrize("name", list(pairs()))
@pytest.mark.parametrize("two_sided", [True, False])
def test_it_equals_the_published_test_to_a_grey_level(name: str, two_sided: bool) -> None:
    backward, forward = pairs()[name]
    grades = slow_grades(as_double(backward), as_double(forward) if two_sided else None)
    given = forward if two_sided else None
    hard = consistency_mask(backward, given, soft=False)[0, 0].numpy()
    soft = consistency_mask(backward, given)[0, 0].numpy()
    np.testing.assert_array_equal(hard, grades == 255)
    assert np.abs(soft * 255 - slow_blur(grades)).max() < 1
    assert soft.min() >= 0
    assert soft.max() <= 1


def test_a_batch_is_judged_frame_by_frame() -> None:
    first, second = pairs()["card"], tuple(flow.flip(3) for flow in pairs()["card"])
    both = consistency_mask(torch.cat((first[0], second[0])), torch.cat((first[1], second[1])))
    assert both.shape == (2, 1, 60, 80)
    assert torch.equal(both[:1], consistency_mask(*first))
    assert torch.equal(both[1:], consistency_mask(*second))


def test_everything_is_trusted_when_nothing_moves() -> None:
    still = torch.zeros(1, 2, 30, 40)
    assert consistency_mask(still, still).min() > 1 - 1e-6
    assert consistency_mask(still).min() > 1 - 1e-6


def test_what_came_into_view_is_not_trusted() -> None:
    pair = moving_card()
    mask = consistency_mask(pair.backward_flow, pair.forward_flow)
    shown = pair.disocclusion > 0
    assert shown.sum() > 200
    assert (mask[shown] < 0.5).float().mean() > 0.95
    assert (mask > 0.5).float().mean() > 0.8
    aligned = warp(pair.previous, pair.backward_flow)
    assert masked_error(aligned, pair.current, (mask > 0.5).float()) < 1e-6
    assert masked_error(aligned, pair.current, shown.float()) > 0.1


def test_disocclusion_spreads_further_than_a_mere_boundary() -> None:
    backward = torch.zeros(1, 2, 21, 31)
    hole = torch.zeros(1, 2, 21, 31)
    hole[..., 8:13, 12:19] = 30
    inconsistent = consistency_mask(backward, hole)[0, 0]
    assert inconsistent[10, 15] == 0
    assert (
        inconsistent[10, 19] < 0.55
    )  # beside the hole, itself consistent: 0.75 if the hole counted as a mere boundary
    assert inconsistent[10, 22] > 1 - 1e-6


def test_an_inconsistent_boundary_counts_as_inconsistent() -> None:
    backward = torch.zeros(1, 2, 15, 20)
    backward[:, 0, :, 10:] = 4
    forward = torch.zeros(1, 2, 15, 20)  # contradicts the right half; the edge between the halves is a boundary as well
    grades = slow_grades(as_double(backward), as_double(forward))
    assert (grades[:, 10] == -255).all()
    assert (grades[:, 9] == 0).all()
    wanted = slow_blur(grades) / 255
    assert np.abs(consistency_mask(backward, forward)[0, 0].numpy() - wanted).max() < GREY_LEVEL


def test_known_motion_is_trusted_at_its_boundaries_where_it_is_consistent() -> None:
    backward, forward = torch.zeros(1, 2, 15, 20), torch.zeros(1, 2, 15, 20)
    backward[:, 0, :, 10:] = 4
    forward[:, 0, :, 14:] = -4
    usual, known = (consistency_mask(backward, forward, soft=False, boundaries=each)[0, 0] for each in (True, False))
    assert usual[7, 8:12].tolist() == [1, 0, 0, 1]
    assert known[7].tolist() == [1] * 16 + [0] * 4  # and nothing beyond the frame
    contradicted = consistency_mask(backward, torch.zeros_like(forward), soft=False, boundaries=False)[0, 0]
    assert contradicted[7].tolist() == [1] * 10 + [0] * 10


@pytest.mark.parametrize(("roll", "zoom"), [(6.0, 1.0), (0.0, 1.1), (3.0, 0.95)])
def test_the_middle_of_a_known_roll_or_zoom_is_no_boundary(roll: float, zoom: float) -> None:
    backward, forward = turned(roll, zoom), turned(-roll, 1 / zoom)
    middle = (slice(34, 46), slice(44, 56))
    estimated, known = (consistency_mask(backward, forward, known=each)[0, 0] for each in (False, True))
    assert estimated[middle].max() == 0
    assert known[middle].min() > 1 - 1e-6
    assert is_boundary(backward)[0, 0][middle].all()
    assert not is_boundary(backward, known=True).any()


@pytest.mark.parametrize("ramp", [1, 2, 4])
def test_known_motion_that_turns_has_boundaries_where_something_passes_before_it(ramp: int) -> None:
    """A bar before a roll, of sharp edges or of such as antialiasing and smaller pictures make of them."""
    x, _ = grid(80, 100)
    inside = ((x - 40) / ramp).clamp(0, 1) * ((60 - x) / ramp).clamp(0, 1)
    flow = turned(4, 1.0).lerp(constant_flow(80, 100, 2, -5), inside[None, None])
    found = is_boundary(flow, known=True)[0, 0]
    edge = inside != inside.roll(2, 1)
    assert found[:, 1:-1][edge[:, 2:]].all()
    assert not found[(x < 38) | (x > 62) | ((x > 42 + ramp) & (x < 58 - ramp))].any()


def test_a_thin_thing_that_passes_is_a_boundary_of_known_motion_throughout() -> None:
    x, _ = grid(30, 40)
    for thickness in (1, 2, 3):
        flow = constant_flow(30, 40, 6, 1) * ((x >= 20) & (x < 20 + thickness))
        assert torch.equal(is_boundary(flow, known=True), is_boundary(flow))


def test_outside_wins_over_inconsistent() -> None:
    backward = constant_flow(15, 20, -6, 0)
    forward = constant_flow(15, 20, -6, 0)
    mask = consistency_mask(backward, forward, soft=False)[0, 0]
    assert mask.max() == 0
    grades = slow_grades(as_double(backward), as_double(forward))
    assert (grades[:, :6] == 0).all()
    assert (grades[:, 6:] == -255).all()


def test_nan_is_never_trusted() -> None:
    backward, forward = torch.zeros(1, 2, 20, 20), torch.zeros(1, 2, 20, 20)
    backward[0, 0, 5, 5] = torch.nan
    forward[0, 1, 12, 12] = torch.nan
    mask = consistency_mask(backward, forward, soft=False)[0, 0]
    assert mask[5, 5] == 0
    assert mask[12, 12] == 0
    assert mask.sum() > 350
    assert consistency_mask(backward, forward).isfinite().all()


def test_the_mask_has_no_gradient() -> None:
    flow = smooth_flow(20, 20, 1).requires_grad_()
    assert not consistency_mask(flow, -flow).requires_grad

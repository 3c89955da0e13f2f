"""What an edge leaves behind it is trusted the less the farther it has moved away."""

from __future__ import annotations

import math

import pytest
from flow_scenes import constant_flow, grid
from torch import Tensor

from vst_core.flow.wake import edge_distance, outside_wake

HEIGHT, WIDTH = 24, 200
ALL_THAT_IS_LEFT = 0.097


def bar(left: float) -> Tensor:
    """(1, 1, H, W)."""
    x, _ = grid(HEIGHT, WIDTH)
    return ((x >= left) & (x < left + 20))[None, None]


def trust(left: int, step: int, painted: float = 1.0) -> Tensor:
    """(W,) in the middle row, of the frame before, in which a bar that moves to the right stood ``step`` before."""
    there = constant_flow(HEIGHT, WIDTH, -step, 0) * bar(left)
    back = constant_flow(HEIGHT, WIDTH, step, 0) * bar(left - step)
    now, then = (edge_distance(flow, painted) for flow in (there, back))
    return outside_wake(now, then, there)[0, 0, HEIGHT // 2]


def test_all_in_all_the_same_is_left_by_a_fast_edge_as_by_a_slow_one() -> None:
    """The ground at 50: the bar stands beside it, and is far in the end."""
    for step in (2, 5, 30):
        left = math.prod(float(trust(at, step)[50]) for at in range(52 + step, 150, step))
        assert left == pytest.approx(ALL_THAT_IS_LEFT, rel=0.15), step


def test_a_slow_edge_is_forgotten_little_by_little() -> None:
    assert min(float(trust(at, 2)[50]) for at in range(52, 120, 2)) > 0.8


def test_what_is_far_or_comes_nearer_and_what_moves_itself_are_trusted() -> None:
    found = trust(100, 5)
    assert bool((found[:50] == 1).all())
    assert bool((found[125:] == 1).all())
    assert bool((found[100:120] > 0.99).all())
    assert bool((found[70:88] < 0.75).all())


def test_distances_are_those_of_the_painted_picture() -> None:
    """Painted at twice the size, outlines reach half as far."""
    once, twice = trust(60, 2), trust(60, 2, 2.0)
    assert float(once[35]) < 0.9
    assert float(twice[35]) == 1
    assert float(twice[50]) == pytest.approx(float(once[50]) ** 2, abs=0.01)


def test_where_nothing_moves_past_anything_all_is_trusted() -> None:
    for flow in (constant_flow(HEIGHT, WIDTH, 0, 0), constant_flow(HEIGHT, WIDTH, 7, -3)):
        assert bool((outside_wake(edge_distance(flow), edge_distance(-flow), flow) == 1).all())

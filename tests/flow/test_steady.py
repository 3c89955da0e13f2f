from __future__ import annotations

import torch
from flow_scenes import constant_flow, grid

from vst_core.flow import steady_motion

HEIGHT, WIDTH = 20, 64


def bar(left: float) -> torch.Tensor:
    """(1, 1, H, W), 1 where something is."""
    x, _ = grid(HEIGHT, WIDTH)
    return ((x >= left) & (x < left + 6)).float()[None, None]


def moving(there: torch.Tensor, thing: float, ground: float) -> torch.Tensor:
    """Flow of a thing that moves along x, and of the ground behind it."""
    return torch.where(there > 0, constant_flow(HEIGHT, WIDTH, thing, 0), constant_flow(HEIGHT, WIDTH, ground, 0))


def test_what_something_passed_in_front_of_is_found_again() -> None:
    """The ground moves by 1 a frame, a bar by 4; ground that it hides now and then is seen at both ends."""
    motion = steady_motion(moving(bar(36), -4, -1), moving(bar(20), 4, 1), 4)
    now, hidden_then = bar(36), bar(24)  # the ground that the bar hid four frames ago has moved by 4
    x, _ = grid(HEIGHT, WIDTH)
    expected = (now == 0) & (hidden_then == 0) & (x[None, None] >= 4)
    ground = expected & (motion.valid > 0)
    assert torch.equal(ground, expected)
    assert torch.equal(motion.backward_flow[:, :1][ground], torch.full((int(ground.sum()),), -4.0))
    assert not motion.valid[hidden_then * (1 - now) > 0].any()
    assert bool((motion.backward_flow[:, :1][now > 0] == -16).all())
    assert bool((motion.valid[now > 0] == 1).all())


def test_what_gathers_speed_evenly_comes_from_where_it_was() -> None:
    """By 1.5 in the first step and by 2.5 in the last of five, so that it has come 10 pixels."""
    motion = steady_motion(constant_flow(HEIGHT, WIDTH, -2.05, 0), constant_flow(HEIGHT, WIDTH, 1.95, 0), 5)
    assert torch.allclose(motion.backward_flow, constant_flow(HEIGHT, WIDTH, -10, 0), atol=1e-4)
    assert bool((motion.valid[..., 10:] == 1).all())
    assert not motion.valid[..., :9].any()  # it came into the frame


def test_things_of_different_speeds_are_not_one() -> None:
    motion = steady_motion(constant_flow(HEIGHT, WIDTH, -3, 0), constant_flow(HEIGHT, WIDTH, 1, 0), 4)
    assert not motion.valid.any()

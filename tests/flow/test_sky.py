"""Skies of which the vectors say nothing: 0, whatever the camera does."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from flow_scenes import flow_frame, grid, homography_flow, pattern, seen_scene
from torch import Tensor

from vst_core.flow import FlowFrame, MotionFinder, compose

H, W = 120, 200
HORIZON = 70
TURNS = {"still": (0.0, 0.0, 0.0), "turning": (0.01, 0.03, -0.01)}


def clouds(x: Tensor, y: Tensor) -> Tensor:
    return pattern(x, y, seed=5, scale=2)


def dusk(x: Tensor, y: Tensor) -> Tensor:
    """Next to nothing to follow: it is darker above than below, and that is all."""
    return (0.3 + 0.4 * y / H + 0 * x).expand(1, 3, H, W)


def pair(
    sky: object, turn: tuple[float, ...], *, grain: float = 0.0, drift: float = 0.0
) -> tuple[FlowFrame, FlowFrame, Tensor]:
    """A frame, the one before it, and the true flow of its sky (1, 2, H, W), which may also move by itself."""
    assert callable(sky)
    flow, depth, beyond = seen_scene(H, W, 1.3 * W, turn, (0.3, 0.1, 0.2))
    vectors = torch.from_numpy(flow)[None]
    true = torch.from_numpy(homography_flow(beyond, H, W)).float()[None]
    x, y = grid(H, W)
    is_sky = (y < HORIZON)[None, None]
    now = torch.where(
        is_sky, sky(x + true[0, 0] + drift, y + true[0, 1]), pattern(x + vectors[0, 0], y + vectors[0, 1])
    )
    before = torch.where(is_sky, sky(x, y), pattern(x, y))
    generator = torch.Generator().manual_seed(0)
    now, before = ((each + grain * torch.randn(1, 1, H, W, generator=generator)).clamp(0, 1) for each in (now, before))
    vectors = vectors.masked_fill(is_sky, 0)
    distance = torch.from_numpy(depth)[None, None].masked_fill(is_sky, 1e10)
    return flow_frame(2, now, vectors, None, distance), flow_frame(1, before, vectors, -vectors, distance), true


@pytest.mark.parametrize("turn", TURNS.values(), ids=TURNS)
@pytest.mark.parametrize("grain", [0.0, 0.02, 0.05])
@pytest.mark.parametrize("sky", [clouds, dusk])
def test_the_sky_moves_as_the_camera_turned(sky: object, grain: float, turn: tuple[float, ...]) -> None:
    current, previous, true = pair(sky, turn, grain=grain)
    motion = MotionFinder()(current, previous)
    assert motion.notes == ()
    assert (motion.backward_flow - true)[..., :HORIZON, :].abs().max() < 0.05
    assert current.vectors is not None
    assert current.vectors.backward is not None
    by_vectors = current.vectors.backward[..., HORIZON:, :]
    assert torch.allclose(motion.backward_flow[..., HORIZON:, :], by_vectors, atol=1e-3)
    if turn == TURNS["still"]:
        assert not motion.backward_flow[..., :HORIZON, :].any()


@pytest.mark.parametrize("turn", TURNS.values(), ids=TURNS)
@pytest.mark.parametrize("grain", [0.0, 0.02])
def test_clouds_that_move_by_themselves_are_followed(grain: float, turn: tuple[float, ...]) -> None:
    current, previous, true = pair(clouds, turn, grain=grain, drift=3.0)
    motion = MotionFinder()(current, previous)
    missed = motion.backward_flow - (true + torch.tensor([3.0, 0.0]).view(1, 2, 1, 1))
    assert motion.forward_flow is not None
    there_and_back = compose(motion.backward_flow, motion.forward_flow)
    for each in (missed, there_and_back):
        assert each[..., 10 : HORIZON - 10, 10:-10].abs().mean() < (0.2 if grain == 0 else 0.6)


def test_what_has_no_alpha_is_not_asked_about_the_sky() -> None:
    current, previous, _ = pair(clouds, TURNS["still"])
    assert current.depth is not None
    hidden = torch.zeros(1, 1, H, W, dtype=torch.bool)
    hidden[..., :HORIZON, : W // 2] = True
    for frame, seed in ((current, 7), (previous, 8)):  # colour that was filled in, otherwise in every frame
        frame.image.copy_(torch.where(hidden, pattern(*grid(H, W), seed=seed), frame.image))
        assert frame.depth is not None
        frame.depth.masked_fill_(hidden, np.inf)
    assert not MotionFinder()(current, previous).backward_flow[..., :HORIZON, :].any()


@pytest.mark.parametrize("grain", [0.0, 0.03])
def test_nothing_but_sky_moves_as_most_of_its_estimate_does(grain: float) -> None:
    x, y = grid(H, W)
    generator = torch.Generator().manual_seed(0)
    now, before = (
        (0.4 + 0.1 * sky + grain * torch.randn(1, 1, H, W, generator=generator)).clamp(0, 1)
        for sky in (clouds(x - 3, y + 1), clouds(x, y))
    )
    zero, depth = torch.zeros(1, 2, H, W), torch.full((1, 1, H, W), 1e10)
    motion = MotionFinder()(flow_frame(2, now, zero, zero, depth), flow_frame(1, before, zero, zero, depth))
    true = torch.tensor([-3.0, 1.0]).view(1, 2, 1, 1)
    assert (motion.backward_flow - true).abs().max() < 0.7
    assert motion.forward_flow is not None
    assert (motion.forward_flow + true).abs().max() < 0.7
    assert (motion.backward_flow - true).abs().mean() < 0.3
    assert motion.forward_flow is not None
    assert (motion.forward_flow + true).abs().mean() < 0.3
    assert motion.valid[..., 8:-8, 8:-8].min() == 1


def test_what_most_of_the_sky_follows_is_asked_of_what_is_shown_of_it() -> None:
    """Two thirds of it are hidden, and filled in otherwise in every frame."""
    x, y = grid(H, W)
    hidden = (x < 2 * W / 3)[None, None]
    depth = torch.full((1, 1, H, W), 1e10).masked_fill(hidden, np.inf)
    generator, frames = torch.Generator().manual_seed(0), []
    for number, moved in ((2, 3), (1, 0)):
        grain = 0.02 * torch.randn(1, 1, H, W, generator=generator)
        shown = (0.2 + 0.5 * clouds(x - moved, y) + grain).clamp(0, 1)
        zero, picture = torch.zeros(1, 2, H, W), torch.where(hidden, pattern(x, y, seed=number), shown)
        frames.append(flow_frame(number, picture, zero, zero, depth))
    found = MotionFinder()(*frames).backward_flow[..., 4:-4, -W // 3 + 12 : -12]
    assert (found - torch.tensor([-3.0, 0.0]).view(1, 2, 1, 1)).abs().max() < 0.7

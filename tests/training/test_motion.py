"""A clip's flow and mask say exactly what its frames do."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from small_training import Pixels, smooth_picture
from torch import Tensor

from vst_core.flow import warp
from vst_core.training import motion
from vst_core.training.motion import Clip, random_clip

SIDE = 64
SEEDS = range(12)


@pytest.fixture
def _steady(monkeypatch: pytest.MonkeyPatch) -> None:
    """Clips in which nothing changes but by motion and grain."""
    monkeypatch.setattr(motion._Light, "on", lambda _, color, __: color)


@pytest.fixture
def _clean(monkeypatch: pytest.MonkeyPatch, _steady: None) -> None:
    """Clips in which nothing changes but by motion."""

    def plain(shots: Sequence[Pixels], rng: np.random.Generator) -> Tensor:
        del rng
        return torch.from_numpy(np.stack(shots)).permute(0, 3, 1, 2)

    monkeypatch.setattr(motion, "_film", plain)


def clip(seed: int, *pictures: Pixels, frames: int = 3) -> Clip:
    return random_clip(pictures, frames, SIDE, np.random.default_rng(seed))


def flat(value: float) -> Pixels:
    return np.full((104, 104, 3), value, np.float32)


def moved(clip: Clip) -> Tensor:
    """Each frame but the last, where it is a frame later."""
    return warp(clip.frames[:-1], clip.backward_flow)


def inside(flow: Tensor) -> Tensor:
    """Where a pixel comes from a place within the frame before, (T - 1, 1, H, W)."""
    y, x = torch.meshgrid(torch.arange(SIDE), torch.arange(SIDE), indexing="ij")
    places = flow + torch.stack((x, y))
    return ((places >= 0) & (places <= SIDE - 1)).all(1, keepdim=True)


def eroded(mask: Tensor, pixels: int) -> Tensor:
    return -F.max_pool2d(-mask.float(), 2 * pixels + 1, 1, pixels) > 0.5


def test_shapes_and_ranges() -> None:
    made = clip(0, smooth_picture(0), smooth_picture(1), frames=4)
    assert made.frames.shape == (4, 3, SIDE, SIDE)
    assert made.backward_flow.shape == (3, 2, SIDE, SIDE)
    assert made.valid.shape == (3, 1, SIDE, SIDE)
    for values in (made.frames, made.valid):
        assert values.dtype == torch.float32
        assert values.min() >= 0
        assert values.max() <= 1


def test_one_frame_has_no_motion() -> None:
    made = clip(0, smooth_picture(0), frames=1)
    assert made.frames.shape == (1, 3, SIDE, SIDE)
    assert made.backward_flow.shape == (0, 2, SIDE, SIDE)
    assert made.valid.shape == (0, 1, SIDE, SIDE)


@pytest.mark.usefixtures("_clean")
def test_the_flow_is_exact_where_the_background_is_valid() -> None:
    moving = 0
    for seed in SEEDS:
        made = clip(seed, smooth_picture(seed))
        error = (moved(made) - made.frames[1:]).abs().amax(1, keepdim=True)
        assert float(error[made.valid > 0].max()) < 0.02
        assert float((made.valid > 0).float().mean()) > 0.6
        moving += bool(made.backward_flow.abs().max() > 2)
    assert moving > 3


@pytest.mark.usefixtures("_clean")
def test_a_whole_pixel_move_is_exact_to_the_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    shift = np.array([3, -2], np.float32)
    monkeypatch.setattr(motion, "_random_warp", lambda *_: lambda points: points + shift)
    made = next(made for made in (clip(seed, smooth_picture(1)) for seed in SEEDS) if made.backward_flow.any())
    assert torch.equal(made.backward_flow, torch.tensor([3.0, -2.0]).view(1, 2, 1, 1).expand(2, 2, SIDE, SIDE))
    valid = inside(made.backward_flow)
    assert torch.equal(made.valid > 0, eroded(valid, 1))
    assert torch.equal(valid[0, 0, 2:, :-3], torch.ones(SIDE - 2, SIDE - 3, dtype=torch.bool))
    there = valid.expand_as(made.frames[1:])
    assert torch.equal(moved(made)[there], made.frames[1:][there])


@pytest.mark.usefixtures("_clean")
def test_what_stands_still_is_the_same_picture_and_all_valid() -> None:
    still = [made for made in (clip(seed, smooth_picture(2)) for seed in range(40)) if not made.backward_flow.any()]
    assert still
    for made in still:
        assert torch.equal(made.frames[0], made.frames[2])
        assert bool((made.valid == 1).all())


@pytest.mark.usefixtures("_clean")
def test_what_comes_into_view_is_not_valid() -> None:
    """Background 0 and patch 1: the colour of a pixel says what it shows."""
    uncovered = 0
    for seed in SEEDS:
        made = clip(seed, flat(0), flat(1))
        now, before = made.frames[1:, :1], moved(made)[:, :1]
        shown = (now < 0.01) & (before > 0.99)
        assert not made.valid[shown].any()
        assert not made.valid[~inside(made.backward_flow)].any()
        uncovered += int(shown.sum())
    assert uncovered > 100


@pytest.mark.usefixtures("_clean")
def test_a_patch_takes_its_pixels_along() -> None:
    followed = 0
    for seed in SEEDS:
        made = clip(seed, flat(0), flat(1))
        within = eroded((made.frames[1:, :1] > 0.99) & inside(made.backward_flow), 4)
        assert bool((made.valid[within] > 0.99).all())
        assert bool((moved(made)[:, :1][within] > 0.99).all())
        followed += int(within.sum())
    assert followed > 300


def test_light_changes_in_some_clips_while_nothing_moves() -> None:
    """More than grain does, and what changes belongs to no motion: flow and mask know nothing of it."""
    changes = []
    for seed in range(60):
        made = clip(seed, smooth_picture(3))
        if not made.backward_flow.any():
            assert bool((made.valid == 1).all())
            changes.append(float(F.avg_pool2d(made.frames[2] - made.frames[0], 8).abs().max()))
    assert max(changes) > 0.15
    assert min(changes) < 0.06


@pytest.mark.usefixtures("_steady")
def test_grain_is_new_in_every_frame() -> None:
    differing = [made for made in (clip(seed, flat(0.5)) for seed in SEEDS) if made.frames[0].std() > 0.005]
    assert differing
    for made in differing:
        first, second = made.frames[0] - made.frames[0].mean(), made.frames[1] - made.frames[1].mean()
        assert abs(float((first * second).mean() / (first.std() * second.std()))) < 0.1


def test_the_generator_decides_everything() -> None:
    first, second, other = (clip(seed, smooth_picture(0), smooth_picture(1)) for seed in (5, 5, 6))
    for name in ("frames", "backward_flow", "valid"):
        assert torch.equal(getattr(first, name), getattr(second, name))
    assert not torch.equal(first.frames, other.frames)

from __future__ import annotations

import pytest
import torch
from flow_scenes import (
    ORTHO,
    constant_flow,
    flow_frame,
    grid,
    masked_error,
    moving_card,
    pattern,
    read_blender,
    smooth_flow,
)
from torch import Tensor

from vst_core.flow import FlowFrame, MotionFinder, estimate_flow, warp

H, W = 135, 240


def pair(current: Tensor, previous: Tensor, backward: Tensor, *, both_ways: bool = True) -> tuple[FlowFrame, FlowFrame]:
    forward = -backward if both_ways else None
    return flow_frame(12, current, backward, forward), flow_frame(11, previous, backward, forward)


def grain(sigma: float, seed: int) -> Tensor:
    return torch.randn(1, 3, H, W, generator=torch.Generator().manual_seed(seed)) * sigma


def right_vectors() -> dict[str, tuple[Tensor, Tensor, Tensor]]:
    """Current, previous and true backward flow, of all kinds that a renderer delivers."""
    x, y = grid(H, W)
    still = pattern(x, y)
    slow, fast = smooth_flow(H, W, 2, seed=1, cell=40), constant_flow(H, W, -67, 22)
    moved = pattern(x + slow[0, 0], y + slow[0, 1])
    card = moving_card(H, W, step=(30, -20), pan=(-6, 3))
    flat = torch.full((1, 3, H, W), 0.3)
    faint = 0.5 + (still - 0.5) * 0.03
    faint_moved = 0.5 + (moved - 0.5) * 0.03
    return {
        "slow": (moved, still, slow),
        "slow, in grain": (moved + grain(0.06, 1), still + grain(0.06, 2), slow),
        "fast": (pattern(x - 67, y + 22), still, fast),
        "fast, in grain": (pattern(x - 67, y + 22) + grain(0.06, 3), still + grain(0.06, 4), fast),
        "whip pan": (pattern(x - 200, y), still, constant_flow(H, W, -200, 0)),
        "large moving object": (card.current, card.previous, card.backward_flow),
        "light goes down": (moved * 0.5, still, slow),
        "low texture": (faint_moved, faint, slow),
        "low texture, in grain": (faint_moved + grain(0.02, 5), faint + grain(0.02, 6), slow),
        "no texture": (flat, flat, slow),
        "no texture, in grain": (flat + grain(0.08, 7), flat + grain(0.08, 8), slow),
        "repeating texture": (
            (0.5 + 0.4 * torch.sin(2 * torch.pi * (x - 9) / 8) * torch.ones(1, 3, 1, 1)),
            (0.5 + 0.4 * torch.sin(2 * torch.pi * x / 8) * torch.ones(1, 3, 1, 1)),
            constant_flow(H, W, -9, 0),
        ),
        "still, in grain": (still + grain(0.1, 9), still + grain(0.1, 10), torch.full((1, 2, H, W), 2e-5)),
        "half a pixel": (pattern(x - 0.5, y), still, constant_flow(H, W, -0.5, 0)),
        "vectors a little off": (moved, still, slow + 0.3),
    }


@pytest.mark.parametrize("name", list(right_vectors()))
def test_right_vectors_are_kept(name: str) -> None:
    current, previous, backward = right_vectors()[name]
    motion = MotionFinder()(*pair(current, previous, backward))
    assert motion.notes == ()
    assert torch.allclose(motion.backward_flow, backward, atol=1e-3)


def wrong(name: str, backward: Tensor) -> Tensor:
    x, y = grid(H, W)
    return {
        "doubled": backward * 2,
        "as of another camera": torch.stack((x - W / 2, y - H / 2))[None] * 0.15,
        "unrelated": smooth_flow(H, W, 8, seed=7),
        "nearly nothing": torch.full((1, 2, H, W), 2e-5),
    }[name]


@pytest.mark.parametrize("sigma", [0.0, 0.04, 0.15])
@pytest.mark.parametrize("name", ["doubled", "as of another camera", "unrelated", "nearly nothing"])
def test_wrong_vectors_give_way_to_an_estimate(name: str, sigma: float) -> None:
    x, y = grid(H, W)
    true = constant_flow(H, W, -8, 3)
    current, previous = pattern(x - 8, y + 3) + grain(sigma, 1), pattern(x, y) + grain(sigma, 2)
    motion = MotionFinder()(*pair(current, previous, wrong(name, true)))
    assert torch.equal(motion.backward_flow, estimate_flow(current, previous))
    assert len(motion.notes) == 1
    assert motion.notes[0].startswith("frame 12: the motion vectors do not fit")
    assert ("0.5 times as long, see flow.scale" if name == "doubled" else "orthographic") in motion.notes[0]
    assert "reversed" not in motion.notes[0]


@pytest.mark.parametrize("unit", [1 / 64, -1 / 20, 3.0])
def test_vectors_in_other_units_are_told_their_scale(unit: float) -> None:
    x, y = grid(H, W)
    true = constant_flow(H, W, -8, 3)
    (note,) = MotionFinder()(*pair(pattern(x - 8, y + 3), pattern(x, y), true * unit)).notes
    factor, _, rest = note.partition("they would fit ")[2].partition(" times as long, see flow.scale")
    assert float(factor) == pytest.approx(1 / unit, rel=0.03)
    assert rest == (", or flow.forward_layer if they lead to the next frame" if unit < 0 else "")


def test_vectors_of_half_a_step_are_noticed() -> None:
    """A frame step of 2 still writes the motion of a step of 1."""
    x, y = grid(H, W)
    true = constant_flow(H, W, -8, 3)
    assert MotionFinder()(*pair(pattern(x - 8, y + 3), pattern(x, y), true)).notes == ()
    assert MotionFinder()(*pair(pattern(x - 8, y + 3), pattern(x, y), true / 2)).notes != ()


@pytest.mark.parametrize("both_ways", [True, False])
@pytest.mark.parametrize(
    ("signs", "setting"),
    [((-1, 1), "flow.flip_x"), ((1, -1), "flow.flip_y"), ((-1, -1), "flow.flip_x and flow.flip_y")],
)
def test_reversed_signs_are_put_right(signs: tuple[int, int], setting: str, both_ways: bool) -> None:
    x, y = grid(H, W)
    true = constant_flow(H, W, -8, 5)
    frames = pattern(x - 8, y + 5), pattern(x, y)
    motion = MotionFinder()(*pair(*frames, true * torch.tensor(signs).view(1, 2, 1, 1), both_ways=both_ways))
    right = MotionFinder()(*pair(*frames, true, both_ways=both_ways))
    assert torch.equal(motion.backward_flow, right.backward_flow)
    assert torch.equal(motion.valid, right.valid)
    assert len(motion.notes) == 1
    assert motion.notes[0].startswith("frame 12: ")
    other_way = ", or flow.forward_layer if they lead to the next frame" if signs == (-1, -1) else ""
    assert motion.notes[0].endswith(f"change {setting} to say so{other_way}")


def ortho() -> tuple[FlowFrame, FlowFrame]:
    return read_blender(ORTHO / "ortho.0002.exr", 2), read_blender(ORTHO / "ortho.0001.exr", 1)


def test_blenders_moving_orthographic_camera_is_noticed() -> None:
    current, previous = ortho()
    motion = MotionFinder()(current, previous)
    assert len(motion.notes) == 1
    assert "frame 2" in motion.notes[0]
    assert "orthographic" in motion.notes[0]
    assert current.vectors is not None
    assert current.vectors.backward is not None
    by_vectors = masked_error(warp(previous.image, current.vectors.backward), current.image, motion.valid)
    by_motion = masked_error(warp(previous.image, motion.backward_flow), current.image, motion.valid)
    assert by_motion < 0.1 * by_vectors
    true = torch.tensor([3.0, 1.0]).view(1, 2, 1, 1)  # everything moves 3 pixels left and 1 up... or down
    assert (motion.backward_flow[..., 8:-8, 8:-8].abs() - true).abs().mean() < 0.1


def test_the_judgement_depends_on_the_pair_alone() -> None:
    current, previous = ortho()
    seasoned = MotionFinder()
    x, y = grid(H, W)
    flow = constant_flow(H, W, -8, 5)
    seasoned(*pair(pattern(x - 8, y + 5), pattern(x, y), flow))
    seasoned(*pair(pattern(x - 8, y + 5), pattern(x, y), -flow))
    after, fresh = seasoned(current, previous), MotionFinder()(current, previous)
    assert torch.equal(after.backward_flow, fresh.backward_flow)
    assert torch.equal(after.valid, fresh.valid)
    assert after.notes == fresh.notes


def test_large_frames_are_judged_at_a_reduced_size() -> None:
    x, y = grid(270, 1440)
    previous, current = pattern(x, y, scale=4), pattern(x - 30, y + 12, scale=4)
    right = constant_flow(270, 1440, -30, 12)
    assert MotionFinder()(*pair(current, previous, right)).notes == ()
    assert MotionFinder()(*pair(current, previous, right * 2)).notes != ()


def test_tall_and_tiny_frames_are_judged_too() -> None:
    for size in ((300, 7), (5, 5)):
        x, y = grid(*size)
        image = pattern(x, y)
        zero = torch.full((1, 2, *size), 1e-5)
        assert MotionFinder()(*pair(image, image, zero)).notes == ()

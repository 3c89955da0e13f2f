"""Motion of pictures that lie on a card: what the processor finds, given back where they lie."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from flow_scenes import SHOT, grid, pattern, read_blender, smooth_flow
from stand_in_card import CARD
from torch import Tensor

from vst_core.flow import (
    FlowFrame,
    MotionFinder,
    Vectors,
    compose,
    consistency_mask,
    estimate_flow,
    inside,
    invert,
    is_cut,
    steady_motion,
    unchanged_mask,
    warp,
    warp_sharp,
)

HEIGHT, WIDTH = 40, 56
FLOW, BACK = smooth_flow(HEIGHT, WIDTH, 2), smooth_flow(HEIGHT, WIDTH, 2, seed=1)
IMAGE = pattern(*grid(HEIGHT, WIDTH))
Operation = Callable[[Tensor, Tensor, Tensor], Tensor]
OPERATIONS: dict[str, Operation] = {
    "warp": lambda image, flow, _: warp(image, flow),
    "warp_sharp": lambda image, flow, _: warp_sharp(image, flow),
    "inside": lambda _, flow, __: inside(flow),
    "compose": lambda _, flow, back: compose(flow, back),
    "invert": lambda _, flow, __: invert(flow),
    "consistency_mask": lambda _, flow, back: consistency_mask(flow, back),
    "unchanged_mask": lambda image, flow, _: unchanged_mask(image, warp(image, flow), inside(flow)),
    "steady_motion": lambda _, flow, back: steady_motion(flow, back, 3).backward_flow,
    "estimate_flow": lambda image, flow, _: estimate_flow(image, warp(image, flow)),
}


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
def test_it_gives_the_processors_result_there(operation: Operation) -> None:
    here = operation(IMAGE, FLOW, BACK)
    there = operation(*(each.to(CARD) for each in (IMAGE, FLOW, BACK)))
    assert there.device == CARD
    torch.testing.assert_close(there.cpu(), here, rtol=0, atol=1e-5)  # OpenCV samples for the processor alone


@pytest.mark.parametrize("source", ["vectors", "dis", "none"])
def test_a_shots_motion_is_the_processors(source: str) -> None:
    frames = [read_blender(SHOT / f"shot.{frame}.exr", frame) for frame in (1002, 1001)]
    find = MotionFinder(source)
    here, there = find(*frames), find(*(on_card(frame) for frame in frames))
    assert there.notes == here.notes
    for name in ("backward_flow", "valid"):
        mine, expected = getattr(there, name), getattr(here, name)
        assert mine.device == CARD
        torch.testing.assert_close(mine.cpu(), expected, rtol=0, atol=1e-5)


def on_card(frame: FlowFrame) -> FlowFrame:
    """The same with all that it has on the card."""

    def moved(field: Tensor | None) -> Tensor | None:
        return None if field is None else field.to(CARD)

    vectors = frame.vectors and Vectors(moved(frame.vectors.backward), moved(frame.vectors.forward))
    return replace(frame, image=frame.image.to(CARD), vectors=vectors, depth=moved(frame.depth))


def test_a_cut_is_one_there_too() -> None:
    valid = torch.zeros(1, 1, HEIGHT, WIDTH)
    assert is_cut(IMAGE.to(CARD), valid.to(CARD))
    assert not is_cut(IMAGE.to(CARD), (1 - valid).to(CARD))

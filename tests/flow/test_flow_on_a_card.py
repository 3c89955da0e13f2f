"""Motion of pictures that lie on a card: what the processor finds, given back where they lie."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from flow_scenes import SHOT, read_blender
from motion_operations import BACK, FLOW, HEIGHT, IMAGE, OPERATIONS, WIDTH, Operation
from stand_in_card import CARD
from torch import Tensor

from vst_core.flow import FlowFrame, MotionFinder, Vectors, is_cut


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

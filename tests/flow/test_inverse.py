"""Of two surfaces that lead to one pixel, the one that is seen is followed."""

from __future__ import annotations

import pytest
import torch
from flow_scenes import Pair, constant_flow, moving_card, smooth_flow

from vst_core.flow import invert
from vst_core.flow.inverse import shown_inverse

MOTIONS = {
    "before a ground that stands still": ((9, -4), (0, 0)),
    "before a slower ground": ((9, -4), (2, 1)),
    "followed by the camera": ((0, 0), (-9, 4)),
    "before a faster ground": ((3, 0), (-10, 2)),
    "up to the frame's edge": ((50, 0), (0, 0)),
}


def inverse(pair: Pair) -> torch.Tensor:
    with torch.no_grad():
        return shown_inverse(pair.forward_flow, pair.current, pair.previous)


def is_wrong(flow: torch.Tensor, pair: Pair) -> torch.Tensor:
    """Where it is not that of what is seen, which was seen before as well."""
    away = (flow - pair.backward_flow).abs().amax(1, keepdim=True) > 0.01
    return away & (pair.disocclusion == 0)


@pytest.mark.parametrize("name", list(MOTIONS))
def test_a_card_is_followed_up_to_its_edges(name: str) -> None:
    step, pan = MOTIONS[name]
    pair = moving_card(step=step, pan=pan)
    pair.disocclusion[..., -12:] = pair.disocclusion[..., :12] = 1  # where the ground comes into the frame
    pair.disocclusion[..., -12:, :] = pair.disocclusion[..., :12, :] = 1
    before, found = (is_wrong(flow, pair).sum() for flow in (invert(pair.forward_flow), inverse(pair)))
    assert before > 90 or name == "followed by the camera"
    assert found <= 0.1 * before


def test_a_single_motion_is_turned_round() -> None:
    pair = moving_card()
    flow = constant_flow(96, 128, 3, -2)
    with torch.no_grad():
        assert torch.equal(shown_inverse(flow, pair.current, pair.previous), -flow)


def test_where_nothing_moves_over_another_it_is_the_inverse() -> None:
    pair = moving_card()
    for flow in (constant_flow(96, 128, 3, -2), smooth_flow(96, 128, 2, seed=2, cell=30), torch.zeros(1, 2, 96, 128)):
        assert torch.allclose(shown_inverse(flow, pair.current, pair.previous), invert(flow), atol=0.01)

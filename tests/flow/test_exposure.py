"""What only became brighter or darker is still what it was."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from vst_core.color.curve import curve, inverse_curve
from vst_core.flow.exposure import relit

EVERYWHERE = torch.ones(1, 1, 60, 80)


def picture(seed: int) -> Tensor:
    """Light from a hundredth to ten times white, in patches."""
    patches = np.random.default_rng(seed).uniform(-2, 1, (1, 3, 6, 8)).astype(np.float32)
    return torch.from_numpy(curve(np.float32(10) ** patches.repeat(10, 2).repeat(10, 3)))


def exposed(image: Tensor, *gains: float) -> Tensor:
    light = inverse_curve(image.numpy()) * np.array(gains, np.float32).reshape(-1, 1, 1)
    return torch.from_numpy(curve(light.astype(np.float32)).clip(0, 1))


@pytest.mark.parametrize("gains", [(4.0,), (0.25,), (1.1,), (2.0, 3.0, 5.0)])
def test_the_frame_before_is_seen_in_this_one_s_light(gains: tuple[float, ...]) -> None:
    before = picture(1)
    now = exposed(before, *gains)
    again = relit(now, before, EVERYWHERE)
    assert again is not None
    assert (again - now).abs().max() < 1e-4
    assert (before - now).abs().max() > 0.02


def test_a_picture_that_is_clipped_is_met_where_it_ends() -> None:
    before = picture(1)
    now = exposed(before, 8.0).clamp(max=0.82)
    again = relit(now, before, EVERYWHERE)
    assert again is not None
    assert (again - now).abs().max() < 1e-4


def test_where_the_light_is_the_same_there_is_nothing_to_be_done() -> None:
    before, grain = picture(1), 0.02 * torch.randn(1, 3, 60, 80, generator=torch.Generator().manual_seed(0))
    assert relit(before, before, EVERYWHERE) is None
    assert relit((before + grain).clamp(0, 1), before, EVERYWHERE) is None


def test_a_shadow_on_part_of_the_picture_is_none_on_the_whole() -> None:
    before = picture(1)
    now = before.clone()
    now[..., :36] = exposed(before, 0.3)[..., :36]
    assert relit(now, before, EVERYWHERE) is None


def test_another_picture_is_not_explained_by_its_exposure() -> None:
    assert relit(exposed(picture(2), 4.0), picture(1), EVERYWHERE) is None


@pytest.mark.parametrize("light", [0.0, 1e-4])
def test_of_the_dark_nothing_is_said(light: float) -> None:
    assert relit(exposed(picture(1), light), picture(1), EVERYWHERE) is None
    assert relit(picture(1), exposed(picture(1), light), EVERYWHERE) is None


def test_only_what_can_be_compared_is_looked_at() -> None:
    before = picture(1)
    now = exposed(before, 4.0)
    now[..., :70] = picture(2)[..., :70]
    seen = torch.zeros_like(EVERYWHERE)
    seen[..., 70:] = 1
    again = relit(now, before, seen)
    assert again is not None
    assert (again - now)[..., 70:].abs().max() < 1e-4
    assert relit(now, before, torch.zeros_like(EVERYWHERE)) is None

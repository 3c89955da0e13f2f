"""A black frame stays black, and nothing jumps on the way there."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from vst_core.color import lit_share
from vst_core.color.curve import curve


def frame(light: float, rows: slice = slice(None), columns: slice = slice(None)) -> Tensor:
    """Black, but where it has so much light."""
    linear = np.zeros((3, 90, 160), np.float32)
    linear[:, rows, columns] = light
    return torch.from_numpy(curve(linear))[None]


@pytest.mark.parametrize(("light", "share"), [(0, 0), (0.0005, 0), (0.001, 0), (0.0031623, 0.5), (0.01, 1), (64, 1)])
def test_it_follows_the_light_in_stops(light: float, share: float) -> None:
    assert lit_share(frame(light)) == pytest.approx(share, abs=0.01)


def test_a_lamp_in_the_dark_is_enough_and_a_single_pixel_is_not() -> None:
    assert lit_share(frame(1, slice(40, 56), slice(40, 56))) == 1
    assert lit_share(frame(0.05, slice(40, 41), slice(40, 41))) == 0


def test_the_smallest_pictures() -> None:
    assert lit_share(frame(0.5)[..., :1, :1]) == 1
    assert lit_share(frame(0.0)[..., :3, :200]) == 0

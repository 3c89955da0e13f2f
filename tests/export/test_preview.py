"""The module that is exported does to a frame what a render does."""

from __future__ import annotations

import pytest
import torch
from small_preview import ACESCG, REC709, SIZES, checkpoint, error, plate, preview, rendered
from torch import Tensor

TOLERANCE = 1e-3
HALF = torch.tensor(0.5)
WHOLE = torch.tensor(1.0)
FIRST = torch.tensor([1.0, 0.0])


@pytest.mark.parametrize("size", ["quality", "fast"])
@pytest.mark.parametrize(("height", "width"), SIZES)
def test_it_is_the_engines_frame_at_any_size(size: str, height: int, width: int) -> None:
    pixels = plate(height, width)
    assert pixels.max() > 64
    assert pixels.min() < 0
    assert error(preview(size)(pixels, FIRST, WHOLE), rendered(pixels, network=checkpoint(size))) < TOLERANCE


@pytest.mark.parametrize("color_space", [REC709, ACESCG])
@pytest.mark.parametrize("strength", [1.0, 0.3])
def test_mixtures_strength_and_the_hosts_colour_space(color_space: str, strength: float) -> None:
    pixels, mix = plate(51, 67), torch.tensor([0.3, 0.7])
    result = preview(color_space=color_space)(pixels, mix, torch.tensor(strength))
    expected = rendered(pixels, (0.3, 0.7), strength, color_space=color_space)
    assert error(result, expected) < TOLERANCE
    assert error(result, rendered(pixels, (0.6, 0.4), strength, color_space=color_space)) > TOLERANCE


def test_a_plate_without_highlights() -> None:
    pixels = plate(48, 64).clamp(0, 0.9)
    assert error(preview()(pixels, FIRST, WHOLE), rendered(pixels)) < TOLERANCE


def test_weights_need_not_sum_to_one() -> None:
    pixels, model = plate(48, 64), preview()
    once, twice = (model(pixels, torch.tensor(mix), WHOLE) for mix in ([0.25, 0.75], [0.5, 1.5]))
    assert torch.allclose(once, twice, atol=1e-5)


@pytest.mark.parametrize(("mix", "strength"), [(FIRST, torch.tensor(0.0)), (torch.zeros(2), WHOLE)])
def test_without_strength_or_without_any_style_it_is_the_plate_to_the_bit(mix: Tensor, strength: Tensor) -> None:
    pixels = plate(51, 67)
    assert torch.equal(preview()(pixels, mix, strength), pixels)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_broken_pixel_breaks_no_other(value: float) -> None:
    pixels = plate(51, 67)
    pixels[0, 1, 20, 30] = value
    broken = ~preview()(pixels, FIRST, HALF).isfinite().all(1)
    assert broken.nonzero().tolist() in ([[0, 20, 30]], [])


def test_in_half_precision_colour_is_still_computed_in_full() -> None:
    pixels = plate(48, 64)
    whole, short = preview()(pixels, FIRST, HALF), preview().half()(pixels.half(), FIRST, HALF)
    assert short.dtype == torch.half
    assert error(short.float(), whole) < 0.05
    lamp = (..., slice(4, 9), slice(5, 14))
    assert error(short.float()[lamp], whole[lamp]) < 0.02

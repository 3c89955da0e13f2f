from __future__ import annotations

import pytest
import torch
from torch import nn
from torchvision_vgg import torchvision_stack

from vst_core.features.bands import Reach, plan_bands, reach_of
from vst_core.weights import Weights


def stack_of(*modules: str) -> nn.Sequential:
    made = {"conv": nn.Conv2d(1, 1, 3, padding=1), "relu": nn.ReLU(), "pool": nn.MaxPool2d(2)}
    return nn.Sequential(*(made[module] for module in modules))


def test_a_stack_reaches_as_far_as_its_convolutions() -> None:
    assert reach_of(stack_of("conv", "relu", "conv", "relu"), {3}) == Reach(2, (1, 1, 1, 1))
    assert reach_of(stack_of("conv", "relu", "pool", "conv", "relu"), {4}) == Reach(4, (1, 1, 1, 2, 2))


@pytest.mark.parametrize("layers", [(1,), (3, 8), (15,), (25,)])
def test_nothing_beyond_the_reach_is_looked_at(layers: tuple[int, ...], random_vgg16: Weights) -> None:
    """A band whose surroundings are something else is the same in its own rows."""
    stack = nn.Sequential(*list(torchvision_stack(random_vgg16).double().children())[: max(layers) + 1])
    reach = reach_of(stack, layers)
    factor = max(reach.factors)
    assert reach.rows % factor == 0
    image = torch.rand(1, 3, 2 * reach.rows + 2 * factor, 16, dtype=torch.float64)
    other = torch.cat((torch.rand(1, 3, 64, 16), image, torch.rand(1, 3, 64, 16)), 2).double()
    first, second = image, other
    with torch.no_grad():
        for index, module in enumerate(stack):
            first, second = module(first), module(second)
            if index in layers:
                own = slice(reach.rows // reach.factors[index], (reach.rows + 2 * factor) // reach.factors[index])
                moved = second[:, :, 64 // reach.factors[index] :]
                assert torch.allclose(first[:, :, own], moved[:, :, own], rtol=1e-9)


@pytest.mark.parametrize(("height", "width"), [(2160, 4096), (1081, 1920), (4320, 7680), (301, 40), (5, 900)])
def test_bands_are_all_of_an_image_and_none_is_too_large(height: int, width: int) -> None:
    reach, most = Reach(48, (1, 2, 4, 8, 16)), 1 << 20 if height > 1000 else 4000
    bands = plan_bands(2, height, width, reach, most)
    for image in (0, 1):
        own = [band for band in bands if band.images == slice(image, image + 1)]
        assert [band.first for band in own] == [0, *(band.last for band in own[:-1])]
        assert own[-1].last == own[-1].bottom == height
        for band in own:
            assert band.top % 16 == band.first % 16 == 0
            assert band.top == max(0, band.first - 48)
            assert band.bottom == min(height, band.last + 48)
            assert (band.bottom - band.top) * width <= max(most, 4 * 48 * width)
        for factor in reach.factors:
            places = [row for band in own for row in range(height)[band.place(factor)]]
            assert places == list(range(height // factor))
            assert all(len(range(height)[band.own(factor)]) == len(range(height)[band.place(factor)]) for band in own)
            if height >= factor:
                assert sum(band.share(height, factor) for band in own) == pytest.approx(1)


def test_small_images_go_through_together() -> None:
    (band,) = plan_bands(3, 30, 40, Reach(2, (1,)), 1200)
    assert (band.images, band.top, band.bottom) == (slice(0, 3), 0, 30)
    assert len(plan_bands(3, 30, 40, Reach(2, (1,)), 1199)) > 3

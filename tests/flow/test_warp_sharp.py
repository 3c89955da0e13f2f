from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from vst_core.flow import warp, warp_sharp


def flow(across: float, down: float, height: int = 24, width: int = 32) -> Tensor:
    return torch.tensor([float(across), float(down)]).view(1, 2, 1, 1).expand(1, 2, height, width)


def moved(image: Tensor, times: int, sharp: bool) -> Tensor:
    """An image moved by a third of a pixel, to and fro."""
    for index in range(times):
        image = (warp_sharp if sharp else warp)(image, flow(*((1 / 3, -0.4) if index % 2 else (-1 / 3, 0.4))))
    return image


def contrast(image: Tensor) -> float:
    return float(image[..., 6:-6, 6:-6].std())


def test_whole_pixels_are_moved_bit_for_bit() -> None:
    image = torch.rand(1, 3, 24, 32)
    assert torch.equal(warp_sharp(image, flow(0, 0)), image)
    assert torch.equal(warp_sharp(image, flow(3, -2))[..., 2:, :-3], image[..., :-2, 3:])
    assert not torch.equal(warp_sharp(image, flow(0.5, 0)), image)


def test_the_border_is_repeated() -> None:
    image = torch.full((1, 1, 24, 32), 0.25)
    torch.testing.assert_close(warp_sharp(image, flow(-7.3, 40.6)), image)


def test_a_slope_stays_a_slope() -> None:
    image = torch.arange(32.0).expand(1, 1, 24, 32).contiguous()
    inner = warp_sharp(image, flow(0.3, 0.7))[..., 4:-4, 4:-4]
    torch.testing.assert_close(inner, image[..., 4:-4, 4:-4] + 0.3)


def test_a_parabola_stays_one_where_linear_interpolation_lifts_it() -> None:
    image = torch.arange(32.0).square().expand(1, 1, 24, 32).contiguous()
    wanted = (torch.arange(32.0) + 0.3).square()[4:-4].expand(1, 1, 16, 24)
    torch.testing.assert_close(warp_sharp(image, flow(0.3, 0))[..., 4:-4, 4:-4], wanted, atol=1e-3, rtol=0)
    assert float((warp(image, flow(0.3, 0))[..., 4:-4, 4:-4] - wanted).min()) > 0.1


@pytest.mark.parametrize("period", [4, 6, 10])
def test_stripes_moved_many_times_neither_fade_nor_grow(period: int) -> None:
    stripes = torch.sin(torch.arange(32.0) * (2 * torch.pi / period)).expand(1, 1, 24, 32).contiguous()
    before = contrast(stripes)
    assert contrast(moved(stripes, 20, sharp=True)) < 1.02 * before
    assert contrast(moved(stripes, 20, sharp=True)) > 1.5 * contrast(moved(stripes, 20, sharp=False))


def test_of_a_coloured_picture_lightness_stays_sharp() -> None:
    stripes = torch.sin(torch.arange(32.0) * (2 * torch.pi / 6)).expand(1, 1, 24, 32).contiguous()
    tints = torch.tensor([0.5, 1.0, 0.9]).view(1, 3, 1, 1)
    grey, coloured = moved(stripes, 20, sharp=True), moved(stripes * tints, 20, sharp=True)
    torch.testing.assert_close(coloured.mean(1, keepdim=True), grey * tints.mean(), atol=1e-5, rtol=0)


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("height", [48, 50, 47])
def test_a_picture_on_its_own_is_warped_as_in_a_batch_whatever_the_threads(height: int, threads: int) -> None:
    pictures, moving = torch.rand(2, 3, height, 61), torch.rand(2, 2, height, 61) * 9
    together, before = warp_sharp(pictures, moving), torch.get_num_threads()
    torch.set_num_threads(threads)
    alone = [warp_sharp(pictures[n : n + 1], moving[n : n + 1]) for n in range(2)]
    torch.set_num_threads(before)
    assert torch.equal(torch.cat(alone), together)


@pytest.mark.parametrize("reach", [2.0, 900.0])
def test_a_tall_picture_is_warped_as_in_one_piece(reach: float) -> None:
    """However far apart the rows lie that neighbouring pixels sample."""
    image = torch.rand(1, 3, 700, 32)
    moving = (torch.rand(1, 2, 700, 32) * 2 - 1) * torch.tensor([2.0, reach]).view(1, 2, 1, 1)
    grey = image.mean(1, keepdim=True)
    wide, tall = F.pad(grey, (1, 1, 0, 0), mode="replicate"), F.pad(grey, (0, 0, 1, 1), mode="replicate")
    x = (moving[:, :1] + torch.arange(32.0)).clamp(0, 31)
    y = (moving[:, 1:] + torch.arange(700.0).view(700, 1)).clamp(0, 699)
    wanted = warp(image, moving)
    for position, bent in (
        (x, wide[..., 2:] - 2 * grey + wide[..., :-2]),
        (y, tall[..., 2:, :] - 2 * grey + tall[..., :-2, :]),
    ):
        fraction = position % 1
        wanted -= 0.5 * fraction * (1 - fraction) * warp(bent, moving)
    torch.testing.assert_close(warp_sharp(image, moving), wanted, atol=1e-3, rtol=0)


def test_shapes_that_do_not_belong_together_are_refused() -> None:
    with pytest.raises(ValueError, match="does not belong"):
        warp_sharp(torch.rand(1, 3, 24, 32), flow(0, 0, 24, 31))

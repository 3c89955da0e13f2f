from __future__ import annotations

import pytest
import torch

from vst_core.losses import total_variation


def ramp(height: int, width: int, across: float, down: float) -> torch.Tensor:
    x, y = torch.arange(width, dtype=torch.float64), torch.arange(height, dtype=torch.float64)
    return (across * x + down * y[:, None]).expand(1, 3, height, width)


def test_a_flat_image_has_none() -> None:
    assert total_variation(torch.full((2, 3, 5, 7), 0.7)) == 0


@pytest.mark.parametrize(("across", "down"), [(0.1, 0.0), (0.0, -0.2), (0.1, 0.3)])
def test_a_ramp_has_its_squared_slopes(across: float, down: float) -> None:
    height, width = 6, 9
    pairs = across**2 * height * (width - 1) + down**2 * (height - 1) * width
    assert float(total_variation(ramp(height, width, across, down))) == pytest.approx(pairs / (height * width))


def test_a_checkerboard_has_the_most() -> None:
    board = (torch.arange(8) + torch.arange(8)[:, None]).remainder(2).double().expand(1, 1, 8, 8)
    assert float(total_variation(board)) == pytest.approx(2 * 7 / 8)


def test_channels_and_images_of_a_batch_count_alike() -> None:
    image = torch.rand(1, 1, 6, 5)
    assert float(total_variation(image.repeat(4, 3, 1, 1))) == pytest.approx(float(total_variation(image)), rel=1e-5)


@pytest.mark.parametrize("size", [(1, 6), (6, 1), (1, 1)])
def test_a_side_of_one_pixel_is_flat(size: tuple[int, int]) -> None:
    image = torch.rand(1, 3, *size, dtype=torch.float64, requires_grad=True)
    line = image.detach().flatten(2)
    expected = float((line[..., 1:] - line[..., :-1]).square().sum() / image.numel())
    assert float(total_variation(image.detach())) == pytest.approx(expected)
    assert torch.autograd.gradcheck(total_variation, image)


def test_gradcheck() -> None:
    image = torch.rand(2, 3, 4, 5, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(total_variation, image)
    mirrored = torch.rand(1, 3, 4, 5, dtype=torch.float64).transpose(2, 3).requires_grad_()
    assert torch.autograd.gradcheck(lambda values: 3 * total_variation(values), mirrored)


@pytest.mark.parametrize("shape", [(3, 4, 4), (1, 3, 0, 4), (0, 3, 4, 4), (1, 1, 3, 4, 4)])
def test_what_is_no_batch_of_images_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"\(B, C, H, W\)"):
        total_variation(torch.rand(shape))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_short_types_are_summed_in_float32(dtype: torch.dtype) -> None:
    image = torch.rand(1, 3, 512, 512).to(dtype).requires_grad_()
    found, expected = total_variation(image), total_variation(image.detach().float())
    assert found.dtype == torch.float32
    assert found.item() == pytest.approx(expected.item(), rel=1e-3)
    (gradient,) = torch.autograd.grad(found * image.numel(), image)
    assert gradient.dtype == dtype
    assert torch.isfinite(gradient).all()

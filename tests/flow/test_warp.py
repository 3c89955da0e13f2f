from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
import torch
from flow_scenes import constant_flow, grid, pattern, smooth_flow
from hypothesis import given, settings
from hypothesis import strategies as st

from vst_core.flow import compose, inside, invert, sampling, warp


@pytest.fixture(autouse=True, scope="module")
def unwritten_memory_is_nan() -> Iterator[None]:
    """What torch does to memory that nobody has written to, where it is asked to be deterministic."""
    torch.use_deterministic_algorithms(mode=True)
    yield
    torch.use_deterministic_algorithms(mode=False)


@pytest.fixture(autouse=True, scope="module", params=["without gradients", "with gradients"])
def gradients(request: pytest.FixtureRequest) -> Iterator[None]:
    """Another library samples where gradients are recorded."""
    with torch.set_grad_enabled(request.param == "with gradients"):
        yield


@settings(deadline=None, max_examples=40)
@given(
    height=st.integers(2, 70),
    width=st.integers(2, 70),
    dx=st.integers(-80, 80),
    dy=st.integers(-80, 80),
    data=st.data(),
)
def test_whole_pixels_come_back_bit_for_bit(height: int, width: int, dx: int, dy: int, data: st.DataObject) -> None:
    image = torch.rand(1, 3, height, width, generator=torch.Generator().manual_seed(data.draw(st.integers(0, 99))))
    rows, columns = torch.arange(height) + dy, torch.arange(width) + dx
    wanted = image[..., rows.clamp(0, height - 1), :][..., columns.clamp(0, width - 1)]
    flow = constant_flow(height, width, dx, dy)
    assert torch.equal(warp(image, flow), wanted)
    seen = ((rows >= 0) & (rows < height))[:, None] & (columns >= 0) & (columns < width)
    assert torch.equal(warp(image, flow, padding="zeros"), wanted * seen)
    assert torch.equal(inside(flow)[0, 0], seen.float())


@pytest.mark.parametrize("size", [(40, 1920), (1080, 24), (33, 4096), (17, 3999)])
def test_whole_pixels_are_exact_at_production_widths(size: tuple[int, int]) -> None:
    image = torch.rand(1, 2, *size)
    for shift in (1, 7, 13):
        assert torch.equal(
            warp(image, constant_flow(*size, -shift, shift))[..., :-shift, shift:], image[..., shift:, :-shift]
        )


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 1e-5), (torch.float64, 1e-9)])
def test_fractions_interpolate_bilinearly(dtype: torch.dtype, tolerance: float) -> None:
    height, width = 37, 53
    image = torch.rand(2, 3, height, width, dtype=dtype)
    flow = smooth_flow(height, width, 4, seed=3)
    flow = torch.cat((flow, -flow)).to(dtype)
    warped = warp(image, flow).numpy()
    pixels = image.numpy()
    rng = np.random.default_rng(0)
    for _ in range(300):
        b, row, column = rng.integers(2), rng.integers(height), rng.integers(width)
        x = np.clip(column + flow[b, 0, row, column].item(), 0, width - 1)
        y = np.clip(row + flow[b, 1, row, column].item(), 0, height - 1)
        left, top = min(int(x), width - 2), min(int(y), height - 2)
        fx, fy = x - left, y - top
        wanted = (1 - fy) * ((1 - fx) * pixels[b, :, top, left] + fx * pixels[b, :, top, left + 1])
        wanted += fy * ((1 - fx) * pixels[b, :, top + 1, left] + fx * pixels[b, :, top + 1, left + 1])
        np.testing.assert_allclose(warped[b, :, row, column], wanted, atol=tolerance)


def test_a_picture_moves_with_its_flow() -> None:
    x, y = grid(90, 120)
    flow = smooth_flow(90, 120, 3, seed=1)
    previous, current = pattern(x, y, scale=3), pattern(x + flow[0, 0], y + flow[0, 1], scale=3)
    seen = inside(flow)
    assert seen.mean() > 0.9
    assert ((warp(previous, flow) - current).abs() * seen).max() < 0.01
    assert ((previous - current).abs() * seen).max() > 0.3


def test_zeros_fade_out_within_a_pixel_of_the_frame() -> None:
    image = torch.ones(1, 1, 8, 10)
    assert torch.allclose(warp(image, constant_flow(8, 10, 0.25, 0), padding="zeros")[0, 0, :, -1], torch.tensor(0.75))
    assert torch.allclose(warp(image, constant_flow(8, 10, 0, -0.75), padding="zeros")[0, 0, 0], torch.tensor(0.25))
    assert torch.equal(warp(image, constant_flow(8, 10, 0.25, -40.5)), image)
    assert warp(image, constant_flow(8, 10, 1e9, -1e9), padding="zeros").abs().max() == 0


def test_gradients_reach_the_image() -> None:
    flow = smooth_flow(5, 6, 2, cell=2).double()
    image = torch.rand(1, 2, 5, 6, dtype=torch.float64, requires_grad=True)
    for padding in ("border", "zeros"):
        with torch.enable_grad():
            assert torch.autograd.gradcheck(lambda i, padding=padding: warp(i, flow, padding=padding), image)
        assert not warp(image.detach(), flow, padding=padding).requires_grad


def test_more_columns_than_opencv_takes() -> None:
    image = torch.rand(1, 1, 3, 40000)
    assert torch.equal(warp(image, constant_flow(3, 40000, 2, 0))[..., :-2], image[..., 2:])


def test_an_opencv_that_rounds_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    image, flow = torch.rand(1, 3, 40, 50), smooth_flow(40, 50, 4, seed=3)
    exactly = warp(image, flow)
    monkeypatch.setattr(sampling, "_IS_EXACT", False)
    monkeypatch.setattr(sampling, "_by_opencv", None)
    torch.testing.assert_close(warp(image, flow), exactly, atol=1e-5, rtol=0)


def test_half_images_are_warped_in_full_precision() -> None:
    image, flow = torch.rand(1, 3, 20, 900), constant_flow(20, 900, -3.5, 0)
    warped = warp(image.half(), flow)
    assert warped.dtype == torch.float32
    assert torch.allclose(warped, warp(image.half().float(), flow))


def test_shapes_that_do_not_belong_together_are_refused() -> None:
    with pytest.raises(ValueError, match="does not belong"):
        warp(torch.rand(1, 3, 8, 8), torch.zeros(1, 2, 8, 9))
    with pytest.raises(ValueError, match="does not belong"):
        warp(torch.rand(2, 3, 8, 8), torch.zeros(1, 2, 8, 8))


def test_flows_chain() -> None:
    x, y = grid(80, 100)
    second = smooth_flow(80, 100, 2, seed=5, cell=40)
    first = smooth_flow(80, 100, 2, seed=6, cell=40)
    oldest = pattern(x, y, scale=3)
    chained = warp(oldest, compose(first, second))
    stepwise = warp(warp(oldest, second), first)
    middle = (slice(None), slice(None), slice(12, -12), slice(12, -12))
    assert (chained - stepwise)[middle].abs().max() < 0.02
    assert torch.equal(compose(constant_flow(9, 9, 1, 2), constant_flow(9, 9, -3, 4)), constant_flow(9, 9, -2, 6))
    shear = torch.zeros(1, 2, 9, 20)
    shear[0, 0] = torch.arange(20.0)
    assert compose(constant_flow(9, 20, 5, 0), shear)[0, 0, 0, 3] == 5 + 8


def test_inverting_a_flow_undoes_it() -> None:
    forward = smooth_flow(90, 120, 3, seed=2, cell=30)
    backward = invert(forward)
    there_and_back = (backward + warp(forward, backward)) * inside(backward)
    assert there_and_back.abs().max() < 0.01
    assert torch.equal(invert(constant_flow(20, 20, 3, -2)), constant_flow(20, 20, -3, 2))

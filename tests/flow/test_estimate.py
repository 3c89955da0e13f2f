from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import cv2
import pytest
import torch
from flow_scenes import constant_flow, grid, moving_card, pattern, smooth_flow
from torch import Tensor

from vst_core.errors import ModelError, SettingsError
from vst_core.flow import estimate_flow, make_estimator
from vst_core.flow.estimate import to_grey

CLASSICAL = ("dis", "farneback", "deepflow")


@pytest.fixture(scope="module")
def warped() -> tuple[Tensor, Tensor, Tensor]:
    """Current, previous and the true backward flow: a smooth motion of a few pixels."""
    x, y = grid(144, 192)
    flow = smooth_flow(144, 192, 2.5, seed=4, cell=48) + constant_flow(144, 192, -3.0, 1.5)
    return pattern(x + flow[0, 0], y + flow[0, 1]), pattern(x, y), flow


def endpoint_error(flow: Tensor, truth: Tensor) -> float:
    inner = (flow - truth)[..., 12:-12, 12:-12]
    return float(inner.square().sum(dim=1).sqrt().mean())


@pytest.mark.parametrize(("method", "limit"), [("dis", 0.25), ("farneback", 0.4), ("deepflow", 0.12)])
def test_motion_is_found_to_a_fraction_of_a_pixel(
    warped: tuple[Tensor, Tensor, Tensor], method: str, limit: float
) -> None:
    current, previous, truth = warped
    flow = estimate_flow(current, previous, method)
    assert flow.shape == truth.shape
    assert flow.dtype == torch.float32
    assert endpoint_error(flow, truth) < limit
    assert endpoint_error(torch.zeros_like(truth), truth) > 3


@pytest.mark.parametrize("method", CLASSICAL)
def test_x_is_right_and_y_is_down(method: str) -> None:
    x, y = grid(80, 100)
    previous, current = pattern(x, y), pattern(x - 3, y - 2)  # the picture moved 3 right, 2 down
    flow = estimate_flow(current, previous, method)[..., 20:-20, 20:-20]
    assert flow[:, 0].median() == pytest.approx(-3, abs=0.2)
    assert flow[:, 1].median() == pytest.approx(-2, abs=0.2)


@pytest.mark.parametrize("method", CLASSICAL)
def test_an_estimator_repeats_itself_and_remembers_nothing(warped: tuple[Tensor, Tensor, Tensor], method: str) -> None:
    current, previous, _ = warped
    estimate = make_estimator(method)
    first = estimate(current, previous)
    estimate(previous, current)
    assert torch.equal(estimate(current, previous), first)
    assert torch.equal(estimate_flow(current, previous, method), first)


def test_threads_may_share_an_estimator() -> None:
    pairs = [(pair.current, pair.previous) for pair in (moving_card(step=(n, 3)) for n in range(8))]
    estimate = make_estimator("dis")
    alone = [estimate(*pair) for pair in pairs]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda pair: estimate(*pair), pairs))
    assert all(torch.equal(a, b) for a, b in zip(alone, together, strict=True))


def test_thread_count_changes_nothing(warped: tuple[Tensor, Tensor, Tensor]) -> None:
    current, previous, _ = warped
    before = cv2.getNumThreads()
    try:
        cv2.setNumThreads(1)
        one = estimate_flow(current, previous)
        cv2.setNumThreads(3)
        assert torch.equal(estimate_flow(current, previous), one)
    finally:
        cv2.setNumThreads(before)


def test_batches_are_estimated_pair_by_pair(warped: tuple[Tensor, Tensor, Tensor]) -> None:
    current, previous, _ = warped
    both = estimate_flow(torch.cat((current, previous)), torch.cat((previous, current)))
    assert torch.equal(both[:1], estimate_flow(current, previous))
    assert torch.equal(both[1:], estimate_flow(previous, current))


def test_values_beyond_display_are_clamped_and_inputs_left_alone(warped: tuple[Tensor, Tensor, Tensor]) -> None:
    current, previous, _ = warped
    bright = current * 4 - 1
    kept = bright.clone()
    assert torch.equal(estimate_flow(bright, previous), estimate_flow(bright.clamp(0, 1), previous))
    assert torch.equal(bright, kept)


@pytest.mark.parametrize("method", CLASSICAL)
@pytest.mark.parametrize("size", [(1, 1), (5, 9), (7, 64)])
def test_tiny_frames_are_estimated_too(method: str, size: tuple[int, int]) -> None:
    image = torch.rand(1, 3, *size)
    flow = estimate_flow(image, image, method)
    assert flow.shape == (1, 2, *size)
    assert flow.isfinite().all()


def test_grey_is_luma_rounded_to_the_nearest_of_256_levels() -> None:
    levels = [[1.0, 0, 0], [0, 1, 0], [0, 0, 1], [0.5, 0.5, 0.5], [0.4985, 0.4985, 0.4985], [2, 2, 2], [-1, 0, 0]]
    grey = to_grey(torch.tensor(levels).T.reshape(1, 3, 1, 7))
    assert len(grey) == 1
    assert grey[0].tolist() == [[76, 150, 29, 128, 127, 255, 0]]


def test_an_unknown_method_is_refused_with_the_known_ones() -> None:
    with pytest.raises(SettingsError, match="dis, farneback, deepflow, raft"):
        make_estimator("horn")


def test_pictures_of_two_sizes_are_refused() -> None:
    with pytest.raises(ValueError, match="different shape"):
        estimate_flow(torch.rand(1, 3, 32, 32), torch.rand(1, 3, 32, 33))


def test_an_opencv_without_contrib_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(cv2.optflow, "createOptFlow_DeepFlow")
    with pytest.raises(ModelError, match="opencv-contrib-python-headless"):
        make_estimator("deepflow")
    monkeypatch.delattr(cv2, "optflow")
    with pytest.raises(ModelError, match="opencv-contrib-python-headless"):
        make_estimator("deepflow")

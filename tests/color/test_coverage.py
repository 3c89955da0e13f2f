import numpy as np
import pytest

from vst_core.color.coverage import MIN_ALPHA, fill_uncovered, scaled, uncovered, unpremultiplied


def disc(size: int, radius: float) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    y, x = np.mgrid[:size, :size] - size / 2 + 0.5
    return np.asarray(np.clip(radius - np.hypot(x, y), 0, 1), dtype=np.float32)


def test_straight_colour_and_back() -> None:
    alpha = disc(32, 9)
    straight = np.random.default_rng(0).random((32, 32, 3)).astype(np.float32)
    premultiplied = scaled(straight, alpha)
    recovered = unpremultiplied(premultiplied, alpha)
    covered = uncovered(alpha) == 0
    assert np.allclose(recovered[covered], straight[covered], rtol=1e-5)
    assert (recovered[~covered] == 0).all()
    assert ((alpha <= MIN_ALPHA) == ~covered).all()


@pytest.mark.parametrize("size", [1, 2, 3, 5, 64, 101])
def test_one_colour_fills_everything_with_itself(size: int) -> None:
    alpha = disc(size, max(0.7, size / 5))
    alpha[size // 2, size // 2] = 1
    color = np.where(uncovered(alpha)[..., None] > 0, 0, np.array([0.9, 0.4, 0.1])).astype(np.float32)
    fill_uncovered(color, alpha)
    assert np.allclose(color, [0.9, 0.4, 0.1], rtol=1e-5)


def test_covered_pixels_keep_their_colour_and_others_take_that_of_their_neighbours() -> None:
    alpha = np.zeros((64, 64), np.float32)
    alpha[:, :8] = 1
    alpha[:, -8:] = 0.01
    color = np.zeros((64, 64, 3), np.float32)
    color[:, :8, 0] = 0.8
    color[:, -8:, 1] = 0.6
    before = color.copy()
    fill_uncovered(color, alpha)
    covered = uncovered(alpha) == 0
    assert (color[covered] == before[covered]).all()
    assert np.allclose(color[32, 9], [0.8, 0, 0], atol=0.15)
    assert (color.max(axis=-1) > 0.3).all(), "no dark gap"
    assert color.max() <= 0.8 + 1e-6


def test_nothing_covered_is_black() -> None:
    color = np.zeros((7, 5, 3), np.float32)
    fill_uncovered(color, np.zeros((7, 5), np.float32))
    assert (color == 0).all()


def test_fill_stays_within_the_colours_there_are_whatever_the_alpha() -> None:
    random = np.random.default_rng(3)
    alpha = (random.random((40, 40)) < 0.3).astype(np.float32) * 4
    color = random.integers(0, 2, (40, 40, 3)).astype(np.float32) * (alpha > 0)[..., None]
    fill_uncovered(color, alpha)
    assert color.min() >= 0
    assert color.max() <= 1 + 1e-6

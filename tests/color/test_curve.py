import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from vst_core.color.curve import KNEE, PEAK, WHITE_DISPLAY, curve, inverse_curve

finite = st.floats(-1000, 65504, width=32)


def at(*values: float) -> list[float]:
    return [float(value) for value in curve(np.array([values], np.float32))[0]]


def test_ends_and_landmarks() -> None:
    assert at(0, 64) == pytest.approx([0, 1], abs=2e-7)
    assert at(0.0031308, 0.18, 0.5) == pytest.approx([0.04045, 0.46135, 0.73536], abs=1e-5)  # sRGB
    assert pytest.approx(0.8212, abs=1e-4) == WHITE_DISPLAY
    assert at(1)[0] == pytest.approx(WHITE_DISPLAY, abs=1e-6)
    assert at(-0.1, -0.001) == pytest.approx([-1.292, -0.01292], abs=1e-6)


def test_value_and_slope_meet_at_the_knee() -> None:
    step = 1e-3
    below, knee, above = at(KNEE - step, KNEE, KNEE + step)
    assert (above - knee) / step == pytest.approx((knee - below) / step, rel=0.03)
    assert above - knee == pytest.approx(knee - below, rel=0.03)
    assert np.diff(curve(np.linspace(KNEE - 1e-4, KNEE + 1e-4, 201, dtype=np.float32)[None])).max() < 2e-6


def test_strictly_increasing() -> None:
    linear = np.concatenate([np.linspace(-1, 1, 4001), np.geomspace(1.001, 1e5, 4000)]).astype(np.float32)
    assert (np.diff(curve(linear[None])[0]) > 0).all()


@given(arrays(np.float32, st.tuples(st.integers(1, 5), st.integers(1, 9), st.just(3)), elements=finite))
def test_round_trip(linear: np.ndarray[tuple[int, int, int], np.dtype[np.float32]]) -> None:
    display = curve(linear)
    assert display.dtype == np.float32
    assert display.shape == linear.shape
    assert np.allclose(inverse_curve(display), linear, rtol=1e-4, atol=1e-9)


def test_range_of_the_display() -> None:
    linear = np.linspace(0, PEAK, 100_001, dtype=np.float32)[None]
    assert curve(linear).min() >= 0
    assert curve(linear).max() <= 1 + 2e-7


def test_any_finite_value_is_taken_without_a_warning() -> None:
    assert np.isfinite(curve(np.full((1, 1, 3), 3e38, np.float32))).all()

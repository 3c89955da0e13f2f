"""Fields over the picture: coordinates, smooth noise, directions and smooth steps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.floating[Any]]

SIDE = 512
"""Points along one side of the picture; the planning fields have one sample a point."""


def grid(n: int = SIDE) -> tuple[FloatArray, FloatArray]:
    """The x and y of every pixel centre of an (n, n) raster, in points."""
    centres = ((np.arange(n) + 0.5) * SIDE / n).astype(np.float32)
    x, y = np.meshgrid(centres, centres)
    return x, y


def _spline_basis(n: int, period: float, shift: float) -> FloatArray:
    """(n, knots) weights of the uniform cubic B-spline with a knot every ``period`` points."""
    position = (np.arange(n) + 0.5) * SIDE / n / period + shift
    knots = np.arange(int(np.ceil(SIDE / period)) + 4) - 1
    t = np.abs(position[:, None] - knots[None, :])
    near = 2 / 3 - t**2 + t**3 / 2
    far = np.clip(2 - t, 0, None) ** 3 / 6
    return np.where(t < 1, near, far).astype(np.float32)


def noise(
    rng: np.random.Generator, period: float | tuple[float, float], n: int = SIDE, octaves: int = 3, gain: float = 0.5
) -> FloatArray:
    """Smooth noise of zero mean and unit deviation, (n, n).

    Args:
        rng: the source of chance; the draws do not depend on ``n``.
        period: points between the knots of the coarsest octave, one number or (across, down).
        n: raster size.
        octaves: each has half the period of the one before.
        gain: amplitude of an octave relative to the one before.
    """
    across, down = (period, period) if isinstance(period, int | float) else period
    total = np.zeros((n, n), np.float32)
    for octave in range(octaves):
        rows = _spline_basis(n, down / 2**octave, rng.random())
        columns = _spline_basis(n, across / 2**octave, rng.random())
        knots = rng.standard_normal((rows.shape[1], columns.shape[1])).astype(np.float32)
        total += gain**octave * (rows @ knots @ columns.T)
    return (total - total.mean()) / total.std()


def smoothstep(low: float, high: float, value: FloatArray) -> FloatArray:
    """0 below ``low``, 1 above ``high`` and a smooth cubic between; ``low`` may exceed ``high``."""
    t = np.clip((value - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)


def curve(x: FloatArray, knots: Sequence[tuple[float, float]], rounding: float = 20) -> FloatArray:
    """A smooth curve y(x) near the (x, y) knots: linear interpolation, rounded over ``rounding`` points."""
    xs, ys = zip(*knots, strict=True)
    offsets = rounding * np.linspace(-1, 1, 9)
    weights = np.hanning(11)[1:-1]
    rounded = sum(w * np.interp(x + d, xs, ys) for d, w in zip(offsets, weights, strict=True))
    return (rounded / weights.sum()).astype(np.float32)


def along(stream: FloatArray) -> FloatArray:
    """Unit vectors (H, W, 2) along the level lines of a stream function."""
    down, across = np.gradient(stream)
    return unit(-down, across)


def unit(x: FloatArray, y: FloatArray) -> FloatArray:
    """Unit vectors (H, W, 2) with the direction of (x, y)."""
    vectors = np.stack(np.broadcast_arrays(x, y), axis=-1).astype(np.float32)
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-6)


def rotated(directions: FloatArray, angle: float | FloatArray) -> FloatArray:
    """The vectors turned by ``angle`` radians, clockwise on the screen."""
    c, s = np.cos(angle), np.sin(angle)
    x, y = directions[..., 0], directions[..., 1]
    return np.stack([c * x - s * y, s * x + c * y], axis=-1).astype(np.float32)


def at(field: FloatArray, points: FloatArray) -> FloatArray:
    """The planning field's samples nearest to ``points`` (..., 2); outside the picture those of its border."""
    column, row = np.clip(points.astype(np.int32), 0, SIDE - 1).transpose(-1, *range(points.ndim - 1))
    return field[row, column]

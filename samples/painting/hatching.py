"""Evenly spaced strokes along a direction field, and outlines of shapes.

The spacing follows Jobard and Lefer, "Creating Evenly-Spaced Streamlines of Arbitrary Density" (1997): a stroke grows
until it comes too close to another one, and the next strokes are seeded beside it.
"""

from __future__ import annotations

import math
from collections import deque

import cv2
import numpy as np

from painting.fields import SIDE, FloatArray, at
from painting.strokes import draw_line, normals

_STEP = 1.5  # points between the samples of a stroke
_FINE = 2  # occupancy samples a point


def hatch(
    directions: FloatArray,
    spacing: FloatArray,
    allowed: np.ndarray,
    lengths: tuple[float, float],
    rng: np.random.Generator,
) -> list[FloatArray]:
    """Fill a region with strokes that keep their distance.

    Args:
        directions: (512, 512, 2) unit vectors.
        spacing: (512, 512) distance between neighbouring strokes, points.
        allowed: (512, 512) bool, where strokes may be.
        lengths: shortest and longest stroke, points.
        rng: the source of chance: the first seeds and the longest length of each stroke.

    Returns:
        Paths (M, 2), each at least the shortest length long.
    """
    taken, crowded = np.zeros((2, SIDE * _FINE, SIDE * _FINE), np.uint8)
    rows, columns = np.nonzero(allowed)
    order = rng.permutation(len(rows))[: 40 + len(rows) // 12]
    strokes: list[FloatArray] = []
    for column, row in zip(columns[order] + 0.5, rows[order] + 0.5, strict=True):
        seeds = deque([(float(column), float(row))])
        while seeds:
            seed = seeds.popleft()
            if not _free(*seed, allowed, taken):
                continue
            path = _grow(seed, directions, allowed, crowded, rng.uniform(*lengths))
            if (len(path) - 1) * _STEP < lengths[0]:
                continue
            gap = float(at(spacing, path[len(path) // 2]))
            draw_line(taken, path, 255, 1.7 * gap)
            draw_line(crowded, path, 255, gap)
            strokes.append(path)
            seeds.extend(_beside(path, gap))
    return strokes


def _free(x: float, y: float, allowed: np.ndarray, occupied: np.ndarray) -> bool:
    if not (0 <= x < SIDE and 0 <= y < SIDE):
        return False
    return bool(allowed[int(y), int(x)]) and occupied[int(y * _FINE), int(x * _FINE)] < 128


def _grow(
    seed: tuple[float, float], directions: FloatArray, allowed: np.ndarray, occupied: np.ndarray, longest: float
) -> FloatArray:
    """The path through ``seed``, half of it each way, as far as it is free."""
    halves: list[list[tuple[float, float]]] = []
    for sign in (1.0, -1.0):
        x, y = seed
        dx, dy = (sign * directions[int(y), int(x)]).tolist()
        half: list[tuple[float, float]] = []
        while len(half) < longest / 2 / _STEP:
            x, y = x + dx * _STEP, y + dy * _STEP
            if not _free(x, y, allowed, occupied):
                break
            half.append((x, y))
            nx, ny = directions[int(y), int(x)].tolist()
            turn = math.copysign(1.0, nx * dx + ny * dy)
            dx, dy = turn * nx, turn * ny
        halves.append(half)
    return np.array([*halves[1][::-1], seed, *halves[0]], np.float32)


def _beside(path: FloatArray, gap: float) -> list[tuple[float, float]]:
    """Seeds on both sides of a path, a gap away from its ends and its middle."""
    picks = [0, len(path) // 2, len(path) - 1]
    offset = normals(path)[picks] * gap
    beside = np.concatenate([path[picks] + offset, path[picks] - offset])
    return [(float(x), float(y)) for x, y in beside]


def outlines(mask: np.ndarray, smoothing: float = 2.5) -> list[FloatArray]:
    """The closed boundaries (M, 2) of a region, smoothed by a Gaussian of ``smoothing`` points along them."""
    contours, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
    paths = []
    for contour in contours:
        points = contour.reshape(-1, 2).astype(np.float32) + 0.5
        if len(points) < 12:
            continue
        frequency = np.fft.rfftfreq(len(points))[:, None]
        damping = np.exp(-2 * (np.pi * smoothing * frequency) ** 2)
        smooth = np.fft.irfft(np.fft.rfft(points, axis=0) * damping, len(points), axis=0)
        paths.append(np.concatenate([smooth, smooth[:1]]).astype(np.float32))
    return paths

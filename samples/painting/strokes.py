"""Strokes: paths along a direction field, and the ways to lay them on a raster."""

from __future__ import annotations

import cv2
import numpy as np

from painting.fields import FloatArray, at

_SHIFT = 4  # fractional bits of the coordinates handed to OpenCV


def trace(start: FloatArray, directions: FloatArray, length: FloatArray, samples: int) -> FloatArray:
    """Paths of the given lengths through a direction field, each with its start in the middle.

    Args:
        start: (N, 2) points.
        directions: (512, 512, 2) unit vectors.
        length: (N,) points.
        samples: points a path, odd.

    Returns:
        (N, samples, 2) points.
    """
    half = samples // 2
    step = (length / (samples - 1))[:, None]
    path = np.empty((len(start), samples, 2), np.float32)
    path[:, half] = start
    for sign in (1, -1):
        position = start.astype(np.float32)
        heading = sign * at(directions, position)
        for i in range(1, half + 1):
            heading = _follow(at(directions, position + heading * step / 2), heading)
            position = position + heading * step
            path[:, half + sign * i] = position
    return path


def _follow(directions: FloatArray, heading: FloatArray) -> FloatArray:
    """The directions, each turned about where it points against the heading."""
    return np.where((directions * heading).sum(-1, keepdims=True) < 0, -directions, directions)


def normals(path: FloatArray) -> FloatArray:
    """Unit normals (..., M, 2) of paths (..., M, 2)."""
    tangent = np.gradient(path, axis=-2)
    tangent /= np.maximum(np.linalg.norm(tangent, axis=-1, keepdims=True), 1e-6)
    return np.stack([-tangent[..., 1], tangent[..., 0]], axis=-1)


def fixed(points: FloatArray, scale: float) -> np.ndarray:
    """Points as OpenCV's fixed-point pixel coordinates, for ``shift=4``."""
    return np.round((points * scale - 0.5) * 2**_SHIFT).astype(np.int32)


def draw_line(raster: np.ndarray, path: FloatArray, color: tuple[float, ...] | float, width: float) -> None:
    """One antialiased line of constant width, in points."""
    scale = raster.shape[0] / 512
    thickness = max(1, round(width * scale))
    cv2.polylines(raster, [fixed(path, scale)], False, color, thickness, cv2.LINE_AA, _SHIFT)


def draw_ribbon(raster: np.ndarray, path: FloatArray, color: tuple[float, ...] | float, width: FloatArray) -> None:
    """One filled ribbon along ``path`` (M, 2) whose width (M,), in points, varies along it."""
    offset = normals(path) * width[:, None] / 2
    outline = np.concatenate([path + offset, (path - offset)[::-1]])
    cv2.fillPoly(raster, [fixed(outline, raster.shape[0] / 512)], color, cv2.LINE_AA, _SHIFT)

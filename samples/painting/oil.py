"""Oil: thick bristled strokes along a flow, lit from the side so that the paint stands up."""

from __future__ import annotations

import cv2
import numpy as np

from painting.color import ramp
from painting.fields import FloatArray, at
from painting.oil_scene import Layer, layers
from painting.strokes import draw_line, normals, trace

_SAMPLES = 17


def paint(n: int) -> FloatArray:
    """The oil painting as RGB (n, n, 3) in 0..1."""
    rng = np.random.default_rng(1889)
    raster = np.zeros((n, n, 4), np.uint8)
    raster[..., :3] = (60, 45, 70)
    for layer in layers(rng):
        _brush(raster, layer, rng)
    return _lit(raster)


def _brush(raster: np.ndarray, layer: Layer, rng: np.random.Generator) -> None:
    """Lay one layer's strokes on a raster of RGB and paint height."""
    count = round(layer.coverage * layer.mask.sum() / (layer.width * layer.length))
    rows, columns = np.nonzero(layer.mask)
    picks = rng.integers(len(rows), size=count)
    starts = np.stack([columns[picks], rows[picks]], axis=-1) + rng.random((count, 2), dtype=np.float32)
    lengths = (layer.length * rng.uniform(0.7, 1.3, count)).astype(np.float32)
    widths = layer.width * rng.uniform(0.75, 1.25, count)
    tones = at(layer.tone, starts) + layer.spread * rng.standard_normal(count)
    paths = trace(starts, layer.directions, lengths, _SAMPLES)
    sides = normals(paths)
    for path, side, width, tone in zip(paths, sides, widths, tones, strict=True):
        _stroke(raster, path, side, width, tone, layer.palette, rng)


def _stroke(
    raster: np.ndarray,
    path: FloatArray,
    side: FloatArray,
    width: float,
    tone: float,
    palette: FloatArray,
    rng: np.random.Generator,
) -> None:
    """One stroke as a bundle of bristles: two half-mixed paints, ridges at the rims, ragged ends."""
    bristles = round(1.25 * width) + 2
    across = np.linspace(-1, 1, bristles)
    streaks = np.cumsum(rng.normal(0, 0.35, bristles))
    tones = tone + 0.09 * rng.standard_normal() * across + 0.07 * (streaks - streaks.mean())
    colors = ramp(palette, tones) * (1 + 0.05 * rng.standard_normal((bristles, 1)))
    heights = 0.3 + 0.25 * rng.random() + 0.22 * across**4 + 0.23 * rng.random(bristles)
    paints = np.clip(255 * np.column_stack([colors, heights]), 0, 255)
    rounding = np.round(2.5 * across**2).astype(int)
    starts = rounding + rng.integers(0, 3, bristles)
    stops = _SAMPLES - rounding - rng.integers(0, 4, bristles)
    for i in rng.permutation(bristles):
        bristle = path[starts[i] : stops[i]] + side[starts[i] : stops[i]] * (across[i] * width / 2)
        draw_line(raster, bristle, tuple(paints[i]), 1.3)


def _lit(raster: np.ndarray) -> FloatArray:
    """The colours under a low light from the upper left, by the slopes of the paint height."""
    scale = raster.shape[0] / 512
    color = raster[..., :3].astype(np.float32) / 255
    height = raster[..., 3].astype(np.float32) / 255
    relief = cv2.GaussianBlur(height, (0, 0), 0.4 * scale) + 0.8 * cv2.GaussianBlur(height, (0, 0), 1.4 * scale)
    down, across = np.gradient(relief, 1 / scale)
    slope = 0.75 * across + 0.66 * down
    slope /= slope.std()
    shade = 1 + 0.15 * np.clip(slope, -2.6, 1.8)
    gloss = 0.1 * np.clip(slope - 1.3, 0, 2)
    return np.clip(color * shade[..., None] + gloss[..., None], 0, 1)

"""Ink: tone built from layers of pen strokes that follow the forms, on warm paper."""

from __future__ import annotations

import numpy as np

from painting.color import mix, rgb
from painting.fields import FloatArray, at, noise, rotated
from painting.hatching import hatch, outlines
from painting.ink_scene import Form, forms
from painting.strokes import draw_ribbon, normals

_PAPER, _SEPIA, _BLACK = rgb("efe0bd", "6a3f22", "1d1512")


def paint(n: int) -> FloatArray:
    """The ink drawing as RGB (n, n, 3) in 0..1."""
    rng = np.random.default_rng(1631)
    tremor = np.stack([noise(rng, 26), noise(rng, 26)], axis=-1) * 0.55
    sepia, black = np.zeros((2, n, n), np.uint8)
    for form in forms():
        raster = black if form.near else sepia
        for path, width in [*_hatching(form, rng), *_edges(form)]:
            shaken = path + at(tremor, path)
            draw_ribbon(raster, shaken, rng.uniform(200, 255), width * rng.uniform(0.85, 1.15))
    return _printed(sepia, black, rng)


def _hatching(form: Form, rng: np.random.Generator) -> list[tuple[FloatArray, FloatArray]]:
    """The strokes of one form and their widths: a layer for each step of darkness, each in its own direction."""
    layers = [
        (0.04, form.around, 4.6, (7, 130)),
        (0.34, rotated(form.around, -0.95), 4.6, (6, 60)),
        (0.55, form.lengthwise, 4.4, (6, 50)),
        (0.76, rotated(form.around, 0.6), 3.6, (5, 30)),
    ]
    strokes = []
    for threshold, directions, gap, lengths in layers:
        spacing = gap * (1.15 - 0.35 * form.tone)
        for path in hatch(directions, spacing, form.mask & (form.tone > threshold), lengths, rng):
            excess = np.clip(at(form.tone, path) - threshold, 0, 0.6)
            strokes.append((path, (0.4 + 2.4 * excess) * _taper(len(path))))
    return strokes


def _taper(count: int) -> FloatArray:
    """The pressure of the pen along a stroke: set down firmly, drawn out to a point."""
    t = np.linspace(0, 1, count)
    return np.minimum(1, 0.45 + 6 * t) * np.minimum(1, 0.12 + 2.2 * (1 - t))


def _edges(form: Form) -> list[tuple[FloatArray, FloatArray]]:
    """The outlines of a form and their widths, heavier away from the light."""
    if not form.outlined:
        return []
    paths = outlines(form.mask)
    return [(path, 1.25 + 0.85 * normals(path) @ np.array([-0.7, -0.7])) for path in paths]


def _printed(sepia: np.ndarray, black: np.ndarray, rng: np.random.Generator) -> FloatArray:
    """The two inks on paper with a little tooth."""
    n = len(sepia)
    tooth = 1 + 0.012 * noise(rng, 60, n) + 0.012 * noise(rng, 3, n, octaves=1)
    paper = np.broadcast_to(_PAPER, (n, n, 3)) * tooth[..., None]
    washed = mix(paper, _SEPIA, 0.92 * sepia.astype(np.float32) / 255)
    return mix(washed, _BLACK, 0.96 * black.astype(np.float32) / 255)

"""Mosaic: cells of coloured glass in dark lead, with the light behind them."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np

from painting.color import mix, ramp, rgb
from painting.fields import SIDE, FloatArray, grid, noise, smoothstep
from painting.mosaic_scene import Pane, panes

_ROUNDS = 7  # of Lloyd's relaxation
_LEAD = rgb("14131a")[0]


def paint(n: int) -> FloatArray:
    """The mosaic as RGB (n, n, 3) in 0..1."""
    rng = np.random.default_rng(1241)
    window = panes(n)
    owner, things = np.zeros((2, n, n), int)
    thing = 0
    for i, pane in enumerate(window):
        thing = thing if pane.joined else i
        owner[pane.mask], things[pane.mask] = i, thing
    cells, colors = _glaze(window, owner, rng)
    return _backlit(cells, colors, _to_border(things), rng)


def _glaze(window: list[Pane], owner: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, FloatArray]:
    """Cut every pane into cells: their numbers (n, n) and their colours (cells, 3)."""
    cells = np.zeros(owner.shape, int)
    colors: list[FloatArray] = []
    for i, pane in enumerate(window):
        for rows, columns in _pieces(owner == i, pane.parts):
            cut = _relaxed(np.column_stack([columns, rows]) * (SIDE / len(owner)), SIDE / len(owner), pane.cell, rng)
            tone = np.bincount(cut, pane.tone[rows, columns]) / np.bincount(cut)
            cells[rows, columns] = len(colors) + cut
            colors.extend(ramp(pane.palette, tone + pane.spread * rng.standard_normal(len(tone))))
    return cells, np.array(colors)


def _pieces(mask: np.ndarray, parts: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """The rows and the columns of each part within a mask."""
    rows, columns = np.nonzero(mask)
    names = parts[rows, columns]
    order = np.argsort(names, kind="stable")
    for picks in np.split(order, np.flatnonzero(np.diff(names[order])) + 1):
        if len(picks):
            yield rows[picks], columns[picks]


def _relaxed(pixels: FloatArray, pitch: float, size: float, rng: np.random.Generator) -> np.ndarray:
    """Voronoi cells of about ``size`` points: the number of the nearest site for each pixel (P, 2) of a part.

    The sites move to the centres of their cells a few times (S. Lloyd, "Least squares quantization in PCM", 1982).
    """
    count = max(1, round(len(pixels) * (pitch / size) ** 2))
    sites = pixels[rng.integers(len(pixels), size=count)]
    for _ in range(_ROUNDS):
        nearest = _nearest(pixels, sites)
        filled = np.maximum(np.bincount(nearest, minlength=count), 1)
        sums = [np.bincount(nearest, pixels[:, axis], count) for axis in (0, 1)]
        sites = np.stack(sums, axis=-1) / filled[:, None]
    return np.unique(_nearest(pixels, sites), return_inverse=True)[1]


def _nearest(pixels: FloatArray, sites: FloatArray) -> np.ndarray:
    return np.argmin((sites**2).sum(1) - 2 * pixels @ sites.T, axis=1)


def _to_border(labels: np.ndarray) -> FloatArray:
    """Distance, in points, from every pixel to the nearest change of label."""
    border = np.zeros(labels.shape, bool)
    border[:, 1:] |= labels[:, 1:] != labels[:, :-1]
    border[1:] |= labels[1:] != labels[:-1]
    distance = cv2.distanceTransform((~border).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return distance * (SIDE / len(labels))


def _backlit(cells: np.ndarray, colors: FloatArray, to_outline: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Glass and lead with the light coming through."""
    n = len(cells)
    inside = _to_border(cells)
    glass = colors[cells] * _streaks(cells, len(colors), rng)[..., None]
    glass *= (0.7 + 0.42 * smoothstep(0.5, 6, inside))[..., None]
    lead = np.maximum(smoothstep(1.25, 0.75, inside), smoothstep(2.1, 1.6, to_outline))
    rounded = smoothstep(0.3, 0.62, cv2.GaussianBlur(lead, (0, 0), 0.9 * n / SIDE))
    down, across = np.gradient(cv2.GaussianBlur(lead, (0, 0), 0.8 * n / SIDE), SIDE / n)
    sheen = np.clip(-0.5 * across - 0.6 * down, 0, 1) * 0.28
    picture = mix(glass, _LEAD + sheen[..., None], rounded)
    glow = cv2.GaussianBlur(picture * picture, (0, 0), 7 * n / SIDE)
    return np.clip(picture + 0.3 * glow, 0, 1)


def _streaks(cells: np.ndarray, count: int, rng: np.random.Generator) -> FloatArray:
    """Brightness of the glass: streaks in a direction that changes from cell to cell, and a slope of its own."""
    n = len(cells)
    x, y = grid(n)
    runs = np.stack([noise(rng, (46, 7), n), noise(rng, (7, 46), n), noise(rng, 15, n)])
    kind = rng.integers(3, size=count)[cells]
    streak = np.take_along_axis(runs, kind[None], axis=0)[0]
    angle = rng.uniform(0, 2 * np.pi, count)[cells]
    slope = np.sin((x * np.cos(angle) + y * np.sin(angle)) / 16)
    return 1 + 0.16 * np.clip(streak, -2, 2) + 0.12 * slope

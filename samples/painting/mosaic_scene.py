"""The mosaic's picture: two carp circling among water lilies, as panes for the glazier."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np

from painting.color import rgb
from painting.fields import SIDE, FloatArray, curve, grid, noise, smoothstep

_GREENS = rgb("0b3d22", "15703a", "3aa650", "a5d64a")
_PINKS = rgb("8e1457", "d63384", "f58fbb", "ffe3ee")
_GOLDS = rgb("b8620a", "f2a81d", "ffe27a")

# A carp's half width, in points, by the position along its spine; the tail fin is the last fifth.
_HALF_WIDTH = [
    *[(0, 4), (0.015, 15), (0.04, 22), (0.1, 30), (0.25, 37), (0.45, 33), (0.62, 21), (0.76, 10)],
    *[(0.82, 12), (0.95, 40), (1, 48)],
]


@dataclass(frozen=True)
class Pane:
    """One thing in the window.

    Attributes:
        mask: (n, n) where it is.
        parts: (n, n) whole numbers; the lead follows every change of them.
        palette: (N, 3) glass colours.
        tone: (n, n) position along the palette; a cell takes the mean.
        cell: size of the cells that larger parts are broken into, points.
        spread: deviation of a cell's tone.
        joined: whether it belongs to the same thing as the pane before, so that no heavy lead parts them.
    """

    mask: np.ndarray
    parts: np.ndarray
    palette: FloatArray
    tone: FloatArray
    cell: float
    spread: float = 0.12
    joined: bool = False


def panes(n: int) -> list[Pane]:
    """The panes of the window, the deepest first."""
    rng = np.random.default_rng(1240)
    x, y = grid(n)
    water = _water(rng, x, y)
    pads = [(70, 92, 56, 0.6), (152, 50, 34, 2.5), (444, 424, 58, 3.6), (362, 470, 32, 5.4), (54, 452, 46, 5.9)]
    lilies = [
        pane for cx, cy, radius, notch in [*pads, (462, 60, 44, 2.2)] for pane in _pad(x, y, cx, cy, radius, notch)
    ]
    reds = (rgb("a3121c", "e0301e", "ff6a1f", "ffae3d"), rgb("fff7e3", "ffe9c2", "fff7e3"))
    golds = (rgb("fff7e3", "ffeccc", "fffaf0"), rgb("c21a2b", "e8412a", "ff7a3a"))
    carp = [*_carp(rng, x, y, 3.55, reds), *_carp(rng, x, y, 0.42, golds)]
    flowers = [*_lotus(x, y, 96, 112, 54), *_lotus(x, y, 424, 404, 52)]
    return [water, _moon(x, y), *lilies, *carp, *flowers, _frame(x, y)]


def _water(rng: np.random.Generator, x: FloatArray, y: FloatArray) -> Pane:
    n = len(x)
    radius = np.hypot(x - 256, y - 256)
    ripple = (
        radius
        + 8 * np.sin(3 * np.arctan2(y - 256, x - 256) + radius / 40) * smoothstep(20, 110, radius)
        + 9 * noise(rng, 120, n, 2) * smoothstep(20, 110, radius)
    )
    tone = 0.5 + 0.3 * np.sin(ripple / 23) + 0.14 * noise(rng, 90, n, 2)
    blues = rgb("14146b", "1440a8", "0d78c2", "12a5b5", "4fd0c0", "b5f0dc")
    return Pane(np.ones(x.shape, bool), np.floor(ripple / 15).astype(int), blues, tone, 19, 0.15)


def _moon(x: FloatArray, y: FloatArray) -> Pane:
    """The moon on the water."""
    radius = np.hypot(x - 256, y - 256)
    ring = np.floor((radius + 2) / 14).astype(int)
    return Pane(radius < 39, ring, rgb("ffd968", "ffefb0", "fffbe6"), 1 - radius / 45, 18, 0.12)


def _pad(x: FloatArray, y: FloatArray, cx: float, cy: float, radius: float, notch: float) -> list[Pane]:
    distance = np.hypot(x - cx, y - cy) / radius
    turn = np.mod(np.arctan2(y - cy, x - cx) - notch, 2 * np.pi) / (2 * np.pi)
    leaf = (distance < 1 + 0.025 * np.sin(turn * 50)) & (abs(turn - 0.5) < 0.462)
    sectors = max(6, round(radius / 5))
    sector = np.floor(turn * sectors).astype(int)
    ring = 1 * (distance > 0.42) + 1 * (distance > 0.82)
    tone = 0.3 + 0.28 * (sector % 2) + 0.22 * (ring == 2)
    return [Pane(leaf, sector * 3 + ring, _GREENS, tone, 22, 0.1)]


def _carp(
    rng: np.random.Generator, x: FloatArray, y: FloatArray, start: float, colors: tuple[FloatArray, FloatArray]
) -> list[Pane]:
    """A carp on an arc about the middle of the pond, its head at the angle ``start``."""
    spine = _carp_spine(start)
    u, aside = _spine_coordinates(spine, len(x))
    v = aside / curve(u, _HALF_WIDTH, 0.015)
    fork = 1 - 0.11 * (1 - abs(v)).clip(0) ** 1.5
    mask = (abs(v) < 1) & (u > 0) & (u < fork)
    parts = _carp_parts(u, v)
    cap = (abs(v) < 0.55) & (u > 0.07)
    patches = np.where(u < 0.16, cap, noise(rng, 75, len(x), 2) + 0.3 * np.sin(u * 19) > 0.25)
    shade = 0.75 - 0.45 * abs(v) ** 2
    body = Pane(mask, parts, colors[0], shade, 26, 0.1)
    marked = Pane(mask & patches & (u < 0.8), parts + 9000, colors[1], shade, 26, 0.1, joined=True)
    fins = [_fin(x, y, spine, place, side, colors[0]) for place in (0.24, 0.56) for side in (1, -1)]
    eyes = [_eye(x, y, spine, side) for side in (1, -1)]
    return [*fins, body, marked, *eyes]


def _carp_spine(start: float) -> FloatArray:
    angles = start - np.linspace(0, 2.35, 90)
    radii = 142 + 13 * np.sin(np.linspace(0.4, 6.6, 90)) * np.linspace(0.4, 1.3, 90)
    return np.stack([256 + radii * np.cos(angles), 256 + radii * np.sin(angles)], axis=-1)


def _carp_parts(u: FloatArray, v: FloatArray) -> np.ndarray:
    """The plates of the head, the scales and the rays of the tail, by place along the spine and across."""
    head = (v > 0) + 2 * (u > 0.07) + 4 * (abs(v) > 0.55)
    rays = np.floor((np.arcsin(np.clip(v, -1, 1)) + 2) * 3.2).astype(int) * 4 + (u > 0.9)
    return np.where(u < 0.16, 5000 + head, np.where(u > 0.8, 4000 + rays, _scales(u * 19, v * 1.7)))


def _scales(u: FloatArray, v: FloatArray) -> np.ndarray:
    """A number for each scale: one row a unit of ``u``, each row over the one behind it, one scale a unit of ``v``."""
    scales = np.zeros(u.shape, int)
    for row in (np.floor(u) + 1, np.floor(u), np.floor(u) - 1):
        aside = v + 0.5 * (row % 2)
        middle = np.round(aside)
        reach = 0.6 + 0.9 * np.sqrt(np.clip(1 - (2 * (aside - middle)) ** 2, 0, None))
        scales = np.where(u - row < reach, (row * 16 + middle + 40).astype(int), scales)
    return scales


def _spine_coordinates(spine: FloatArray, n: int) -> tuple[FloatArray, FloatArray]:
    """Position 0..1 along a spine (M, 2) and signed distance from it, in points, as (n, n) rasters."""
    x, y = grid()
    best = np.full(x.shape, np.inf, np.float32)
    along, aside = np.zeros_like(best), np.zeros_like(best)
    for i, (a, b) in enumerate(pairwise(spine)):
        run = b - a
        t = ((x - a[0]) * run[0] + (y - a[1]) * run[1]) / (run @ run)
        low, high = (-99 if i == 0 else 0), (99 if i == len(spine) - 2 else 1)
        t = np.clip(t, low, high)
        distance = np.hypot(x - a[0] - t * run[0], y - a[1] - t * run[1])
        closer = distance < best
        side = np.sign((x - a[0]) * run[1] - (y - a[1]) * run[0])
        best = np.where(closer, distance, best)
        along = np.where(closer, (i + t) / (len(spine) - 1), along)
        aside = np.where(closer, side * distance, aside)
    return (
        cv2.resize(along.astype(np.float32), (n, n), interpolation=cv2.INTER_LINEAR),
        cv2.resize(aside.astype(np.float32), (n, n), interpolation=cv2.INTER_LINEAR),
    )


def _frame_at(spine: FloatArray, place: float) -> tuple[FloatArray, FloatArray, FloatArray]:
    """The point at ``place`` (0..1) of a spine, the unit vector towards the tail and the one aside."""
    i = round(place * (len(spine) - 2))
    back = (spine[i + 1] - spine[i]) / np.linalg.norm(spine[i + 1] - spine[i])
    return spine[i], back, np.array([back[1], -back[0]], np.float32)


def _fin(x: FloatArray, y: FloatArray, spine: FloatArray, place: float, side: int, palette: FloatArray) -> Pane:
    root, back, aside = _frame_at(spine, place)
    reach = 74 if place < 0.4 else 50
    lean = 0.75 * side * aside + 0.66 * back
    distance = np.hypot(x - root[0], y - root[1]) / reach
    angle = np.arctan2(y - root[1], x - root[0]) - np.arctan2(lean[1], lean[0])
    angle = np.mod(angle + np.pi, 2 * np.pi) - np.pi
    mask = (abs(angle) < 0.52) & (distance < 1 + 0.05 * np.cos(angle * 24))
    rays = np.floor((angle + 0.52) * 5).astype(int)
    return Pane(mask, rays * 2 + (distance > 0.72), palette, 0.3 + 0.5 * distance, 40, 0.12)


def _eye(x: FloatArray, y: FloatArray, spine: FloatArray, side: int) -> Pane:
    root, _, aside = _frame_at(spine, 0.075)
    center = root + side * 17 * aside
    distance = np.hypot(x - center[0], y - center[1])
    return Pane(distance < 3.8, np.zeros(x.shape, int), rgb("100c18", "1d1730"), distance, 20, 0.0)


def _lotus(x: FloatArray, y: FloatArray, cx: float, cy: float, radius: float) -> list[Pane]:
    """Two rings of petals, each split along its middle, about a golden heart."""
    petals: list[Pane] = []
    for ring, (count, reach, tone) in enumerate([(8, 1.0, 0.42), (6, 0.62, 0.72)]):
        for i in range(count):
            angle = 2 * np.pi * (i + 0.5 * ring) / count + 0.2
            forth = ((x - cx) * np.cos(angle) + (y - cy) * np.sin(angle)) / (radius * reach)
            across = ((y - cy) * np.cos(angle) - (x - cx) * np.sin(angle)) / (radius * reach)
            half = 0.4 * np.sin(np.pi * np.clip(forth, 0, 1) ** 1.15) ** 0.75
            petals.append(
                Pane(
                    abs(across) < half,
                    1 * (across > 0),
                    _PINKS,
                    tone + 0.25 * (across > 0),
                    60,
                    0.06,
                    joined=bool(petals),
                )
            )
    heart = np.hypot(x - cx, y - cy) < 0.24 * radius
    return [*petals, Pane(heart, np.zeros(x.shape, int), _GOLDS, np.full_like(x, 0.6), 6, 0.3)]


def _frame(x: FloatArray, y: FloatArray) -> Pane:
    """A border of amber and violet pieces."""
    from_edge = np.minimum(np.minimum(x, SIDE - x), np.minimum(y, SIDE - y))
    run = np.where(np.minimum(x, SIDE - x) < np.minimum(y, SIDE - y), y, x)
    piece = np.floor(run / (SIDE / 13)).astype(int)
    side = 1 * (x > y) + 2 * (x + y > SIDE)
    palette = rgb("2a0f4f", "5a1a6e", "8e1f4a", "c2452a", "e8942a")
    return Pane(from_edge < 15, piece * 4 + side, palette, 0.18 + 0.5 * (piece % 3 == 1), 60, 0.1)

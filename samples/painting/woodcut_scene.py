"""The woodcut's picture: a breaking wave, a boat and the sun behind a pine, as pieces of the key block."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from painting.fields import SIDE, FloatArray, along, curve, grid, noise, smoothstep, unit

SUN = (286.0, 138.0)
OCHRE, RED, BLUE = range(3)


@dataclass(frozen=True)
class Piece:
    """One thing on the block.

    Attributes:
        mask: where it is; a black contour stays around it.
        directions: the way the gouge runs.
        light: how much is cut away, 0 (solid black) to 1 (cleared).
        spacing: between gouge marks, points.
        ink: the colour block printed below it, None for bare paper.
        contour: width of the black line left around it, points.
    """

    mask: np.ndarray
    directions: FloatArray
    light: FloatArray
    spacing: float
    ink: int | None
    contour: float = 1.6


def pieces() -> list[Piece]:
    """The pieces of the picture, the farthest first."""
    rng = np.random.default_rng(1831)
    x, y = grid()
    sky = [_sky(rng, x, y), _sun(x, y), *_clouds(rng, x, y)]
    sea = [_far_sea(rng, x, y), *_swell(rng, x, y, 334, 22, 118, 30), *_boat(x, y)]
    front = [*_swell(rng, x, y, 384, 30, 150, 96), *_breaker(rng, x, y), *_swell(rng, x, y, 462, 40, 190, 40)]
    return [*sky, *_mountains(rng, x, y), *sea, *front, *_pine(rng, x, y)]


def _sky(rng: np.random.Generator, x: FloatArray, y: FloatArray) -> Piece:
    away = np.hypot(x - SUN[0], y - SUN[1])
    turn = np.arctan2(y - SUN[1], x - SUN[0])
    rays = np.sin(22 * turn + 0.5 * noise(rng, 90))
    light = 0.2 + 0.75 * np.exp(-np.clip(away - 60, 0, None) / 110) + 0.2 * rays
    return Piece(y < 300, unit(x - SUN[0], y - SUN[1]), light, 6.5, OCHRE, 0)


def _sun(x: FloatArray, y: FloatArray) -> Piece:
    away = np.hypot(x - SUN[0], y - SUN[1])
    light = 0.98 - 0.6 * smoothstep(22, 66, y - SUN[1])
    return Piece(away < 62, along(y + 3 * np.sin(x / 24)), light, 5, RED, 2.2)


def _clouds(rng: np.random.Generator, x: FloatArray, y: FloatArray) -> list[Piece]:
    clouds = []
    for cx, cy, width, height in [(96, 84, 120, 20), (214, 196, 96, 15), (362, 206, 110, 17), (20, 186, 80, 16)]:
        u, v = (x - cx) / width, (y - cy) / height
        lobes = 0.62 + 0.38 * abs(np.sin(6.5 * u + cx)) - 0.25 * np.cos(2.4 * u)
        edge = lobes * np.sqrt(np.clip(1 - u**2, 0, 1))
        mask = (v < 0.42 * np.sqrt(np.clip(1 - u**2, 0, 1))) & (v > -1.5 * edge)
        flow = along(_inner(mask) + 0.25 * y)
        clouds.append(Piece(mask, flow, 0.9 - 0.4 * smoothstep(-1, 0.5, v) + 0.08 * noise(rng, 30), 6, None, 1.8))
    return clouds


def _inner(mask: np.ndarray, rounding: float = 3) -> FloatArray:
    """Distance from the edge, positive inside and negative outside, smoothed: its level lines run along the edge."""
    inside = cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    outside = cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return cv2.GaussianBlur(inside - outside, (0, 0), rounding)


def _mountains(rng: np.random.Generator, x: FloatArray, y: FloatArray) -> list[Piece]:
    far = curve(x, [(0, 262), (60, 236), (110, 258), (190, 226), (260, 262), (512, 270)], 6)
    near = curve(x, [(210, 300), (300, 262), (352, 214), (376, 196), (404, 222), (450, 246), (512, 232)], 6)
    ranges = []
    for ridge in (far, near):
        side = np.tanh(3.5 * np.gradient(ridge, axis=1) + 0.5 * noise(rng, (22, 80)))
        fall = unit(0.75 * side, np.ones_like(x))
        light = 0.46 - 0.3 * side + 0.25 * smoothstep(40, 0, y - ridge)
        ranges.append(Piece((y > ridge) & (y < 306), fall, light, 6, BLUE, 2))
    return ranges


def _far_sea(rng: np.random.Generator, x: FloatArray, y: FloatArray) -> Piece:
    glitter = np.exp(-(((x - SUN[0]) / 46) ** 2))
    light = 0.36 + 0.5 * glitter + 0.2 * noise(rng, (70, 12))
    return Piece(y > 300, along(y + 2.5 * np.sin(x / 17 + y / 9)), light, 5.5, BLUE, 1.4)


def _swell(
    rng: np.random.Generator, x: FloatArray, y: FloatArray, level: float, rise: float, length: float, start: float
) -> list[Piece]:
    """A row of pointed waves and the foam on them."""
    lean = x - start + 0.35 * (level - y) + 16 * noise(rng, (150, 400), octaves=1)
    peak = 1 - abs(np.sin(np.pi * lean / length)) ** 0.8
    crest = level - rise * peak * (1 + 0.25 * noise(rng, (130, 400), octaves=1)) + 2 * noise(rng, 40)
    depth = y - crest
    flow = along(y - (crest - level) * np.exp(-np.clip(depth, 0, None) / 46))
    bands = np.sin(depth / 5.2 + 0.6 * noise(rng, 60))
    light = 0.5 + 0.4 * np.exp(-np.clip(depth, 0, None) / 9) + 0.26 * bands
    cap = (0.18 * rise + 6 * abs(np.sin(lean / 5.5))) * smoothstep(0.12, 0.5, peak) + 0.3 * rise * peak**3 - 2
    foam = (depth > -2) & (depth < cap)
    return [Piece(depth > 0, flow, light, 6.5, BLUE, 2.2), Piece(foam, flow, np.full_like(x, 0.95), 6, None, 1.5)]


def _spline(knots: Sequence[tuple[float, float]], samples: int = 16) -> FloatArray:
    """A Catmull-Rom curve through the knots."""
    points = np.array([knots[0], *knots, knots[-1]], np.float32)
    t = np.linspace(0, 1, samples, endpoint=False)[:, None]
    parts = []
    for a, b, c, d in zip(points, points[1:], points[2:], points[3:], strict=False):
        parts.append(0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3))
    return np.concatenate([*parts, points[-1:]])


def _filled(outline: FloatArray) -> np.ndarray:
    """The region (512, 512) inside an outline."""
    raster = np.zeros((SIDE, SIDE), np.uint8)
    cv2.fillPoly(raster, [np.round(outline).astype(np.int32)], 1)
    return raster > 0


def _breaker(rng: np.random.Generator, x: FloatArray, y: FloatArray) -> list[Piece]:
    """The great wave: its body and the foam on its lip."""
    back = [(-30, 262), (0, 236), (34, 208), (76, 190), (118, 186), (156, 198), (182, 224), (190, 256)]
    hollow = [(178, 284), (172, 258), (154, 240), (130, 240), (114, 260), (110, 296), (124, 340), (160, 382)]
    foot = [(214, 410), (290, 428), (390, 436), (520, 430)]
    body = _filled(np.concatenate([_spline([*back, *hollow, *foot]), [(540, 540), (-40, 540)]]))
    inner = _inner(body, 4)
    bands = np.sin(inner / 4.6 + 0.5 * noise(rng, 60))
    light = 0.55 + 0.36 * bands - 0.12 * smoothstep(120, 400, y) + 0.14 * noise(rng, 50)
    lip = _spline([*back[1:], *hollow[:5]])
    foam = np.zeros(x.shape, bool)
    for px, py in lip[::4]:
        radius = rng.uniform(5, 11)
        foam |= np.hypot(x - px - rng.normal(0, 3), y - py - rng.normal(0, 3)) < radius
    for _ in range(60):
        px, py = lip[rng.integers(len(lip) // 3, len(lip))] + rng.normal(0, 1, 2) * [26, 24]
        foam |= np.hypot(x - px, y - py) < rng.uniform(1.6, 4.2)
    curls = along(_inner(foam, 2))
    return [Piece(body, along(inner), light, 7, BLUE, 2.4), Piece(foam, curls, np.full_like(x, 0.97), 6, None, 1.3)]


def _boat(x: FloatArray, y: FloatArray) -> list[Piece]:
    hull = _filled(np.array([(266, 330), (280, 348), (340, 350), (360, 326), (336, 336), (288, 337)], np.float32))
    sail = _filled(_spline([(312, 244), (332, 270), (342, 300), (344, 326), (314, 328), (312, 244)]))
    jib = _filled(_spline([(307, 256), (296, 290), (278, 324), (307, 327), (307, 256)]))
    full = np.ones_like(x)
    return [
        Piece(hull, along(y - 0.004 * (x - 313) ** 2), 0.34 * full, 5, RED, 1.8),
        Piece(sail, along(x - 0.004 * (y - 300) ** 2), 0.82 * full, 8, RED, 2),
        Piece(jib, along(x + 0.3 * y), 0.9 * full, 7, None, 2),
    ]


def _pine(rng: np.random.Generator, x: FloatArray, y: FloatArray) -> list[Piece]:
    """A branch from the upper right corner with fans of needles."""
    bough = [(530, 120), (490, 96), (452, 92), (420, 70), (384, 62), (350, 40)]
    ridge = _spline(bough)
    thickness = np.linspace(15, 3, len(ridge))[:, None]
    upright = np.array([0, 1], np.float32)
    limb = _filled(np.concatenate([ridge + upright * thickness / 2, (ridge - upright * thickness / 2)[::-1]]))
    bark = Piece(limb, along(_inner(limb) + 2 * noise(rng, 12)), np.full_like(x, 0.34), 4.5, OCHRE, 1.6)
    fans = [(352, 36, 36), (398, 54, 44), (446, 78, 48), (496, 84, 50), (404, 98, 38), (462, 126, 44), (512, 146, 46)]
    needles = []
    for cx, cy, radius in fans:
        turn = np.arctan2(y - cy - 6, (x - cx) * 0.72)
        away = np.hypot((x - cx) * 0.72, y - cy - 6)
        edge = radius * (0.84 + 0.16 * np.cos(turn * 26))
        mask = (away < edge) & (y < cy + 6 + 3 * np.sin(x / 5))
        needles.append(Piece(mask, unit(x - cx, y - cy - 8), 0.22 + 0.45 * away / radius, 5, BLUE, 1.8))
    return [*needles, bark]

"""The oil painting's picture: a wheat field below a turning sky, as layers for the brush."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from painting.color import rgb
from painting.fields import FloatArray, along, curve, grid, noise, rotated, smoothstep, unit

SUN = (352.0, 112.0)


@dataclass(frozen=True)
class Layer:
    """What one round of brush strokes paints, as planning fields.

    Attributes:
        mask: where strokes may start.
        directions: the way they run.
        palette: (N, 3) colours, dark to light or near to far.
        tone: position along the palette, 0..1.
        width: of a stroke, points.
        length: of a stroke, points.
        coverage: how many times over the mask is covered.
        spread: deviation of a stroke's tone.
    """

    mask: np.ndarray
    directions: FloatArray
    palette: FloatArray
    tone: FloatArray
    width: float
    length: float
    coverage: float = 2.2
    spread: float = 0.12


def _swirls(x: FloatArray, y: FloatArray) -> FloatArray:
    """The sky's stream function: a wind from the left with vortices rolled into it."""
    stream = y * 0.9 + 9 * np.sin(x / 70 + y / 90)
    vortices = [(176, 96, 46, -105), (256, 216, 30, 52), (22, 150, 34, 44), (470, 226, 36, -54), (486, 30, 40, 46)]
    for cx, cy, radius, strength in vortices:
        stream += strength * np.exp(-((x - cx) ** 2 + (y - cy) ** 2) / (2 * radius**2))
    return stream


def _sky(rng: np.random.Generator, x: FloatArray, y: FloatArray) -> list[Layer]:
    stream = _swirls(x, y)
    directions = rotated(along(stream), 0.15 * noise(rng, 90))
    bands = 0.5 + 0.5 * np.sin(stream / 7.5 + 0.8 * noise(rng, 120))
    tone = 0.1 + 0.56 * bands + 0.08 * noise(rng, 60) + 0.25 * smoothstep(170, 310, y)
    palette = rgb("14215c", "1f3f96", "2a6bb8", "3f9cc4", "86c9c4", "cfe3c2", "f3e6b0")
    mask = y < 320
    return [
        Layer(mask, directions, palette, tone, 13, 46, 3.2),
        Layer(mask, directions, palette, tone + 0.04, 7, 34, 2.2, 0.16),
    ]


def _sun(x: FloatArray, y: FloatArray) -> list[Layer]:
    distance = np.hypot(x - SUN[0], y - SUN[1])
    directions = unit(-(y - SUN[1]), x - SUN[0])
    rings = rgb("fff6cf", "ffe27a", "fdc22f", "f59a23", "fbd768", "c9dba0", "6fb9bd")
    halo = distance / 98 + 0.05 * np.sin(distance / 3.6)
    return [
        Layer(distance < 92, directions, rings, halo, 8, 26, 4.6, 0.06),
        Layer(distance < 40, directions, rings, halo, 6, 17, 3.0, 0.06),
    ]


def _land(rng: np.random.Generator, x: FloatArray, y: FloatArray) -> list[Layer]:
    far = curve(x, [(0, 296), (70, 268), (130, 290), (210, 262), (280, 288), (370, 258), (440, 284), (512, 262)])
    near = curve(x, [(0, 330), (90, 306), (190, 326), (300, 304), (420, 322), (512, 300)])
    light = 0.45 + 0.2 * noise(rng, 50)
    slope = along(y - far + 14 * np.sin(x / 19 + y / 31))
    hills = Layer(
        y > far,
        slope,
        rgb("232f6d", "3b4f96", "5a6fb0", "7d8fc0", "b59cc0"),
        light + 0.2 * np.sin((y - far) / 5),
        8,
        28,
    )
    roll = along(y - near + 6 * np.sin(x / 23))
    stripes = light + 0.3 * np.sin((y - near) / 4.2 + noise(rng, 70))
    groves = Layer(y > near, roll, rgb("12372f", "1f5a3c", "3f7f3f", "7aa345", "c2c35a"), stripes, 7, 22)
    return [hills, groves]


def _field(rng: np.random.Generator, x: FloatArray, y: FloatArray) -> list[Layer]:
    edge = curve(x, [(0, 366), (120, 350), (260, 344), (400, 350), (512, 338)])
    depth = np.clip((y - edge) / 160, 0, 1)
    furrow = (x - 300) / (60 + (y - 320).clip(1)) * 18 + 0.5 * noise(rng, 80)
    stalks = rotated(unit(0.25 * (x - 300) / 200, -np.ones_like(x)), 0.35 * noise(rng, 55))
    tone = 0.55 + 0.26 * np.sin(furrow) + 0.1 * noise(rng, 40)
    palette = rgb("6b3a16", "a8611c", "d1891f", "e9b032", "f6d15a", "fceba0")
    mask = y > edge
    back = Layer(mask & (depth < 0.5), stalks, palette, tone + 0.05, 5, 15, 3.0, 0.16)
    front = Layer(mask & (depth > 0.28), stalks, palette, tone, 7, 27, 3.0, 0.18)
    greens = rgb("23502f", "4f7d33", "9aa63c")
    tufts = Layer(mask & (np.sin(furrow) < -0.8), stalks, greens, tone - 0.2, 4, 18, 0.7, 0.3)
    return [back, front, tufts]


def _poppies(rng: np.random.Generator, x: FloatArray, y: FloatArray) -> Layer:
    clusters = (noise(rng, 45) + 0.012 * (y - 440) > 0.75) & (y > 385)
    round_ = unit(np.cos(x / 5 + y / 7), np.sin(x / 6 - y / 5))
    red = rgb("8f1218", "d1261f", "ee4a2a", "f9885a")
    return Layer(clusters, round_, red, np.full_like(x, 0.45), 8, 10, 0.75, 0.25)


def _cottage(x: FloatArray, y: FloatArray) -> list[Layer]:
    wall = (abs(x - 398) < 34) & (y > 322) & (y < 352)
    roof = (abs(x - 398) < 46 - (322 - y).clip(0) * 0.75) & (y > 296) & (y <= 324)
    door = (abs(x - 404) < 5) & (y > 332) & (y < 352)
    window = (abs(x - 380) < 5) & (y > 329) & (y < 339)
    flat = np.full_like(x, 0.5)
    upright, level = unit(flat * 0, flat), unit(flat, flat * 0)
    pitch = unit(np.where(x < 398, -0.55, 0.55), flat)
    light = smoothstep(440, 360, x)
    return [
        Layer(wall, level, rgb("8f86b8", "d8cfd0", "fbf3dc"), light, 5, 13, 3.0),
        Layer(roof, pitch, rgb("6e1f22", "b03a26", "e0683a", "f2a066"), light * 0.8 + 0.1, 5, 16, 3.0),
        Layer(door | window, upright, rgb("1b2348", "2c3f7a"), flat, 4, 9, 3.0),
    ]


def _cypress(rng: np.random.Generator, x: FloatArray, y: FloatArray, foot: tuple[float, float], height: float) -> Layer:
    rise = (foot[1] - y) / height
    axis = foot[0] + 7 * np.sin(rise * 7) * rise
    half = height * 0.115 * np.sqrt(np.clip(rise * 5, 0, 1)) * (1 - rise.clip(0, 1) ** 1.6) + 2.5 * np.sin(y / 6.5) + 2
    side = (x - axis) / np.maximum(half, 1)
    flames = rotated(unit(-0.4 * side, -np.ones_like(x)), 0.55 * np.sin(y / 17 + x / 9))
    greens = rgb("071a1c", "0e3226", "1c4f30", "3d7038", "8a9a3e")
    tone = 0.38 + 0.22 * side + 0.2 * np.sin(x / 3.5 + 2 * np.sin(y / 21)) + 0.06 * noise(rng, 30)
    mask = (abs(side) < 1) & (rise > 0) & (rise < 1)
    return Layer(mask, flames, greens, tone, 6.5, 28, 3.6, 0.13)


def layers(rng: np.random.Generator) -> list[Layer]:
    """The layers of the painting, the farthest first."""
    x, y = grid()
    background = [*_sky(rng, x, y), *_sun(x, y), *_land(rng, x, y), *_cottage(x, y), *_field(rng, x, y)]
    trees = [_cypress(rng, x, y, (136, 420), 176), _cypress(rng, x, y, (76, 470), 436)]
    return [*background, _poppies(rng, x, y), *trees]

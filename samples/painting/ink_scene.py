"""The ink drawing's picture: a jug, a bottle and fruit on a table before a curtain, as lit forms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from painting.fields import FloatArray, along, curve, grid, noise, rotated, smoothstep, unit

_LIGHT = np.array([-0.62, -0.5, 0.6], np.float32) / np.linalg.norm([-0.62, -0.5, 0.6])
_TILT = 0.22  # how far a level ring bulges down, relative to its radius
_TABLE = 322.0


@dataclass
class Form:
    """One thing in the picture.

    Attributes:
        mask: what of it is in sight.
        tone: darkness, 0..1.
        around: directions of its first hatching, which wraps it.
        lengthwise: directions of its second hatching.
        outlined: whether its edge is drawn.
        near: whether it is drawn in the darker ink.
    """

    mask: np.ndarray
    tone: FloatArray
    around: FloatArray
    lengthwise: FloatArray
    outlined: bool = True
    near: bool = True


def _turned(center: float, knots: Sequence[tuple[float, float]], local: float = 0.5, rounding: float = 8) -> Form:
    """A solid of revolution about an upright axis.

    Args:
        center: x of the axis.
        knots: (y, radius) from the top down.
        local: darkness of the material, 0..1.
        rounding: of the profile, points.
    """
    x, y = grid()
    aside = x - center
    ring = y.copy()
    for _ in range(24):
        depth = np.sqrt(np.clip(curve(ring, knots, rounding) ** 2 - aside**2, 0, None))
        ring = 0.5 * ring + 0.5 * (y - _TILT * depth)
    radius = curve(ring, knots, rounding)
    mask = (abs(aside) < radius) & (ring > knots[0][0]) & (ring < knots[-1][0])
    turn = np.clip(aside / np.maximum(radius, 1), -1, 1)
    flare = np.clip(curve(ring + 1, knots, rounding) - radius, -1.5, 1.5)
    tone = _shade(turn, -flare, np.sqrt(1 - turn**2), local)
    return Form(mask, tone, along(ring), along(turn * 40))


def _shade(x: FloatArray, y: FloatArray, z: FloatArray, local: float) -> FloatArray:
    """Darkness of a surface with normal (x, y, z): a lit side, a core shadow and some light thrown back."""
    length = np.sqrt(x**2 + y**2 + z**2)
    facing = (x * _LIGHT[0] + y * _LIGHT[1] + z * _LIGHT[2]) / length
    thrown = 0.22 * smoothstep(0.55, 1.0, x / length)
    shine = 0.5 * smoothstep(0.93, 0.985, facing)
    return np.clip(0.45 * local + 0.86 * smoothstep(0.85, -0.25, facing) - thrown - shine, 0.03, 1)


def _ball(center_x: float, center_y: float, radius: float, local: float) -> Form:
    x, y = grid()
    across, down = (x - center_x) / radius, (y - center_y) / radius
    depth = np.sqrt(np.clip(1 - across**2 - down**2, 0, None))
    ring = radius * (down - _TILT * depth)
    turn = np.arctan2(across, depth + _TILT) * radius
    return Form(depth > 0, _shade(across, down, depth, local), along(ring), along(turn))


def _backdrop(rng: np.random.Generator, x: FloatArray, y: FloatArray) -> list[Form]:
    tone = 0.36 + 0.34 * smoothstep(120, 420, x + 0.35 * y) - 0.12 * smoothstep(150, 30, x) + 0.1 * noise(rng, 110)
    shadow = np.exp(-(((x - 300 - 0.1 * y) / 60) ** 2) - ((y - 260) / 120) ** 2)
    slant = rotated(unit(np.ones_like(x), -np.ones_like(x)), 0.1 * noise(rng, 120))
    wall = Form(y < _TABLE, np.clip(tone + 0.25 * shadow, 0.2, 0.9), slant, rotated(slant, 1.2), False, False)
    fold = (x - 418 - 0.16 * (y - 20)) / 15 + 1.1 * np.sin(y / 95 + 1) + 0.35 * noise(rng, (60, 190))
    lit = _shade(np.cos(fold) * 0.95, np.full_like(x, -0.15), np.full_like(x, 0.55), 0.5)
    hem = 392 + 16 * np.sin(y / 60 + 0.6) - 34 * smoothstep(200, 330, y)
    sag = along(y + 9 * np.sin(fold) + 0.1 * x)
    curtain = Form((x > hem) & (y < _TABLE + 12 + 5 * np.sin(fold)), lit, sag, along(fold * 30), True, False)
    return [wall, curtain]


def _table(rng: np.random.Generator, x: FloatArray, y: FloatArray, feet: Sequence[tuple[float, float, float]]) -> Form:
    away = np.clip((y - _TABLE) / 190, 0, 1)
    grain = y + (3 + 9 * away) * noise(rng, (190, 46)) + 4 * np.sin(x / 60)
    board = np.abs((y - _TABLE + 14) % 62 - 31) > 29
    tone = 0.26 + 0.16 * noise(rng, (130, 18)) + 0.4 * board + 0.28 * smoothstep(430, 512, y)
    for cx, cy, radius in feet:
        side, down = x - cx - 0.9 * radius, y - cy - 0.1 * radius
        tone += 0.62 * smoothstep(1.2, 0.55, np.hypot(side / (1.75 * radius), (down - 0.1 * side) / (0.42 * radius)))
    return Form(y >= _TABLE, np.clip(tone, 0.12, 1), along(grain), rotated(along(grain), 0.9), False)


def _handle(x: FloatArray, y: FloatArray) -> Form:
    angle = np.arctan2((y - 216) / 62, (x - 116) / 44)
    distance = np.hypot((x - 116) / 44, (y - 216) / 62)
    across = (distance - 1) / 0.2
    mask = (abs(across) < 1) & (x < 134)
    tone = _shade(across * np.cos(angle), across * np.sin(angle), np.sqrt(np.clip(1 - across**2, 0, 1)), 0.4)
    round_ = along(angle * 60 + 6 * across**2)
    return Form(mask, tone, round_, rotated(round_, np.pi / 2))


def _jug(x: FloatArray, y: FloatArray) -> list[Form]:
    profile = [
        (122, 41),
        (136, 35),
        (164, 30),
        (188, 38),
        (220, 64),
        (262, 80),
        (308, 74),
        (344, 52),
        (362, 46),
        (372, 50),
    ]
    body = _turned(168, profile, 0.35)
    band = 0.3 * (abs(y - 236 - _TILT * np.sqrt(np.clip(80**2 - (x - 168) ** 2, 0, None)) + 14) < 9)
    body.tone = np.clip(body.tone + band, 0, 1)
    inside = np.hypot((x - 168) / 40, (y - 123) / (40 * _TILT)) < 1
    dark = np.clip(0.95 - 0.35 * smoothstep(170, 205, x), 0, 1)
    mouth = Form(inside, dark, along(y + 0.002 * (x - 168) ** 2), unit(np.ones_like(x), np.ones_like(x)))
    return [_handle(x, y), body, mouth]


def _fruit(rng: np.random.Generator) -> list[Form]:
    pear = [(0, 4), (9, 13), (24, 18), (40, 23), (58, 35), (76, 40), (94, 33), (104, 14)]
    pears = [
        _turned(278, [(330 + h, r) for h, r in pear], 0.35, 6),
        _turned(92, [(352 + h, r) for h, r in pear], 0.4, 6),
    ]
    apple = _ball(212, 414, 37, 0.6)
    stalks = [_stalk((278, 336), (287, 318)), _stalk((92, 358), (84, 340)), _stalk((212, 388), (219, 372))]
    vine = [_stalk((338, 384), (306, 372)), _stalk((318, 378), (322, 362))]
    return [*vine, *pears, apple, *stalks, *_grapes(rng)]


def _stalk(foot: tuple[float, float], tip: tuple[float, float]) -> Form:
    x, y = grid()
    run, rise = tip[0] - foot[0], tip[1] - foot[1]
    length = np.hypot(run, rise)
    place = ((x - foot[0]) * run + (y - foot[1]) * rise) / length**2
    aside = ((x - foot[0]) * rise - (y - foot[1]) * run) / length - 2.5 * np.sin(3 * place)
    mask = (abs(aside) < 1.8 + 1.2 * place**3) & (place > 0) & (place < 1)
    fibres = along(aside)
    return Form(mask, np.full_like(x, 0.7), fibres, rotated(fibres, 1.0))


def _grapes(rng: np.random.Generator) -> list[Form]:
    """A bunch that lies on the table and tapers to the right, the berries behind first."""
    berries: list[tuple[float, float, float]] = []
    while len(berries) < 38:
        x, y, radius = rng.uniform(318, 488), rng.uniform(352, 448), rng.uniform(12.5, 16)
        half = 44 * (1 - ((x - 372) / 122) ** 2)
        apart = all(np.hypot(x - bx, y - by) > 14.5 for bx, by, _ in berries)
        if apart and abs(y - 400 - 0.14 * (x - 372)) < half:
            berries.append((x, y, radius))
        elif rng.random() < 0.002:
            break
    return [_ball(x, y, radius, 0.6) for x, y, radius in sorted(berries, key=lambda berry: berry[1])]


def forms() -> list[Form]:
    """Everything in the picture, the farthest first, each with only what is in sight left in its mask."""
    rng = np.random.default_rng(1630)
    x, y = grid()
    bottle = _turned(290, [(70, 13), (86, 13), (90, 11), (150, 12), (186, 16), (216, 36), (240, 39), (352, 38)], 0.8)
    feet = [
        (168, 378, 62),
        (290, 356, 40),
        (278, 428, 36),
        (92, 450, 36),
        (212, 442, 34),
        (362, 428, 62),
        (350, 400, 60),
    ]
    everything = [*_backdrop(rng, x, y), _table(rng, x, y, feet), bottle, *_jug(x, y), *_fruit(rng)]
    hidden = np.zeros(x.shape, bool)
    for form in reversed(everything):
        form.mask = form.mask & ~hidden
        hidden |= form.mask
    return everything

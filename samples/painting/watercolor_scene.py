"""The watercolour's picture: a summer border of flowers, as washes from the nearest flower to the sky."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from painting.color import rgb
from painting.fields import SIDE, FloatArray


@dataclass(frozen=True)
class Wash:
    """One shape filled with wet paint.

    Attributes:
        outline: (M, 2) points.
        root: where the first pigment was set down.
        reach: distance from there, in points, at which the second has taken over.
        pigments: (2, 3) optical densities of the two.
        strength: how much paint is in the water.
        rim: how dark the dried edge is.
        gap: points of white left around what was painted before; 0 paints over it.
        softness: how far the edge runs, points.
        veins: how strongly streaks fan out from the root.
        wobble: how far the outline wanders, points.
        reserves: whether later washes keep clear of it.
    """

    outline: FloatArray
    root: tuple[float, float]
    reach: float
    pigments: FloatArray
    strength: float
    rim: float = 0.9
    gap: float = 1.1
    softness: float = 0.8
    veins: float = 0.0
    wobble: float = 1.6
    reserves: bool = True


@dataclass(frozen=True)
class Bloom:
    """A drop of water in a half-dry wash, in points."""

    x: float
    y: float
    radius: float


def _pigments(*codes: str) -> FloatArray:
    return -np.log(np.maximum(rgb(*codes), 0.02))


_ROSE = _pigments("c93a78", "f29bb5")
_CORAL = _pigments("d8443f", "f8b08a")
_VIOLET = _pigments("5a3f9e", "b79ad8")
_BLUE = _pigments("2f55b0", "8fb8e8")
_LEMON = _pigments("e8a21c", "fbe27a")
_SAP = _pigments("5b7d2a", "b4c65a")
_VIRIDIAN = _pigments("2c6e63", "8fc4a0")
_UMBER = _pigments("6e3f2a", "b5813f")
_WASHES = [
    _pigments("86bfe0", "c9d4f2"),
    _pigments("b4a8e0", "dcd0f2"),
    _pigments("f0b4cc", "f8dcd8"),
    _pigments("8fd0cc", "cdeadb"),
    _pigments("b4d488", "e6eeb0"),
]
_FLOWERS = [
    (262, 250, 84, _ROSE),
    (128, 150, 74, _CORAL),
    (388, 132, 76, _VIOLET),
    (92, 320, 60, _LEMON),
    (424, 300, 66, _CORAL),
    (250, 84, 52, _LEMON),
    (196, 404, 56, _VIOLET),
    (346, 424, 58, _ROSE),
    (22, 216, 46, _ROSE),
    (498, 210, 44, _LEMON),
]


def washes(rng: np.random.Generator) -> Iterator[Wash]:
    """Every wash in the order it is laid: flowers, leaves, stems and then what is behind them."""
    for x, y, radius, pigments in _FLOWERS:
        yield from _flower(rng, x, y, radius, pigments)
    yield from _scattered(rng)
    yield from _foliage(rng)
    yield from _background(rng)
    yield from _splashes(rng)


def blooms(rng: np.random.Generator) -> list[Bloom]:
    """Backruns over the background."""
    return [Bloom(rng.uniform(0, SIDE), rng.uniform(0, SIDE), rng.uniform(16, 42)) for _ in range(26)]


def _petal(x: float, y: float, angle: float, length: float, width: float, point: float = 0.8) -> FloatArray:
    """The outline of a petal or leaf from (x, y); ``point`` below 1 is blunt, above it is pointed."""
    t = np.concatenate([np.linspace(0, 1, 24), np.linspace(1, 0, 24)])
    side = np.repeat([1.0, -1.0], 24)
    across = side * width / 2 * np.sin(np.pi * t ** (1 / point)).clip(0) ** 0.75
    forth = t * length
    c, s = np.cos(angle), np.sin(angle)
    return np.stack([x + c * forth - s * across, y + s * forth + c * across], axis=-1).astype(np.float32)


def _flower(rng: np.random.Generator, x: float, y: float, radius: float, pigments: FloatArray) -> Iterator[Wash]:
    """A blossom: a dark heart with stamens, a front ring of petals and another that shows between them."""
    yield from _heart(rng, x, y, 0.17 * radius)
    count = int(rng.integers(6, 8))
    turn = rng.uniform(0, 2 * np.pi)
    for ring, (reach, strength) in enumerate([(0.8, 0.8), (1.0, 0.6)]):
        for i in range(count):
            angle = turn + 2 * np.pi * (i + 0.5 * ring) / count + rng.normal(0, 0.09)
            length = radius * reach * rng.uniform(0.88, 1.1)
            width = 2.5 * length / count * rng.uniform(1.25, 1.5)
            outline = _petal(x, y, angle, length, width, 0.62)
            yield Wash(
                outline, (x, y), length, pigments, strength * rng.uniform(0.75, 1.2), 1.2, veins=0.17, wobble=2.6
            )


def _heart(rng: np.random.Generator, x: float, y: float, radius: float) -> Iterator[Wash]:
    for _ in range(16):
        distance, angle = radius * np.sqrt(rng.random()) * 1.4, rng.uniform(0, 2 * np.pi)
        dot = (x + distance * np.cos(angle), y + distance * np.sin(angle))
        pigments = _UMBER if rng.random() < 0.6 else _LEMON
        yield Wash(_blob(rng, *dot, rng.uniform(1.8, 3.6)), dot, 4, pigments, 1.1, gap=0.6, softness=0.4, wobble=0.3)


def _blob(rng: np.random.Generator, x: float, y: float, radius: float, roughness: float = 0.12) -> FloatArray:
    """A closed irregular outline about (x, y)."""
    angle = np.linspace(0, 2 * np.pi, 64, endpoint=False)
    waves = sum(rng.normal(0, roughness / k) * np.cos(k * angle + rng.uniform(0, 6.28)) for k in range(2, 8))
    r = radius * (1 + waves)
    return np.stack([x + r * np.cos(angle), y + r * np.sin(angle)], axis=-1).astype(np.float32)


def _scattered(rng: np.random.Generator) -> Iterator[Wash]:
    """Small five-petalled flowers in the spaces between the large ones."""
    places: list[tuple[float, float, float]] = [(x, y, 0.8 * radius) for x, y, radius, _ in _FLOWERS]
    for _ in range(900):
        x, y, radius = rng.uniform(4, 508), rng.uniform(4, 430), rng.uniform(11, 19)
        if any(np.hypot(x - a, y - b) < r + radius for a, b, r in places):
            continue
        places.append((x, y, radius))
        pigments = _BLUE if rng.random() < 0.65 else _VIOLET
        yield Wash(_blob(rng, x, y, 2.6), (x, y), 4, _LEMON, 1.0, gap=0.5, softness=0.4)
        turn = rng.uniform(0, 2 * np.pi)
        for i in range(5):
            outline = _petal(x, y, turn + 2 * np.pi * i / 5, radius * rng.uniform(0.85, 1.15), radius * 0.85, 0.62)
            yield Wash(outline, (x, y), radius, pigments, rng.uniform(0.55, 0.95), gap=0.8, veins=0.1, wobble=1.2)


def _foliage(rng: np.random.Generator) -> Iterator[Wash]:
    """Leaves that grow out from behind the flowers, then stems and blades from below."""
    for x, y, radius, _ in _FLOWERS:
        for _ in range(7):
            angle = rng.uniform(0, 2 * np.pi)
            root = (x + 0.6 * radius * np.cos(angle), y + 0.6 * radius * np.sin(angle))
            length = radius * rng.uniform(0.7, 1.15)
            yield from _leaf(rng, root, angle + rng.normal(0, 0.3), length, length * rng.uniform(0.26, 0.4))
    for _ in range(60):
        root = (rng.uniform(-10, 522), rng.uniform(470, 540))
        length = rng.uniform(70, 180)
        yield from _leaf(rng, root, -np.pi / 2 + rng.normal(0, 0.28), length, rng.uniform(8, 17))


def _leaf(
    rng: np.random.Generator, root: tuple[float, float], angle: float, length: float, width: float
) -> Iterator[Wash]:
    """Two halves of a leaf with the midrib left white between them."""
    whole = _petal(*root, angle, length, width, 0.9)
    across = np.array([-np.sin(angle), np.cos(angle)], np.float32)
    offset = (whole - root) @ across
    pigments = _SAP if rng.random() < 0.5 else _VIRIDIAN
    for side in (1, -1):
        outline = whole - np.outer(np.minimum(offset * side, 0) * side, across)
        yield Wash(outline, root, length, pigments, rng.uniform(0.45, 0.95), 1.1, gap=0.7, veins=0.1, wobble=1.0)


def _background(rng: np.random.Generator) -> Iterator[Wash]:
    """Broad pale washes over one another, the first ones wet in wet."""
    for i in range(56):
        x, y = rng.uniform(-20, 532, 2)
        radius = rng.uniform(38, 95)
        pigments = _WASHES[int(np.clip(4.6 * y / SIDE + rng.normal(0, 0.7), 0, 4))]
        softness = 9.0 if i < 18 else 0.9
        outline = _blob(rng, x, y, radius, 0.3)
        strength = rng.uniform(0.25, 0.5)
        yield Wash(outline, (x, y), radius, pigments, strength, 1.4, 0.9, softness, 0, 4.0, reserves=False)


def _splashes(rng: np.random.Generator) -> Iterator[Wash]:
    """Drops flicked from the brush."""
    for _ in range(130):
        x, y = rng.uniform(0, SIDE, 2)
        radius = 0.8 + 3.2 * rng.random() ** 3
        pigments = [_ROSE, _VIOLET, _BLUE, _SAP, _CORAL][int(rng.integers(5))]
        yield Wash(_blob(rng, x, y, radius), (x, y), 5, pigments, 0.7, 0.8, 0, 0.3, 0, 0.2, reserves=False)

"""Woodcut: a black key block cut with the gouge over flat colours that do not quite register."""

from __future__ import annotations

import cv2
import numpy as np

from painting.color import mix, rgb
from painting.fields import SIDE, FloatArray, at, noise, smoothstep
from painting.hatching import hatch
from painting.strokes import draw_ribbon
from painting.woodcut_scene import BLUE, OCHRE, RED, Piece, pieces

_PAPER, _BLACK = rgb("f0e5cc", "15120f")
_INKS = {OCHRE: rgb("e0a63a")[0], RED: rgb("cf3a22")[0], BLUE: rgb("5d8f98")[0]}
_SHIFTS = {OCHRE: (1.6, -1.2, 0.15), RED: (-2.0, 1.4, -0.2), BLUE: (1.8, 1.6, 0.1)}  # right, down, degrees


def paint(n: int) -> FloatArray:
    """The woodcut as RGB (n, n, 3) in 0..1."""
    rng = np.random.default_rng(1832)
    key = np.full((n, n), 255, np.uint8)
    blocks = {ink: np.zeros((n, n), np.uint8) for ink in _INKS}
    for piece in pieces():
        shape = _enlarged(piece.mask, n)
        key = np.maximum(key, shape)
        for ink, block in blocks.items():
            np.copyto(block, 255 if ink == piece.ink else 0, where=shape > 127)
        _cut(key, piece, rng)
    return _printed(key, blocks, rng)


def _enlarged(mask: np.ndarray, n: int) -> np.ndarray:
    """A planning mask as an antialiased raster (n, n) of 0..255 with rounded edges."""
    large = cv2.resize(mask.astype(np.float32), (n, n), interpolation=cv2.INTER_LINEAR)
    smooth = smoothstep(0.35, 0.65, cv2.GaussianBlur(large, (0, 0), 1.1 * n / SIDE))
    return np.round(255 * smooth).astype(np.uint8)


def _cut(key: np.ndarray, piece: Piece, rng: np.random.Generator) -> None:
    """Gouge one piece out of the key block, then leave the ridges that the gouge missed."""
    inside = cv2.distanceTransform(np.pad(piece.mask.astype(np.uint8), 1, mode="edge"), cv2.DIST_L2, 5)[1:-1, 1:-1]
    room = inside > piece.contour
    light = np.clip(piece.light, 0, 1)
    cleared = room & (light > 0.86)
    key[_enlarged(cleared, len(key)) > 127] = 0
    spacing = np.full_like(light, piece.spacing)
    for path in hatch(piece.directions, spacing, room & (light > 0.08) & ~cleared, (7, 70), rng):
        width = piece.spacing * np.clip(0.12 + 0.95 * at(light, path), 0, 0.92)
        width = np.minimum(width, 2 * at(inside, path) - piece.contour)
        draw_ribbon(key, path, 0, np.clip(width, 0.4, None) * _gouge(len(path), rng))
    for path in hatch(piece.directions, 2.2 * spacing, cleared, (5, 22), rng):
        draw_ribbon(key, path, 255, rng.uniform(0.7, 1.5) * _gouge(len(path), rng))


def _gouge(count: int, rng: np.random.Generator) -> FloatArray:
    """The width along a cut: it enters as a point, swells and leaves as a point, a little unevenly."""
    t = np.linspace(0, 1, count)
    swell = np.minimum(1, rng.uniform(2.5, 5) * t + 0.05) * np.minimum(1, rng.uniform(2.5, 6) * (1 - t) + 0.05)
    return swell * (1 + 0.06 * rng.standard_normal(count))


def _printed(key: np.ndarray, blocks: dict[int, np.ndarray], rng: np.random.Generator) -> FloatArray:
    """Print the colour blocks and then the key block, each with the grain of its wood."""
    n = len(key)
    fibres = noise(rng, 5, n, 2)
    picture = np.broadcast_to(_PAPER, (n, n, 3)) * (1 + 0.012 * fibres)[..., None]
    for ink, block in blocks.items():
        right, down, degrees = _SHIFTS[ink]
        turn = cv2.getRotationMatrix2D((n / 2, n / 2), degrees, 1)
        turn[:, 2] += np.array([right, down]) * n / SIDE
        moved = cv2.warpAffine(block, turn, (n, n), borderMode=cv2.BORDER_REPLICATE)
        grain = _grain(n, rng)
        cover = moved.astype(np.float32) / 255 * np.clip(0.9 - 0.13 * grain - 0.05 * fibres, 0.45, 1)
        picture = mix(picture, _INKS[ink], cover)
    starved = smoothstep(1.9, 2.2, _grain(n, rng) + 0.7 * noise(rng, (40, 3), n, 1))
    return mix(picture, _BLACK, key.astype(np.float32) / 255 * (0.97 - 0.4 * starved))


def _grain(n: int, rng: np.random.Generator) -> FloatArray:
    """The figure of a plank: long fibres that bow around a few knots."""
    bow = 10 * noise(rng, (190, 120), n, 1)
    rows = np.clip(np.arange(n)[:, None] + bow * n / SIDE, 0, n - 1).astype(np.float32)
    columns = np.broadcast_to(np.arange(n, dtype=np.float32), (n, n))
    return cv2.remap(noise(rng, (230, 7), n, 3, 0.9), np.ascontiguousarray(columns), rows, cv2.INTER_LINEAR)

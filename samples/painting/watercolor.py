"""Watercolour: transparent washes with dark edges, blooms and granulation; the paper is the white."""

from __future__ import annotations

import cv2
import numpy as np

from painting.color import rgb
from painting.fields import SIDE, FloatArray, at, grid, noise, smoothstep
from painting.strokes import fixed
from painting.watercolor_scene import Bloom, Wash, blooms, washes

_PAPER = rgb("fdfaf2")[0]


def paint(n: int) -> FloatArray:
    """The watercolour as RGB (n, n, 3) in 0..1."""
    rng = np.random.default_rng(1802)
    sheet = _Sheet(n, rng)
    for wash in washes(rng):
        sheet.lay(wash)
    for bloom in blooms(rng):
        sheet.bloom(bloom)
    return sheet.dried(rng)


class _Sheet:
    """A wet sheet: optical density (n, n, 3), and where shapes are that later ones leave a gap around."""

    def __init__(self, n: int, rng: np.random.Generator) -> None:
        self.scale = n / SIDE
        self.density = np.zeros((n, n, 3), np.float32)
        self.reserved = np.zeros((n, n), np.uint8)
        self.pool = noise(rng, 46, n)
        self.rim = noise(rng, 26, n, 2)
        self.fray = noise(rng, 9, n, 2)
        self.tooth = noise(rng, 4.5, n, 2)
        self.wander = np.stack([noise(rng, 20), noise(rng, 20)], axis=-1)

    def lay(self, wash: Wash) -> None:
        """One wash: pooled and mixed pigments inside, a darker rim where it dried, no paint on what is reserved."""
        outline = wash.outline + wash.wobble * at(self.wander, wash.outline)
        box = self._box(outline)
        if box is None:
            return
        cover, depth = self._cover(outline, wash, box)
        x, y = grid(len(self.density))
        right, down = x[box] - wash.root[0], y[box] - wash.root[1]
        far = np.hypot(right, down) / wash.reach
        veins = wash.veins * np.sin(30 * np.arctan2(down, right) + 1.6 * self.fray[box]) * smoothstep(0.1, 0.35, far)
        turned = smoothstep(0.15, 0.95, far + 0.24 * self.pool[box])[..., None]
        pigment = wash.pigments[0] * (1 - turned) + wash.pigments[1] * turned
        body = np.clip(1.15 - 0.5 * far + 0.36 * self.pool[box] + 0.1 * self.fray[box] + veins, 0.2, 1.8)
        dried = smoothstep(-0.9, 0.7, self.rim[box])
        rim = wash.rim * dried * np.exp(-((depth / 1.5) ** 2)) + 0.3 * wash.rim * np.exp(-depth / 6)
        self.density[box] += (wash.strength * cover * (body + rim))[..., None] * pigment
        if wash.reserves:
            self.reserved[box] = np.maximum(self.reserved[box], (cover > 0.5).astype(np.uint8))

    def _box(self, outline: FloatArray) -> tuple[slice, slice] | None:
        """The pixels about an outline, or None where none is on the sheet."""
        n = len(self.density)
        low = np.clip(np.floor((outline.min(0) - 8) * self.scale), 0, n).astype(int)
        high = np.clip(np.ceil((outline.max(0) + 8) * self.scale), 0, n).astype(int)
        if (high <= low).any():
            return None
        return slice(low[1], high[1]), slice(low[0], high[0])

    def _cover(self, outline: FloatArray, wash: Wash, box: tuple[slice, slice]) -> tuple[FloatArray, FloatArray]:
        """How much of the wash lies on each pixel, and the distance from its edge, in points."""
        shape = np.zeros(self.reserved[box].shape, np.uint8)
        corner = np.array([box[1].start, box[0].start]) / self.scale
        cv2.fillPoly(shape, [fixed(outline - corner, self.scale)], 255, cv2.LINE_AA, 4)
        free = (self.reserved[box] == 0).astype(np.uint8)
        if free.all() or not wash.gap:
            away = np.full(shape.shape, 99, np.float32)
        else:
            away = cv2.distanceTransform(free, cv2.DIST_L2, cv2.DIST_MASK_PRECISE) / self.scale
        soft = cv2.GaussianBlur(shape.astype(np.float32) / 255, (0, 0), max(wash.softness, 0.4) * self.scale)
        ragged = smoothstep(0.36, 0.64, soft + 0.1 * self.fray[box] * (soft > 0.02)) if wash.softness < 3 else soft
        gap = np.maximum(wash.gap * (1 + 0.5 * self.rim[box]), 0.35)
        cover = ragged * smoothstep(-0.35, 0.35, away - gap)
        solid = np.pad((cover > 0.5).astype(np.uint8), 1, mode="edge")
        depth = cv2.distanceTransform(solid, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)[1:-1, 1:-1] / self.scale
        return cover, depth

    def bloom(self, bloom: Bloom) -> None:
        """Water dropped into the half-dry wash: it pushes the pigment out to a crinkled dark rim."""
        x, y = grid(len(self.density))
        radius = np.hypot(x - bloom.x, y - bloom.y) / bloom.radius
        radius = radius * (1 + 0.17 * self.rim + 0.1 * self.fray)
        pushed = 1 - 0.62 * smoothstep(1.0, 0.55, radius) + 1.1 * np.exp(-(((radius - 1.02) * bloom.radius / 1.7) ** 2))
        self.density *= np.where(self.reserved > 0, 1, pushed)[..., None]

    def dried(self, rng: np.random.Generator) -> FloatArray:
        """The colours of the dry sheet: some edges run, the pigment settles in the hollows of the paper."""
        n = len(self.density)
        ran = cv2.GaussianBlur(self.density, (0, 0), 3.0 * self.scale)
        wet = 0.6 * smoothstep(1.2, 2.2, noise(rng, 70, n, 2))[..., None]
        grain = 1 + 0.26 * np.clip(self.tooth, -2, 2.5) + 0.1 * np.clip(self.fray, -2, 2)
        settled = (self.density * (1 - wet) + ran * wet) * grain[..., None]
        down, across = np.gradient(self.tooth)
        light = 1 - 0.02 * np.clip((across + down) * self.scale, -2, 2)
        return np.clip(_PAPER * np.exp(-settled) * light[..., None], 0, 1)

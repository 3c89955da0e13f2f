"""Pictures out of nothing: random scenes with the statistics of photographs, to train on without any.

Shapes of all sizes that hide each other (the dead leaves model, Lee, Mumford & Huang 2001) with shading, textures of
1/f noise, stripes and grain, under a sky or over a wall, some of them out of focus.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.float32]

_OVERSAMPLING = 2


def random_scene(side: int, rng: np.random.Generator) -> Picture:
    """A scene, (side, side, 3), display [0, 1], decided by the generator's state alone."""
    size = side * _OVERSAMPLING
    palette = _palette(rng)
    labels = _leaves(size, rng)
    count = int(labels.max()) + 1
    picture: Picture = palette[rng.integers(len(palette), size=count)][labels]
    picture += _shading(size, labels, count, rng)[..., None]
    picture *= 1 + _texture(size, labels, count, rng)[..., None]
    picture += rng.uniform(0, 0.12) * _noise(size, 1.6, rng)[..., None] * rng.normal(0, 1, 3)
    picture = np.asarray(cv2.resize(picture.astype(np.float32), (side, side), interpolation=cv2.INTER_AREA), np.float32)
    if rng.random() < 0.3:
        picture = np.asarray(cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.6, 2.5)), np.float32)
    return _exposed(picture, rng)


def _palette(rng: np.random.Generator) -> Picture:
    """A dozen colours around a few hues: most muted, some strong, dark ones and bright ones."""
    hues = rng.uniform(0, 360, rng.integers(2, 5))
    hue = (rng.choice(hues, 12) + rng.normal(0, 14, 12)) % 360
    saturation = rng.beta(1.3, 2.2, 12)
    value = rng.uniform(0.05, 1, 12)
    hsv = np.stack((hue, saturation, value), -1).astype(np.float32)
    return np.asarray(cv2.cvtColor(hsv[None], cv2.COLOR_HSV2RGB)[0])


def _leaves(size: int, rng: np.random.Generator) -> NDArray[np.int32]:
    """Which shape is on top, by pixel; shapes are drawn from large to small."""
    labels = np.zeros((size, size), np.int32)
    horizon = int(size * rng.uniform(0.2, 0.8))
    if rng.random() < 0.6:  # a ground
        ridge = horizon + size * 0.12 * _profile(size, rng)
        points = np.column_stack((np.arange(size), ridge)).round().astype(np.int32)
        corners = np.array([[size, size], [0, size]], np.int32)
        cv2.fillPoly(labels, [np.vstack((points, corners))], 1)
    count = int(rng.integers(4, 120))
    smallest = rng.uniform(0.01, 0.05)
    radii = np.sort(smallest / (1 - rng.uniform(0, 1 - smallest / 0.45, count)))[::-1] * size
    for index, radius in enumerate(radii, start=2):
        center = rng.uniform(-0.1, 1.1, 2) * size
        cv2.fillPoly(labels, [_outline(center, radius, rng)], index)
    return labels


def _outline(center: NDArray[np.float64], radius: float, rng: np.random.Generator) -> NDArray[np.int32]:
    """An ellipse, a polygon, a bar or a blob."""
    kind = rng.integers(4)
    turn, stretch = rng.uniform(0, 2 * np.pi), rng.uniform(0.3, 1)
    corners = {0: 40, 1: int(rng.integers(3, 7)), 2: 4, 3: 60}[int(kind)]
    angles = np.arange(corners) * 2 * np.pi / corners
    radii = np.full(corners, radius)
    if kind == 1:
        radii = radii * rng.uniform(0.6, 1.2, corners)
    elif kind == 2:
        stretch = rng.uniform(0.05, 0.25)
        radii = radii * 1.5
    elif kind == 3:
        waves = rng.integers(2, 6, 2)
        radii = radii * (1 + 0.25 * np.sin(waves[0] * angles + turn) + 0.15 * np.sin(waves[1] * angles))
    points = np.stack((np.cos(angles) * radii, np.sin(angles) * radii * stretch), -1)
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    return np.asarray((points @ rotation + center).round(), np.int32)


def _shading(size: int, labels: NDArray[np.int32], count: int, rng: np.random.Generator) -> Picture:
    """Light that falls off across each shape, and over the whole."""
    y, x = np.mgrid[0:size, 0:size].astype(np.float32) / size - 0.5
    slope = rng.normal(0, 0.35, (count, 2)).astype(np.float32)
    across = slope[labels]
    whole = rng.normal(0, 0.2, 2)
    return np.asarray(across[..., 0] * x + across[..., 1] * y + whole[0] * x + whole[1] * y, np.float32)


def _texture(size: int, labels: NDArray[np.int32], count: int, rng: np.random.Generator) -> Picture:
    """Relative brightness: each shape has one of four textures, at a strength of its own."""
    y, x = np.mgrid[0:size, 0:size].astype(np.float32)
    angle, period = rng.uniform(0, np.pi), rng.uniform(6, 40)
    wave = np.sin((x * np.cos(angle) + y * np.sin(angle)) * (2 * np.pi / period))
    textures = (
        _noise(size, 2.0, rng),
        _noise(size, 1.0, rng),
        np.sign(wave) if rng.random() < 0.5 else wave,
        rng.normal(0, 0.7, (size, size)),
    )
    kind = rng.integers(len(textures), size=count)
    strength = rng.uniform(0, 0.35, count) * (rng.random(count) < 0.7)
    result = np.zeros((size, size))
    for index, texture in enumerate(textures):
        result += np.where(kind == index, strength, 0)[labels] * texture
    return np.asarray(result, np.float32)


def _noise(size: int, power: float, rng: np.random.Generator) -> Picture:
    """Noise whose amplitude falls with frequency to the given power, of standard deviation 1."""
    frequency = np.hypot(np.fft.fftfreq(size)[:, None], np.fft.rfftfreq(size)[None])
    frequency[0, 0] = 1
    spectrum = np.fft.rfft2(rng.normal(0, 1, (size, size))) / frequency**power
    spectrum[0, 0] = 0
    noise = np.fft.irfft2(spectrum, (size, size))
    return np.asarray(noise / max(noise.std(), 1e-9), np.float32)


def _profile(size: int, rng: np.random.Generator) -> Picture:
    """A ridge: one-dimensional 1/f noise."""
    frequency = np.fft.rfftfreq(size)
    frequency[0] = 1
    spectrum = np.fft.rfft(rng.normal(0, 1, size)) / frequency ** rng.uniform(1, 2)
    spectrum[0] = 0
    profile = np.fft.irfft(spectrum, size)
    return np.asarray(profile / max(profile.std(), 1e-9), np.float32)


def _exposed(picture: Picture, rng: np.random.Generator) -> Picture:
    """A random exposure and contrast, clipped as a camera clips."""
    gain, gamma = rng.uniform(0.7, 1.3), rng.uniform(0.75, 1.3)
    return np.asarray(np.clip(picture * gain, 0, 1) ** gamma, np.float32)

"""Short clips with exact motion, made of still pictures.

The background moves by a random affine and thin-plate warp, patches of other pictures move before it on their own, and
since every pixel's way is known in closed form, so are flow and occlusion: no estimate, no error.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Picture = NDArray[np.float32]
Points = NDArray[np.float32]
Warp = Callable[[Points], Points]

_CONTROL_POINTS = 5
# Shares of the clips.
_LIGHT = 0.25
_FADE = 0.15


@dataclass(frozen=True, slots=True)
class Clip:
    """A few frames and how each pixel moved.

    Attributes:
        frames: (T, 3, H, W), display [0, 1].
        backward_flow: (T - 1, 2, H, W), pixels, x right, y down; on the grid of frame t, to t - 1, for t from 1 on.
        valid: (T - 1, 1, H, W) in [0, 1], 1 where the pixel was visible in the frame before.
    """

    frames: Tensor
    backward_flow: Tensor
    valid: Tensor


@dataclass(frozen=True, slots=True)
class _Patch:
    """Something that moves before the background: its picture, its shape, and where it is in each frame."""

    picture: Picture
    shape: Picture
    places: list[NDArray[np.float64]]

    def local(self, points: Points, frame: int) -> Points:
        """Where on the patch's own picture the points of a frame lie."""
        matrix = np.linalg.inv(self.places[frame])
        return np.asarray(points @ matrix[:2, :2].T + matrix[:2, 2], np.float32)

    def before(self, points: Points, frame: int) -> Points:
        """Where the points of a frame were in the frame before it."""
        matrix = self.places[frame - 1] @ np.linalg.inv(self.places[frame])
        return np.asarray(points @ matrix[:2, :2].T + matrix[:2, 2], np.float32)


def random_clip(pictures: Sequence[Picture], frames: int, side: int, rng: np.random.Generator) -> Clip:
    """A clip out of still pictures.

    Args:
        pictures: (h, w, 3) each, display [0, 1], at least ``side`` a side; the first is the background.
        frames: T.
        side: H and W.
        rng: decides everything.
    """
    y, x = np.mgrid[0:side, 0:side].astype(np.float32)
    grid: Points = np.stack((x, y), -1)
    calm = rng.random() < 0.25
    warps = [_still if calm and rng.random() < 0.6 else _random_warp(side, rng) for _ in range(frames - 1)]
    background = pictures[0]
    origin = _start(background, side, rng)
    patches = [_random_patch(picture, frames, side, rng) for picture in pictures[1:]]
    light = _Light(pictures[-1], side, frames, rng)
    shots, labels = [], []
    for frame in range(frames):
        where = grid
        for warp in reversed(warps[:frame]):
            where = warp(where)
        color = _sample(background, where @ origin[:, :2].T + origin[:, 2], cv2.BORDER_REFLECT_101)
        label = np.zeros((side, side), np.int32)
        for index, patch in enumerate(patches, start=1):
            local = patch.local(grid, frame)
            cover = _sample(patch.shape, local, cv2.BORDER_CONSTANT)
            color += cover[..., None] * (_sample(patch.picture, local, cv2.BORDER_REFLECT_101) - color)
            label[cover > 0.5] = index
        shots.append(light.on(color, frame))
        labels.append(label)
    flows, valids = [], []
    for frame in range(1, frames):
        before = warps[frame - 1](grid)
        for index, patch in enumerate(patches, start=1):
            there = labels[frame] == index
            before[there] = patch.before(grid[there], frame)
        flows.append(before - grid)
        valids.append(_visible_before(labels[frame], labels[frame - 1], before))
    return Clip(_film(shots, rng), _stack(flows, side, 2), _stack([valid[..., None] for valid in valids], side, 1))


class _Light:
    """What changes in the picture while nothing moves: the light on it, or something that fades in or out.

    Args:
        picture: what fades.
        side: H and W.
        frames: T.
        rng: decides everything.
    """

    def __init__(self, picture: Picture, side: int, frames: int, rng: np.random.Generator) -> None:
        kind = rng.random() if frames > 1 else 1.0
        field = cv2.resize(rng.uniform(0, 1, (4, 4)).astype(np.float32), (side, side), interpolation=cv2.INTER_CUBIC)
        field = np.clip(field * 2 - 0.5, 0, 1)
        start, end = rng.uniform(-0.6, 0.6, 2)
        # A change in one frame, or one that goes on.
        steps = np.linspace(start, end, frames) if rng.random() < 0.5 else np.where(np.arange(frames), end, start)
        self._gains = [1 + (step if kind < _LIGHT else 0) * field for step in steps]
        self._cover = field[..., None] * (_LIGHT <= kind < _LIGHT + _FADE)
        self._fading = np.abs(steps - start) / max(abs(end - start), 1e-6)
        corner = [int(rng.integers(0, length - side + 1)) for length in picture.shape[:2]]
        self._other = picture[corner[0] : corner[0] + side, corner[1] : corner[1] + side]

    def on(self, color: Picture, frame: int) -> Picture:
        """A frame's picture in its light."""
        faded = color + self._fading[frame] * self._cover * (self._other - color)
        return np.asarray(np.clip(faded * self._gains[frame][..., None], 0, 1), np.float32)


def _still(points: Points) -> Points:
    return points.copy()


def _random_warp(side: int, rng: np.random.Generator) -> Warp:
    """Where a frame's points were in the frame before: affine about the centre plus thin-plate splines."""
    size = rng.random() ** 2
    angle, zoom, shear = rng.normal(0, 0.05, 3) * size
    rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    matrix = (1 + zoom) * rotation @ np.array([[1, shear], [0, 1]])
    shift = rng.uniform(-1, 1, 2) * size * 16
    knots = rng.uniform(0, side, (_CONTROL_POINTS, 2))
    pulls = rng.normal(0, 1, (_CONTROL_POINTS, 2)) * rng.uniform(0, 4) * size
    center = side / 2

    def warp(points: Points) -> Points:
        result = (points - center) @ matrix.T + center + shift
        for knot, pull in zip(knots, pulls, strict=True):
            squared = np.square((points - knot) / side).sum(-1)
            bend = squared * np.log(squared + 1e-6)  # the thin plate's r^2 log r
            result += bend[..., None] * pull
        return np.asarray(result, np.float32)

    return warp


def _start(picture: Picture, side: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Which part of the picture the first frame shows: (2, 3), from the frame's points to the picture's."""
    height, width = picture.shape[:2]
    largest = min(height, width) / side
    zoom = rng.uniform(max(0.6, largest / 3), largest) if largest > 0.6 else largest
    corner = rng.uniform(0, 1, 2) * (np.array([width, height]) - zoom * side)
    flip = rng.random() < 0.5
    matrix = np.array([[zoom, 0, corner[0]], [0, zoom, corner[1]]])
    if flip:
        matrix[0] = [-zoom, 0, corner[0] + zoom * (side - 1)]
    return matrix


def _random_patch(picture: Picture, frames: int, side: int, rng: np.random.Generator) -> _Patch:
    """A blob of a picture on a straight way of its own, turning and growing a little."""
    size = int(side * rng.uniform(0.2, 0.6))
    angles = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    radii = size / 2 * (0.8 + 0.2 * np.sin(rng.integers(2, 6) * angles + rng.uniform(0, 6)))
    outline = np.stack((np.cos(angles) * radii, np.sin(angles) * radii), -1) + size / 2
    shape = np.zeros((size, size), np.uint8)
    cv2.fillPoly(shape, [(outline * 16).round().astype(np.int32)], 255, cv2.LINE_AA, 4)
    corner = [int(rng.integers(0, max(1, length - size))) for length in picture.shape[:2]]
    part = picture[corner[0] : corner[0] + size, corner[1] : corner[1] + size]
    place = np.eye(3)
    place[:2, 2] = rng.uniform(-0.2, 0.8, 2) * side
    step = _similarity(rng.normal(0, 0.04), 1 + rng.normal(0, 0.02), rng.uniform(-10, 10, 2), size / 2)
    places = [place]
    for _ in range(frames - 1):
        places.append(places[-1] @ step)
    return _Patch(
        np.ascontiguousarray(part, np.float32), np.asarray(shape.astype(np.float32) / 255, np.float32), places
    )


def _similarity(angle: float, zoom: float, shift: NDArray[np.float64], center: float) -> NDArray[np.float64]:
    """Turn and scale about a centre, then shift."""
    cosine, sine = zoom * np.cos(angle), zoom * np.sin(angle)
    middle = np.array([center, center])
    matrix = np.eye(3)
    matrix[:2, :2] = [[cosine, -sine], [sine, cosine]]
    matrix[:2, 2] = middle + shift - matrix[:2, :2] @ middle
    return matrix


def _sample(picture: Picture, points: NDArray[np.floating], border: int) -> Picture:
    points = points.astype(np.float32)
    return np.asarray(cv2.remap(picture, points[..., 0], points[..., 1], cv2.INTER_LINEAR, borderMode=border))


def _visible_before(label: NDArray[np.int32], previous: NDArray[np.int32], before: Points) -> Picture:
    """1 where the same thing lay at the place a pixel comes from, soft at the edges as an estimated mask is."""
    side = label.shape[0]
    x, y = before[..., 0], before[..., 1]
    inside = (x >= 0) & (x <= side - 1) & (y >= 0) & (y <= side - 1)
    columns, rows = (np.clip(values, 0, side - 1).round().astype(np.int32) for values in (x, y))
    same = inside & (previous[rows, columns] == label)
    eroded = cv2.erode(same.astype(np.uint8), np.ones((3, 3), np.uint8))
    return np.asarray(cv2.GaussianBlur(eroded.astype(np.float32), (5, 5), 0.8) * eroded)


def _film(shots: Sequence[Picture], rng: np.random.Generator) -> Tensor:
    """The frames as a camera takes them: light that wavers, and grain that is new in every frame."""
    grain, waver = rng.uniform(0, 0.03) * (rng.random() < 0.6), rng.uniform(0, 0.03)
    taken = [np.clip(shot * (1 + waver * rng.normal()) + grain * rng.normal(0, 1, shot.shape), 0, 1) for shot in shots]
    return _stack(taken, shots[0].shape[0], 3)


def _stack(planes: Sequence[NDArray[np.floating]], side: int, channels: int) -> Tensor:
    if not planes:
        return torch.zeros(0, channels, side, side)
    return torch.from_numpy(np.stack(planes).astype(np.float32)).permute(0, 3, 1, 2).contiguous()

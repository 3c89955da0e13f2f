"""What a network is trained on: pictures in a folder, or scenes that are generated, as clips with exact motion."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from vst_core.errors import InputError
from vst_core.training.motion import Clip, random_clip
from vst_core.training.scenes import random_scene

Picture = NDArray[np.float32]

_SUFFIXES = {".jpg", ".jpeg", ".png", ".tif", ".tiff", ".bmp", ".webp"}
# Generated scenes come back after this many: making one takes as long as a tenth of a training step.
_SCENES = 400
# Room around a frame for its motion.
_ROOM = 1.6
# A side that OpenCV can sample.
_LONGEST = 32000
# Pictures are taken at most this many times larger than the frame, so that a crop shows more than a texture.
_LARGEST = 3.0


class Pictures(Protocol):
    """A source of pictures."""

    def __len__(self) -> int: ...

    def read(self, index: int, side: int) -> Picture | None:
        """A picture (h, w, 3), display [0, 1], at least ``side`` a side; None if it cannot be read."""


class Scenes:
    """Generated scenes, by number.

    Args:
        seed: of the generator.
    """

    def __init__(self, seed: int) -> None:
        self._scene = lru_cache(maxsize=_SCENES)(lambda index, side: _packed(random_scene(side, _rng(seed, 1, index))))

    def __len__(self) -> int:
        return _SCENES

    def read(self, index: int, side: int) -> Picture | None:
        """See ``Pictures.read``."""
        return _unpacked(self._scene(index, side))


class PictureFolder:
    """Photographs or video frames in a folder and the folders in it.

    Args:
        folder: where they lie.
        on_skip: called once with the path of each file that does not decode.

    Raises:
        InputError: there are none.
    """

    def __init__(self, folder: Path, on_skip: Callable[[Path], object]) -> None:
        if not folder.is_dir():
            raise InputError("is not a folder", where=folder, remedy="give a folder of pictures, or 'synthetic'")
        self._paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in _SUFFIXES)
        self._on_skip = on_skip
        self._skipped: set[Path] = set()
        if not self._paths:
            raise InputError(
                f"contains no pictures ({', '.join(sorted(_SUFFIXES))})",
                where=folder,
                remedy="choose another folder, or 'synthetic'",
            )

    def __len__(self) -> int:
        return len(self._paths)

    @property
    def paths(self) -> tuple[Path, ...]:
        """The files, in order of their number."""
        return tuple(self._paths)

    def read(self, index: int, side: int) -> Picture | None:
        """See ``Pictures.read``."""
        path = self._paths[index]
        if path in self._skipped:
            return None
        packed = _decoded(path)
        if packed is None:
            self._skipped.add(path)
            self._on_skip(path)
            if len(self._skipped) == len(self._paths):
                raise InputError(
                    "none of the pictures can be decoded", where=path.parent, remedy="choose another folder"
                )
            return None
        smallest = min(packed.shape[:2])
        factor = min(max(side / smallest, 1.0 if smallest >= side else 0.0), _LARGEST * side / smallest)
        longest = int(_LONGEST / factor)  # of a strip, only its beginning is taken
        packed = packed[:longest, :longest]
        if factor != 1:
            size = [max(side, round(length * factor)) for length in packed.shape[1::-1]]
            packed = cv2.resize(packed, size, interpolation=cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC)
        return _unpacked(np.asarray(packed[..., ::-1], np.uint8))


def _decoded(path: Path) -> NDArray[Any] | None:
    """(h, w, 3), blue first. OpenCV is given no name: one that is not UTF-8 makes it crash."""
    try:
        return cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_COLOR)
    except (OSError, cv2.error):  # which also is what it makes of nothing, or of an absurd size
        return None


class Clips:
    """Batches of clips. Each is decided by its number alone, so a resumed training sees what the first one would have.

    Args:
        pictures: where they come from.
        seed: of everything random.
    """

    def __init__(self, pictures: Pictures, seed: int) -> None:
        self._pictures, self._seed = pictures, seed

    def batch(self, number: int, size: int, frames: int, side: int) -> Clip:
        """A batch.

        Returns:
            ``frames`` (B, T, 3, H, W), ``backward_flow`` (B, T - 1, 2, H, W) and ``valid`` (B, T - 1, 1, H, W).
        """
        clips = [self._clip(_rng(self._seed, 2, number * size + index), frames, side) for index in range(size)]
        return Clip(*(torch.stack([getattr(clip, name) for clip in clips]) for name in Clip.__dataclass_fields__))

    def _clip(self, rng: np.random.Generator, frames: int, side: int) -> Clip:
        count = 1 if frames == 1 else 1 + int(rng.integers(0, 3))
        return random_clip([self._picture(rng, side) for _ in range(count)], frames, side, rng)

    def _picture(self, rng: np.random.Generator, side: int) -> Picture:
        while True:
            picture = self._pictures.read(int(rng.integers(len(self._pictures))), int(side * _ROOM))
            if picture is not None:
                return picture


def _rng(*numbers: int) -> np.random.Generator:
    return np.random.default_rng(numbers)


def _packed(picture: Picture) -> NDArray[np.uint8]:
    return (picture * 255 + 0.5).astype(np.uint8)


def _unpacked(picture: NDArray[np.uint8]) -> Picture:
    return np.asarray(np.ascontiguousarray(picture, np.float32) / 255, np.float32)

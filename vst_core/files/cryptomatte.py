"""Objects of a Cryptomatte: which of its ids stand for which names, and how much of each pixel they cover.

A Cryptomatte is a few layers whose channels go in pairs, an id and how much of the pixel it covers; a manifest, in the
header or in a file beside the frame, says which name has which id. (Friedman and Jones, "Fully Automatic ID Mattes with
Support for Motion Blur and Transparency", SIGGRAPH 2015; Cryptomatte specification 1.2.)
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vst_core.errors import InputError
from vst_core.image import FloatArray
from vst_core.text_file import read_text

_KEY = re.compile(r"(?:exr/)?cryptomatte/([^/]+)/(name|manifest|manif_file)")
_PAIRS = (("r", "g"), ("b", "a"))
_FEW = 8


@dataclass(frozen=True, slots=True)
class Cryptomatte:
    """One Cryptomatte of a file.

    Attributes:
        name: as the file has it, for example ``ViewLayer.CryptoObject``.
        pairs: names of the channels with ids and with coverage, the largest coverage of a pixel first.
        ids: of the objects by their names; empty where the file has no manifest.
    """

    name: str
    pairs: tuple[tuple[str, str], ...]
    ids: Mapping[str, int]

    def is_called(self, name: str) -> bool:
        """Whether a user means this one: by its whole name, or by what is after the last dot."""
        return name.casefold() in (self.name.casefold(), self.name.rpartition(".")[2].casefold())

    def matching(self, wanted: str) -> set[int]:
        """Ids of the object of that name or, if there is none, of all whose names match it, with ``*`` and ``?``."""
        if wanted in self.ids:
            return {self.ids[wanted]}
        return {number for name, number in self.ids.items() if fnmatchcase(name, wanted)}

    def matte(self, ids: Collection[int], channel: Callable[[str], NDArray[Any]]) -> FloatArray:
        """How much of each pixel some objects cover.

        Args:
            ids: of the objects.
            channel: gives a channel's (H, W) by its name, float32 with the bits of the file.

        Returns:
            (H, W) float32, [0, 1].
        """
        wanted = np.array(sorted(ids), np.uint32)
        total: FloatArray | None = None
        for number, covered in self.pairs:
            theirs = np.ascontiguousarray(channel(number), np.float32).view(np.uint32)
            share = np.where(_among(theirs, wanted), channel(covered), np.float32(0)).astype(np.float32, copy=False)
            total = share if total is None else total + share
        assert total is not None, "it has pairs"
        return np.clip(total, 0, 1)


def find_cryptomattes(
    metadata: Iterable[Mapping[str, Any]], channels: Sequence[str], path: str | Path
) -> list[Cryptomatte]:
    """The Cryptomattes of a file, in its order.

    Args:
        metadata: of each of its parts.
        channels: names in it.
        path: the file, beside which a manifest may lie.

    Raises:
        InputError: a manifest cannot be read.
    """
    found: dict[str, dict[str, str]] = {}
    for part in metadata:
        for key, value in part.items():
            match = _KEY.fullmatch(key)
            if match is not None:
                found.setdefault(match[1], {})[match[2]] = str(value)
    layers = []
    for said in found.values():
        name = said.get("name", "")
        pairs = _pairs(name, channels)
        if name and pairs:
            layers.append(Cryptomatte(name, pairs, _ids(said, name, Path(path))))
    return layers


def _pairs(name: str, channels: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """The channels of its layers, which are called as it is and numbered."""
    pattern = re.compile(re.escape(name) + r"(\d+)\.(\w)\w*")
    levels: dict[int, dict[str, str]] = {}
    for channel in channels:
        match = pattern.fullmatch(channel)
        if match is not None:
            levels.setdefault(int(match[1]), {})[match[2].lower()] = channel
    return tuple(
        (level[number], level[covered])
        for _, level in sorted(levels.items())
        for number, covered in _PAIRS
        if number in level and covered in level
    )


def _ids(said: Mapping[str, str], name: str, path: Path) -> dict[str, int]:
    """What the manifest says."""
    text, where = said.get("manifest", ""), path
    if not text and said.get("manif_file"):
        where = path.parent / said["manif_file"]
        text = read_text(where, InputError)
    if not text:
        return {}
    try:
        return {str(key): int(value, 16) & 0xFFFFFFFF for key, value in json.loads(text).items()}
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise InputError(f"the manifest of the Cryptomatte {name!r} cannot be read ({error})", where=where) from None


def _among(numbers: NDArray[np.uint32], wanted: NDArray[np.uint32]) -> NDArray[np.bool_]:
    """Which numbers are among those that are wanted, in order; of a few, to look for one by one is faster."""
    if len(wanted) <= _FEW:
        found = np.zeros(numbers.shape, bool)
        for number in wanted:
            found |= numbers == number
        return found
    places = np.searchsorted(wanted, numbers.ravel()).clip(max=len(wanted) - 1)
    same: NDArray[np.bool_] = (wanted[places] == numbers.ravel()).reshape(numbers.shape)
    return same

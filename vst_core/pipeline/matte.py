"""Where the painting shows: a channel, or objects of a Cryptomatte, of the plate or of files beside it."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

import numpy as np

from vst_core.errors import InputError
from vst_core.files.cryptomatte import Cryptomatte, find_cryptomattes
from vst_core.frame_io import Header, find_channel, names_in_file, names_in_view, read_channels, read_header
from vst_core.frames import FrameRange
from vst_core.image import FloatArray, Frame, Window
from vst_core.pipeline.beside import Beside
from vst_core.pipeline.plate import check_size
from vst_core.pipeline.windows import place_pixels
from vst_core.sequence import FrameSequence
from vst_core.settings import MatteSettings

_ENDS = ("A", "a", "alpha", "Y", "R", "r", "red")
_SHOWN = 8
Planes = Mapping[str, FloatArray]


@dataclass(frozen=True, slots=True)
class _Channel:
    """One channel, as it is.

    Attributes:
        channels: its name.
    """

    channels: tuple[str]

    def matte(self, planes: Planes) -> FloatArray:
        return np.clip(planes[self.channels[0]], 0, 1)


@dataclass(frozen=True, slots=True)
class _Objects:
    """Objects of a Cryptomatte.

    Attributes:
        layer: the Cryptomatte.
        wanted: names, or patterns of names.
    """

    layer: Cryptomatte
    wanted: tuple[str, ...]

    @property
    def channels(self) -> tuple[str, ...]:
        return tuple(name for pair in self.layer.pairs for name in pair)

    def matte(self, planes: Planes) -> FloatArray:
        ids = set[int]().union(*map(self.layer.matching, self.wanted))
        return self.layer.matte(ids, planes.__getitem__)


class MatteReader:
    """Reads the matte of a shot.

    Args:
        settings: which one; it must be given.
        plate: the plate.
        layer: of the plate's colour, whose view is meant.
    """

    def __init__(self, settings: MatteSettings, plate: FrameSequence, layer: str | None) -> None:
        self._settings, self._plate, self._layer = settings, plate, layer
        self._files = None if settings.file is None else Beside(settings.file)

    def check(self, frames: FrameRange, size: Window) -> None:
        """Look into headers: the first one has the size and the channels, and each object is in one of them.

        Args:
            frames: of the shot.
            size: of its picture.

        Raises:
            InputError: naming what is not there.
        """
        unseen: set[str] | None = None
        known: set[str] = set()
        for frame in frames:
            if not self._path(frame).exists():
                continue
            found, _ = self._opened(frame, size)
            if isinstance(found, _Channel):
                return
            unseen = set(found.wanted) if unseen is None else unseen
            unseen = {name for name in unseen if not found.layer.matching(name)}
            known |= found.layer.ids.keys()
            if not unseen:
                return
        if unseen:
            raise _no_objects(sorted(unseen), known, self._path(frames.first))

    def read(self, number: int, frame: Frame) -> FloatArray:
        """The matte on a frame's data window; 0 where its file has no pixels.

        Args:
            number: of the frame.
            frame: the plate.

        Returns:
            (H, W) float32, [0, 1].

        Raises:
            InputError: it cannot be read, has not the frame's picture size, or is not finite.
        """
        found, window = self._opened(number, frame.display_window)
        planes: dict[str, FloatArray] = {}
        if self._files is None:
            for name in found.channels:
                planes[name], window = frame.channel(name)
        else:
            values = read_channels(self._path(number), found.channels)
            planes |= {name: values[..., index] for index, name in enumerate(found.channels)}
        matte = place_pixels(found.matte(planes), window, frame.data_window)
        if np.isnan(matte).any():
            raise InputError("its matte has NaN", where=self._path(number), remedy="render the frame again")
        return 1 - matte if self._settings.invert else matte

    def _opened(self, number: int, size: Window) -> tuple[_Channel | _Objects, Window]:
        """What is meant in the file for a frame, and where a file of its own has pixels.

        Raises:
            InputError: it is not there, or such a file has another size.
        """
        header = read_header(self._path(number))
        found = self._found(header)
        if self._files is None:
            return found, size
        part = header.parts[find_channel(header, found.channels[0])[0]]
        check_size(part.display_window, size, header.path)
        return found, part.data_window

    def _path(self, frame: int) -> Path:
        return self._plate.path(frame) if self._files is None else self._files.path(frame)

    def _found(self, header: Header) -> _Channel | _Objects:
        """What is meant in a file.

        Raises:
            InputError: it is not there.
        """
        names = names_in_view(header, self._layer) if self._files is None else names_in_file(header)
        wanted = self._settings.name
        if wanted is None:
            return _Channel((_likeliest(names, header.path),))
        channel = _channel(names, wanted)
        if channel is not None:
            return _Channel((channel,))
        layers = find_cryptomattes((part.metadata for part in header.parts), names, header.path)
        called, _, objects = wanted.partition(":")
        chosen = next((layer for layer in layers if layer.is_called(called)), None)
        meant = tuple(name for name in next(csv.reader([objects], skipinitialspace=True), ()) if name.strip())
        if chosen is None or not meant:
            known = [f"{layer.name.rpartition('.')[2]}:NAME" for layer in layers]
            listing = f"its channels are {', '.join(names)}"
            remedy = f"name a channel or {' or '.join(known)}; {listing}" if known else listing
            raise InputError(f"has no matte {wanted!r}", where=header.path, remedy=remedy)
        if not chosen.ids:
            what = f"the Cryptomatte {chosen.name!r} has no manifest, without which its ids have no names"
            raise InputError(what, where=header.path, remedy="render it with one, or give a matte of its own")
        return _Objects(chosen, meant)


def _channel(names: Sequence[str], wanted: str) -> str | None:
    """A channel, or what is the matte in a layer of that name."""
    return next((name for name in (wanted, *(f"{wanted}.{end}" for end in _ENDS)) if name in names), None)


def _likeliest(names: Sequence[str], path: str) -> str:
    """The matte in a file of one.

    Raises:
        InputError: it has several channels, and none that is alpha.
    """
    if len(names) == 1:
        return names[0]
    found = next((name for name in ("A", "a", "Y") if name in names), None)
    if found is None and set(names) == {"R", "G", "B"}:  # grey, as many programs write it
        found = "R"
    if found is None:
        what, remedy = "has several channels, and none that is alpha", f"name one of {', '.join(names)} by --matte"
        raise InputError(what, where=path, remedy=remedy)
    return found


def _no_objects(names: Sequence[str], known: Iterable[str], path: Path) -> InputError:
    there = sorted(known)
    close = list(dict.fromkeys(each for name in names for each in get_close_matches(name, there, 3)))
    shown = close or there[:_SHOWN]
    more = f" and {len(there) - len(shown)} more" if len(there) > len(shown) else ""
    what = f"has no {' and no '.join(map(repr, names))} in its Cryptomatte"
    return InputError(what, where=path, remedy=f"there are {', '.join(shown)}{more}")

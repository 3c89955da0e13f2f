"""Image sequences on disk: what a user writes for one, and which of its frames are there.

A name is a literal prefix, a frame number and a literal suffix. Nothing of it is ever used as a glob or a regular
expression, so brackets, percent signs and spaces are ordinary characters.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from fileseq.constants import PAD_STYLE_HASH1
from fileseq.exceptions import ParseException
from fileseq.filesequence import FileSequence
from fileseq.frameset import FrameSet

from vst_core.errors import InputError, SettingsError
from vst_core.frames import FrameRange

LONGEST_NAME, LONGEST_PATH = 255, 4096
"""Bytes of a name and of a path, at most; where a system takes fewer, it says so itself."""
STILL_FRAME = 1
"""The frame number of a file whose name has none."""

_TOKEN = re.compile(r"#+|%\d*d|\$F\d*")
_AT_TOKEN = re.compile(r"@+")  # an @ beside another token is part of the name: users and hosts are called a@b
_NOT_A_FRAME = re.compile(r"<UDIM>|%\(UDIM\)d|%[Vv](?![A-Za-z])")
_NUMBER = re.compile(r"-?0*[0-9]{1,9}")  # what is longer is a date or an id
_FORMS = "give it as plate.####.exr, plate.%04d.exr, plate.@@@@.exr, plate.$F4.exr, or as one file"
_SHOWN_NEIGHBORS = 3


@dataclass(frozen=True, slots=True)
class FrameSequence:
    """The files of an image sequence, or the one file of a still.

    Attributes:
        folder: where the files lie.
        prefix: the name up to the frame number.
        suffix: the name after the frame number, the extension included.
        padding: the least number of digits, a minus sign counted, as in printf; 0 where the name has no number.
        only: the frame of a single file, None for a pattern. A name without a number is frame ``STILL_FRAME``.
    """

    folder: Path
    prefix: str
    suffix: str
    padding: int
    only: int | None = None

    @classmethod
    def parse(cls, text: str | Path) -> FrameSequence:
        """Read a pattern: ``plate.####.exr`` (one ``#`` is one digit), ``%04d``, ``@@@@``, ``$F4``, or one file.

        Raises:
            SettingsError: the pattern has several frame numbers, a range, a UDIM or a view in it, or no name.
        """
        if not str(text).strip() or "\0" in str(text) or str(text).endswith(("/", "\\")):
            raise SettingsError("does not name an image sequence", where=repr(str(text)), remedy=_FORMS)
        path = Path(text)
        if any(len(os.fsencode(part)) > LONGEST_NAME for part in path.parts) or len(os.fsencode(path)) > LONGEST_PATH:
            what = f"is too long: a name has at most {LONGEST_NAME} bytes, and {LONGEST_PATH} with its folders"
            raise SettingsError(what, where=f"{str(text)[:100]}…", remedy="shorten it")
        if _NOT_A_FRAME.search(path.name):
            raise SettingsError(
                "UDIM tiles and %V views are not frames", where=text, remedy="name one tile or one view; " + _FORMS
            )
        tokens = list(_TOKEN.finditer(path.name)) or list(_AT_TOKEN.finditer(path.name))
        if not tokens or path.is_file():
            return cls._single(path)
        if len(tokens) > 1:
            raise SettingsError(f"has {len(tokens)} placeholders for a frame number", where=text, remedy=_FORMS)
        token = tokens[0]
        prefix, suffix = path.name[: token.start()], path.name[token.end() :]
        parsed = _read_name(path.name)
        if parsed is not None and parsed.frameSet() is not None:
            raise SettingsError("has a frame range in its name", where=text, remedy="give the range with --frames")
        padding = FileSequence(token[0], pad_style=PAD_STYLE_HASH1, allow_subframes=False).zfill()
        return cls(path.parent, prefix, suffix, padding)

    @classmethod
    def _single(cls, path: Path) -> FrameSequence:
        """One file: the number between its last dots, if any, is its frame number."""
        still = cls(path.parent, path.stem, path.suffix, 0, STILL_FRAME)
        parsed = _read_name(path.name)
        frames = None if parsed is None else parsed.frameSet()
        if parsed is None or frames is None or len(frames) != 1 or not _NUMBER.fullmatch(str(frames)):
            return still
        frame = int(str(frames))
        sequence = cls(path.parent, parsed.basename(), parsed.extension(), parsed.zfill(), frame)
        return sequence if sequence.path(frame).name == path.name else still

    @property
    def pattern(self) -> str:
        """The pattern as ``####``, whatever form it was given in."""
        return str(self.folder / f"{self.prefix}{'#' * self.padding}{self.suffix}")

    def path(self, frame: int) -> Path:
        """The file of ``frame``; -5 at four digits is ``-005``, a number too long for its padding is written out."""
        number = f"{frame:0{self.padding}d}" if self.padding else ""
        return self.folder / f"{self.prefix}{number}{self.suffix}"

    def frames_on_disk(self) -> list[int]:
        """Frame numbers that have a file, ascending; empty where none or the folder is missing."""
        if self.only is not None:
            return [self.only] if self.path(self.only).is_file() else []
        return sorted(frame for name in self._names() if (frame := self.frame_of(name)) is not None)

    def frame_of(self, name: str) -> int | None:
        """The frame number of a file by its name, None where it is not of this sequence."""
        if not (name.startswith(self.prefix) and name.endswith(self.suffix)):
            return None
        number = name[len(self.prefix) : len(name) - len(self.suffix)]
        if not _NUMBER.fullmatch(number):
            return None
        frame = int(number)
        return frame if self.path(frame).name == name else None

    def missing(self, frames: FrameRange) -> list[int]:
        """The frames of a range that have no file, ascending."""
        present = set(self.frames_on_disk())
        return [frame for frame in frames if frame not in present]

    def check_input(self, frames: FrameRange | None = None) -> None:
        """Check that the sequence can be read: that it exists and, where a range is given, that none is missing.

        Raises:
            InputError: no file matches, or frames are missing.
        """
        present = self.frames_on_disk()
        if not present:
            raise InputError("no file matches", where=self._spelling(), remedy=self._whereabouts())
        there = set(present)
        absent = [] if frames is None else [frame for frame in frames if frame not in there]
        if absent:
            raise InputError(
                f"{len(absent)} of {len(frames or ())} frames are missing: {spell_frames(absent)}",
                where=self._spelling(),
                remedy=f"on disk: {spell_frames(present)}",
            )

    def check_output(self, frames: FrameRange) -> None:
        """Check that every frame of a range gets a file of its own, where the name says.

        Raises:
            SettingsError: several frames would be written to one file, or one frame under another's number; or ``..``
                is in the name.
        """
        check_goes_down(Path(self._spelling()))
        if self.only is None or (len(frames) == 1 and (self.padding == 0 or frames.first == self.only)):
            return
        raise SettingsError(
            f"names a single file for frames {frames}",
            where=self._spelling(),
            remedy="put the frame number into the name, for example out.####.exr",
        )

    def _spelling(self) -> str:
        """The name as a user knows it, for messages."""
        return self.pattern if self.only is None else str(self.path(self.only))

    def _names(self) -> list[str]:
        try:
            return [entry.name for entry in self.folder.iterdir()]
        except (FileNotFoundError, NotADirectoryError):
            return []
        except OSError as error:
            raise InputError(f"the folder cannot be listed ({error.strerror})", where=self.folder) from error

    def _whereabouts(self) -> str:
        """What lies where the sequence was looked for, for an error message."""
        if not self.folder.is_dir():
            return f"there is no folder {self.folder}"
        names = sorted(name for name in self._names() if not name.startswith("."))
        if not names:
            return f"the folder {self.folder} is empty"
        folders = {name for name in names if (self.folder / name).is_dir()}
        files = [name for name in names if name not in folders]
        groups = FileSequence.yield_sequences_in_list(files, pad_style=PAD_STYLE_HASH1)
        shown = sorted([*folders, *map(_spell_group, groups)])
        more = f" and {len(shown) - _SHOWN_NEIGHBORS} more" if len(shown) > _SHOWN_NEIGHBORS else ""
        return f"the folder {self.folder} has {', '.join(shown[:_SHOWN_NEIGHBORS])}{more}"


def check_goes_down(output: Path) -> None:
    """Check that no ``..`` is in the name of what is to be written: behind a link it leads where nobody meant.

    Raises:
        SettingsError: there is, and which name to give.
    """
    if (place := without_upwards(output)) != output:
        raise SettingsError("an output path may not go up with '..'", where=output, remedy=f"give {place}")


def without_upwards(path: Path) -> Path:
    """The same place, named without ``..``; a path that has none as it is."""
    return Path(os.path.realpath(path)) if ".." in path.parts else path


def spell_frames(frames: Iterable[int]) -> str:
    """Frame numbers as ranges: ``1001-1005,1009``."""
    return str(FrameSet.framesToFrameRange(frames, sort=True))


def _spell_group(group: FileSequence) -> str:
    """Files that differ in their number: ``plate.####.exr (1001-1005)``; one by itself by its name."""
    frames = group.frameSet()
    if frames is None or len(frames) == 1:
        return str(group[0])
    return f"{group.basename()}{group.padding()}{group.extension()} ({spell_frames(map(int, frames))})"


def _read_name(name: str) -> FileSequence | None:
    try:
        return FileSequence(name, pad_style=PAD_STYLE_HASH1, allow_subframes=False)
    except ParseException:
        return None

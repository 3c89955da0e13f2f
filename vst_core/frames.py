"""Frame ranges."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from vst_core.errors import SettingsError

_RANGE = re.compile(r"\s*(-?\d{1,99})(?:\s*-\s*(-?\d{1,99}))?\s*")  # of thousands of digits Python makes no number


def counted(count: int, what: str) -> str:
    """For people: one of it, or several."""
    return f"{count} {what}{'s' if count != 1 else ''}"


@dataclass(frozen=True, slots=True)
class FrameRange:
    """A run of consecutive frames, both ends included. Frame numbers may be negative."""

    first: int
    last: int

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise SettingsError(
                f"the range {self.first}-{self.last} ends before it starts",
                where="frames",
                remedy="give it as FIRST-LAST, for example 1001-1100",
            )

    @classmethod
    def parse(cls, text: str) -> FrameRange:
        """Read ``"1001-1100"`` or ``"1001"``; ``"-5--1"`` is -5 to -1.

        Raises:
            SettingsError: the text is not a range. Steps are refused: temporal coherence needs every frame.
        """
        match = _RANGE.fullmatch(text)
        if match is None:
            raise SettingsError(
                f"{text!r} is not a range of consecutive frames",
                where="frames",
                remedy="give it as FIRST-LAST, for example 1001-1100",
            )
        first = int(match[1])
        return cls(first, first if match[2] is None else int(match[2]))

    def __iter__(self) -> Iterator[int]:
        return iter(range(self.first, self.last + 1))

    def __len__(self) -> int:
        return self.last - self.first + 1

    def __contains__(self, frame: object) -> bool:
        return isinstance(frame, int) and self.first <= frame <= self.last

    def __str__(self) -> str:
        return str(self.first) if self.first == self.last else f"{self.first}-{self.last}"

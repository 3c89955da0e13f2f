"""What is wrong with a shot, as people and programs are told of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Literal

from vst_core.sequence import spell_frames

Check = Literal["manifest", "complete", "content", "decode", "finite", "window", "channels", "chain"]
"""What was looked at, when something was found:

manifest: every frame is recorded, and every record is of a frame. complete: no frame is missing. content: the file has
the bytes that were written. decode: it can be read whole. finite: colour and alpha have neither NaN nor infinity.
window, channels: they are those that were written. chain: every frame was made from the one before it.
"""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong.

    Attributes:
        check: what was looked at.
        what: what is wrong, a phrase without a full stop.
        frame: with which frame; None for the shot.
        where: the file.
    """

    check: Check
    what: str
    frame: int | None
    where: str

    @property
    def missing(self) -> bool:
        """Whether it is only that a frame is not there."""
        return self.check == "complete"


@dataclass(frozen=True, slots=True)
class Group:
    """The same thing wrong with several frames.

    Attributes:
        check: what was looked at.
        what: what is wrong.
        frames: with which frames, as ``1001-1005,1009``; empty for the shot.
        where: the first file.
    """

    check: Check
    what: str
    frames: str
    where: str

    def __str__(self) -> str:
        several = any(mark in self.frames.removeprefix("-") for mark in "-,")
        frames = f"frame{'s' if several else ''} {self.frames}, " if self.frames else ""
        return f"{frames}{self.where}: {self.what}"

    def as_dict(self) -> dict[str, Any]:
        """Plain data, for JSON."""
        return asdict(self)


def grouped(findings: Iterable[Finding]) -> list[Group]:
    """What several frames have is said once."""
    alike: dict[tuple[Check, str], list[Finding]] = {}
    for finding in findings:
        alike.setdefault((finding.check, finding.what), []).append(finding)
    return [
        Group(check, what, spell_frames(each.frame for each in group if each.frame is not None), group[0].where)
        for (check, what), group in alike.items()
    ]

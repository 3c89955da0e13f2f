"""What is wrong with a shot, as people and programs are told of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Literal

from vst_core.sequence import spell_frames

Check = Literal[
    "manifest", "complete", "content", "decode", "finite", "window", "channels", "chain",
    "plate", "passed_on", "metadata", "motion", "flicker", "weights", "color_space",
]  # fmt: skip
"""What was looked at, when something was found:

manifest: every frame is recorded, and every record is of a frame. complete: no frame is missing, nor
its line in the manifest. content: the file has the bytes that were written. decode: it can be read whole. finite:
colour and alpha have neither NaN nor infinity. window, channels: they are those that were written, and those of the
plate. chain: every frame was made from the one before it.

Beside the plate: plate: it is there to compare with. passed_on: all that is no colour is the plate's to the bit.
metadata: none is lost. motion: enough of a frame follows the one before. flicker: it does so smoothly. weights: they
are proven. color_space: it is known.
"""

_MADE_AGAIN = ("content", "decode", "finite", "window", "channels", "chain", "passed_on", "metadata")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong.

    Attributes:
        check: what was looked at.
        what: what is wrong, a phrase without a full stop.
        frame: with which frame; None for the shot.
        where: the file.
        value: how much of it, where it can be measured.
    """

    check: Check
    what: str
    frame: int | None
    where: str
    value: float | None = None

    @property
    def missing(self) -> bool:
        """Whether it is only that a frame is not there, or not yet in the manifest."""
        return self.check == "complete"

    @property
    def mends(self) -> bool:
        """Whether it is of a frame that comes out right when it is made again."""
        return self.check in _MADE_AGAIN


@dataclass(frozen=True, slots=True)
class Group:
    """The same thing wrong with several frames.

    Attributes:
        check: what was looked at.
        what: what is wrong.
        frames: with which frames, as ``1001-1005,1009``; empty for the shot.
        where: the first file.
        value: how much of it at worst, where it can be measured.
    """

    check: Check
    what: str
    frames: str
    where: str
    value: float | None = None

    def __str__(self) -> str:
        several = any(mark in self.frames.removeprefix("-") for mark in "-,")
        where = [f"frame{'s' if several else ''} {self.frames}"] if self.frames else []
        where += [self.where] if self.where else []
        worst = "" if self.value is None else f" ({self.value:.3f} at worst)"
        return f"{', '.join(where)}: {self.what}{worst}" if where else f"{self.what}{worst}"

    def as_dict(self) -> dict[str, Any]:
        """Plain data, for JSON."""
        return {"message": str(self), **asdict(self)}


def in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """By frame; those of the whole shot come last."""
    return tuple(sorted(findings, key=lambda each: (each.frame is None, each.frame or 0)))


def grouped(findings: Iterable[Finding]) -> list[Group]:
    """What several frames have is said once."""
    alike: dict[tuple[Check, str], list[Finding]] = {}
    for finding in findings:
        alike.setdefault((finding.check, finding.what), []).append(finding)
    return [_group(check, what, group) for (check, what), group in alike.items()]


def _group(check: Check, what: str, group: list[Finding]) -> Group:
    frames = [each.frame for each in group if each.frame is not None]
    values = [each.value for each in group if each.value is not None]
    return Group(check, what, spell_frames(frames) if frames else "", group[0].where, max(values, default=None))

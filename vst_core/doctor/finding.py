"""One thing that was looked at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from vst_core.errors import ExitCode, VstError

State = Literal["ok", "note", "wrong"]


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found.

    Attributes:
        subject: what was looked at.
        text: what was seen, a phrase.
        state: ``wrong`` stops a render, ``note`` may be as it should.
        remedy: what to do; empty where there is nothing to do.
        exit_code: of a render that meets it.
    """

    subject: str
    text: str
    state: State = "ok"
    remedy: str = ""
    exit_code: ExitCode = ExitCode.OK

    @classmethod
    def wrong(cls, subject: str, error: VstError) -> Finding:
        """What an error says."""
        text = f"{error.where}: {error.what}" if error.where else error.what
        return cls(subject, " ".join(text.split()), "wrong", error.remedy, error.exit_code)

    def as_dict(self) -> dict[str, object]:
        """As JSON has it."""
        values = {"subject": self.subject, "state": self.state, "text": self.text}
        return values | {"remedy": self.remedy, "exit_code": int(self.exit_code)}

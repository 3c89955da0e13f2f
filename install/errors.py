"""What can go wrong, as one line with the exit code of ``vst``."""

from __future__ import annotations

from pathlib import Path

USAGE, INPUT, OUTPUT = 2, 3, 4


class InstallError(Exception):
    """Base of what is raised on purpose.

    Args:
        what: what went wrong, a phrase without a full stop.
        where: the file, folder or option it concerns.
        remedy: what the user can do.
        exit_code: 2 for an argument, 3 for something that is not there, 4 for something that cannot be written.
    """

    def __init__(self, what: str, *, where: str | Path = "", remedy: str = "", exit_code: int = INPUT) -> None:
        self.exit_code = exit_code
        parts = [f"{where}: {what}" if str(where) else what]
        if remedy:
            parts.append(remedy)
        super().__init__(" ".join("; ".join(parts).split()))

"""The errors a user can meet: what went wrong, where, and what to do about it.

Every error is one line and carries the exit code that the command line returns for it.
"""

from __future__ import annotations

from enum import IntEnum
from pathlib import Path

# What torch, CUDA's libraries and OpenCV say where they get no memory. The word alone is not enough: "an illegal memory
# access" is another matter.
_NO_MEMORY = (
    "out of memory",
    "not enough memory",
    "allocate memory",
    "ALLOC_FAILED",
    "ALLOCATION_FAILED",
    "Insufficient memory",
)


class ExitCode(IntEnum):
    """Exit codes of every ``vst`` command."""

    OK = 0
    INTERNAL = 1
    USAGE = 2
    INPUT = 3
    OUTPUT = 4
    MODEL = 5
    PARTIAL = 6
    INTERRUPTED = 130
    TERMINATED = 143


class VstError(Exception):
    """Base of every error raised on purpose.

    Args:
        what: what went wrong, a phrase without a full stop.
        where: the file, frame, option or channel it concerns.
        remedy: what the user can do.
    """

    exit_code: ExitCode = ExitCode.INTERNAL

    def __init__(self, what: str, *, where: str | Path = "", remedy: str = "") -> None:
        self.what = what
        self.where = str(where)
        self.remedy = remedy
        parts = [f"{self.where}: {what}" if self.where else what]
        if remedy:
            parts.append(remedy)
        super().__init__(" ".join("; ".join(parts).split()))


class SettingsError(VstError):
    """A setting or an argument is unknown, out of range, or contradicts another (exit code 2)."""

    exit_code = ExitCode.USAGE


class InputError(VstError):
    """A plate, flow field or style image is missing, unreadable or unsuitable (exit code 3)."""

    exit_code = ExitCode.INPUT


class OutputError(VstError):
    """A result could not be written and proven readable (exit code 4)."""

    exit_code = ExitCode.OUTPUT


class ModelError(VstError):
    """Weights are missing, corrupt or of another network, or a device is unusable (exit code 5)."""

    exit_code = ExitCode.MODEL


class JobError(VstError):
    """Something failed in another process, with the exit code that it would have here."""

    def __init__(self, what: str, exit_code: ExitCode, *, remedy: str = "") -> None:
        super().__init__(what, remedy=remedy)
        self.exit_code = exit_code


class Cancelled(Exception):  # noqa: N818 - it is no error, it is the user's wish
    """Raised by a progress callback to stop a frame in the middle."""


def is_out_of_memory(error: Exception) -> bool:
    """Whether memory was lacking, the machine's or a card's: for that, libraries have errors of many classes."""
    return isinstance(error, MemoryError) or any(words in str(error) for words in _NO_MEMORY)

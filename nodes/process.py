"""The worker's process: its beginning, its end, and what can be said about it then."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from .errors import WorkerError

_TAIL = 8192
_LONGEST = 300
_OWN = "vst: "
_NO_WINDOW = 0x08000000  # of Windows: no console pops up


def start_process(command: Sequence[str], log: Path, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    """Start a program with pipes to its input and output, its errors in a log.

    It is in a session of its own: Ctrl-C in the host's terminal is for the host.

    Raises:
        WorkerError: it cannot be started.
    """
    options: dict[str, Any] = {"creationflags": _NO_WINDOW} if os.name == "nt" else {"start_new_session": True}
    pipe = subprocess.PIPE
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as errors:
            return subprocess.Popen(  # noqa: S603 - the program that the artist chose
                list(command), bufsize=0, stdin=pipe, stdout=pipe, stderr=errors, env=dict(environment), **options
            )
    except OSError as error:
        what = error.strerror or type(error).__name__
        raise WorkerError(f"the worker cannot be started ({what}: {error.filename or command[0]})") from None


def end_process(process: subprocess.Popen[bytes], patience: float) -> None:
    """End a process, politely and then for certain; waits for it, so many seconds each time."""
    for end in (process.terminate, process.kill):
        if process.poll() is None:
            end()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(patience)
            return


def spell_exit(code: int) -> str:
    """How a process ended, by its exit code as ``subprocess`` gives it."""
    if code >= 0:
        return f"stopped with exit code {code}"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    return f"was killed ({name}{', perhaps because memory ran out' if name == 'SIGKILL' else ''})"


def last_words(log: Path, start: int, *, any_line: bool) -> str:
    """The error that a worker left in its log, as ``: ...``; empty where there is none.

    Args:
        log: its log.
        start: byte at which its part of the log begins.
        any_line: take its last line where it left no error.
    """
    try:
        with log.open("rb") as file:
            file.seek(max(start, log.stat().st_size - _TAIL))
            lines = file.read().decode("utf-8", "replace").splitlines()
    except OSError:
        return ""
    said = [line.strip() for line in lines if line.strip()]
    own = [line[len(_OWN) :] for line in said if line.startswith(_OWN)]  # libraries may talk on after it
    words = own[-1:] or (said[-1:] if any_line else [])
    return f": {words[0][:_LONGEST]}" if words else ""


def size_of(file: Path) -> int:
    """Bytes of a file; 0 where there is none."""
    return file.stat().st_size if file.exists() else 0

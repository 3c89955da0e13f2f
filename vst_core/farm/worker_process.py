"""A ``vst worker`` of one's own: a process that renders one job after the other and keeps its network in between."""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterable
from typing import Any

from vst_core.errors import ExitCode

Event = dict[str, Any]
Hear = Callable[["WorkerProcess", Event | None], None]

LAST_EVENTS = ("done", "error", "cancelled")
"""A job's last event is one of these."""

VST = (sys.executable, "-P", "-m", "vst_core.cli")
"""This very ``vst``; without ``-P`` a file in the current folder could stand in for a module."""

_PATIENCE = 60.0
"""Seconds that a worker may take to give up the frame at work and to finish those being written."""


class WorkerProcess:
    """A worker, in a process group of its own: what stops its parent is not meant for it.

    Args:
        hear: called with every event, from a thread, and at last with None, once the worker is gone.
    """

    def __init__(self, hear: Hear) -> None:
        self._log = tempfile.TemporaryFile(prefix="vst-worker-")  # noqa: SIM115 - lives as long as the worker
        pipe = subprocess.PIPE
        command = [*VST, "worker"]
        self._process = subprocess.Popen(  # noqa: S603 - our own command, and no shell
            command, stdin=pipe, stdout=pipe, stderr=self._log, start_new_session=True
        )
        self._at_work = False
        self._listening = threading.Thread(target=self._listen, args=(hear,), daemon=True, name="vst-listen")
        self._listening.start()

    @property
    def pid(self) -> int:
        """Its process."""
        return self._process.pid

    def greet(self) -> None:
        """Ask what it is; the event ``hello`` says so."""
        self._send(request="hello")

    def render(self, job: str, settings: dict[str, Any]) -> None:
        """Ask for a render; whether it comes to one, the events tell."""
        self._send(request="render", job=job, settings=settings)

    def cancel(self, job: str) -> None:
        """Ask for the end of a job; its last event is still to come."""
        self._send(request="cancel", job=job)

    def shut_down(self) -> None:
        """Ask for the end; frames that are being written are finished. While it loads, nothing is lost by less ado."""
        if not self._at_work:
            self._process.kill()
        self._send(request="shutdown")

    def kill(self) -> None:
        """End it at once."""
        self._process.kill()

    def epitaph(self) -> tuple[str, ExitCode]:
        """Why it is gone, and what exit code that amounts to."""
        code = self._process.wait()
        how = f"exit code {code}" if code >= 0 else signal.Signals(-code).name  # Windows has no such signals
        if how == "SIGKILL":
            return "the worker was killed, perhaps because memory ran out", ExitCode.MODEL
        return f"the worker ended with {how}{self._last_words()}", ExitCode.INTERNAL

    def _last_words(self) -> str:
        self._log.seek(0)
        lines = self._log.read()[-4000:].decode(errors="replace").split("\n")
        last = next((line.strip() for line in reversed(lines) if line.strip()), "")
        return f" ({last})" if last else ""

    def _forget(self) -> None:
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):
            self._process.stdin.close()
        self._log.close()

    def _send(self, **request: Any) -> None:
        with contextlib.suppress(OSError, ValueError):  # it is gone, which is heard of elsewhere
            assert self._process.stdin is not None
            self._process.stdin.write(json.dumps(request).encode("ascii") + b"\n")
            self._process.stdin.flush()

    def _listen(self, hear: Hear) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as lines:
            for line in lines:
                self._at_work = True
                with contextlib.suppress(ValueError):  # cut off by its end
                    hear(self, json.loads(line))
        self._process.wait()
        hear(self, None)


def close_all(workers: Iterable[WorkerProcess]) -> None:
    """End workers, all at once, and wait for them; whoever does not comply in time is killed."""
    workers = list(workers)
    try:
        for worker in workers:
            worker.shut_down()
        for worker in workers:
            with contextlib.suppress(subprocess.TimeoutExpired):
                worker._process.wait(_PATIENCE)
    finally:  # also where the user does not want to wait any longer
        for worker in workers:
            worker._process.kill()
            worker._process.wait()
            worker._listening.join()
            worker._forget()

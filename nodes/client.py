"""The host's end of a worker: starts it, gives it jobs, hears from it, and gets rid of it.

Nothing here blocks but ``close``. A host calls ``take`` now and then, from a timer or a thread of its own; whatever
happens to the worker arrives there as the last event of its jobs.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import threading
import time
import uuid
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .environment import scrubbed
from .errors import WorkerError
from .pipes import Event, Pipes
from .process import end_process, last_words, size_of, spell_exit, start_process

PROTOCOL = 1
"""The worker's protocol that this client speaks."""
LAST_EVENTS = ("done", "error", "cancelled")
_INTERNAL = 1


@dataclass(frozen=True)
class Patience:
    """Seconds after which something is done about a worker.

    Attributes:
        start: that it may take to load the engine.
        silence: without a sign of life, while it has a job.
        cancel: between the wish to end a job, or the worker, and the end of the process.
        terminate: between the polite end of the process and the certain one.
    """

    start: float = 180.0
    silence: float = 60.0
    cancel: float = 15.0
    terminate: float = 5.0


class Client:
    """A worker process and its jobs.

    Args:
        command: starts the worker.
        log: file that the worker's log is appended to.
        variables: environment variables for the worker, beside those of the host that do it no harm.
        patience: how long what may take.

    Attributes:
        greeting: what the worker said about itself; None until it has started.
        epitaph: why there is no worker any more; None while there is.

    Raises:
        WorkerError: the worker cannot be started.
    """

    def __init__(
        self,
        command: Sequence[str],
        log: Path,
        variables: Mapping[str, str] | None = None,
        patience: Patience = Patience(),
    ) -> None:
        self.greeting: Event | None = None
        self.epitaph: str | None = None
        self._log, self._patience = log, patience
        self._open: dict[str, float | None] = {}  # jobs that are not over, and when a cancelled one has to be
        self._boxes: dict[str, deque[Event]] = {}
        self._log_start = size_of(log)
        self._process = start_process(command, log, {**scrubbed(os.environ), **(variables or {})})
        self._pipes = Pipes(self._process, self._write_to_log)
        self._pumped = self._started = time.monotonic()
        self._pipes.send({"request": "hello"})

    @property
    def pid(self) -> int:
        """The worker's process."""
        return self._process.pid

    def submit(self, request: str, settings: Mapping[str, Any]) -> str:
        """Ask for a job: ``render``, ``check`` or ``test``. The worker does one after the other.

        Returns:
            The job's name, under which ``take`` has its events.

        Raises:
            WorkerError: there is no worker any more.
        """
        self.pump()
        if self.epitaph is not None:
            raise WorkerError(self.epitaph)
        job = uuid.uuid4().hex
        if not self._open:
            self._pipes.heard = time.monotonic()  # without work it had nothing to say
        self._pipes.send({"request": request, "job": job, "settings": dict(settings)})
        self._open[job], self._boxes[job] = None, deque()
        return job

    def take(self, job: str) -> list[Event]:
        """The events of a job since the last call; the last of them is one of ``LAST_EVENTS``."""
        self.pump()
        box = self._boxes.get(job, deque())
        events = list(box)
        box.clear()
        if job not in self._open:
            self._boxes.pop(job, None)
        return events

    def cancel(self, job: str) -> None:
        """Ask for the end of a job. A worker that does not comply is ended itself."""
        if job in self._open and self._open[job] is None:
            self._open[job] = time.monotonic() + self._patience.cancel
            self._pipes.send({"request": "cancel", "job": job})

    def close(self) -> None:
        """End the worker. Waits for that, in the worst case ``cancel`` and ``terminate`` seconds."""
        if self.epitaph is None:
            self._bury("the worker was closed")
            self._pipes.send({"request": "shutdown"})
            self._pipes.close_input()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(self._patience.cancel)
        end_process(self._process, self._patience.terminate)

    def pump(self) -> None:
        """Hear what has arrived; ``submit`` and ``take`` do so themselves."""
        if self.epitaph is None:
            over = self._pipes.closed  # before the rest is read, or the last words would be missed
            for event in self._pipes.received():
                self._receive(event)
            self._watch(over)

    def _receive(self, event: Event) -> None:
        job = event.get("job")
        if event["event"] == "hello":
            self.greeting = event
            if event.get("protocol") != PROTOCOL:
                version = event.get("version")
                what = f"is of version {version} and does not match this node"
                self._give_up(f"{what}; install both from the same release")
        elif job in self._open:
            self._boxes[job].append(event)
            if event["event"] in LAST_EVENTS:
                del self._open[job]
        elif event["event"] == "error":
            self._write_to_log(str(event.get("message")).encode())

    def _watch(self, over: float | None) -> None:
        now, patience = time.monotonic(), self._patience
        if now - self._pumped > patience.silence:  # the machine slept, and so did the worker
            self._pipes.heard = now
        self._pumped = now
        if self.epitaph is not None:
            return
        if over is not None:
            code = self._process.poll()
            if code is not None:
                spelt, words = spell_exit(code), last_words(self._log, self._log_start, any_line=self.greeting is None)
                self._bury(f"the worker {spelt}{words}; its log is {self._log}", code if code > 0 else 128 - code)
            elif now - over > patience.terminate:
                self._give_up("has gone silent")
        elif any(end is not None and now > end for end in self._open.values()):
            self._give_up("did not stop its job and was ended")
        elif self.greeting is None and now - self._started > patience.start:
            self._give_up(f"has not started within {patience.start:g} s")
        elif self._open and self.greeting and now - self._pipes.heard > patience.silence:
            self._give_up(f"gave no sign of life for {patience.silence:g} s and was ended")

    def _give_up(self, what: str) -> None:
        self._bury(f"the worker {what}; its log is {self._log}")
        self._pipes.close_input()
        end = threading.Thread(target=end_process, args=(self._process, self._patience.terminate), daemon=True)
        end.start()

    def _bury(self, epitaph: str, code: int = _INTERNAL) -> None:
        self.epitaph = epitaph
        for job, end in self._open.items():
            error = {"event": "error", "job": job, "message": epitaph, "exit_code": code}
            self._boxes[job].append(error if end is None else {"event": "cancelled", "job": job})
        self._open.clear()

    def _write_to_log(self, line: bytes) -> None:
        try:
            with self._log.open("ab") as log:
                log.write(b"client: " + line.strip()[:1000] + b"\n")
        except OSError:  # a log that cannot be written must not stop a render
            return

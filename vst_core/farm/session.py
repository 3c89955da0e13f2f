"""A session on a machine of a farm: one worker that stays while tasks come and go, so that its network is loaded once.

It runs in the background. How to reach it stands in a file, and it lives as long as that file does: a farm that removes
a session's folder ends it, and so does a long time without a task.
"""

from __future__ import annotations

import contextlib
import json
import os
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, Listener
from pathlib import Path
from queue import SimpleQueue
from secrets import token_bytes

from vst_core.atomic_file import write_atomically
from vst_core.errors import ExitCode, ModelError
from vst_core.farm.worker_process import LAST_EVENTS, Event, WorkerProcess, close_all

IDLE_SECONDS = 900.0
"""After so long without a task a session ends: that of a farm which was killed must not hold its memory for ever."""
_LOOK_SECONDS = 0.5


def serve(contact: Path) -> None:
    """Run a session until it is told to stop, its file is removed, or no task comes any more.

    Args:
        contact: the file, written once the worker has loaded: ``address`` and ``key`` of the session, its ``pid``, and
            the worker's ``version``. It is for this user alone.

    Raises:
        ModelError: the worker does not start.
        OutputError: the file cannot be written.
    """
    session = _Session()
    key = token_bytes(32)
    try:
        greeting = session.greet()
        with _listener(key) as listener:
            found = {"address": listener.address, "key": key.hex(), "pid": os.getpid(), "version": greeting["version"]}
            _write(contact, found)
            threading.Thread(target=session.accept, args=(listener,), daemon=True, name="vst-accept").start()
            while contact.exists() and not session.stopped.wait(_LOOK_SECONDS):
                if time.monotonic() - session.busy_until > IDLE_SECONDS:
                    break
    finally:
        session.close()
        contact.unlink(missing_ok=True)


def _listener(key: bytes) -> Listener:
    try:
        return Listener(authkey=key)
    except OSError:  # the folder for temporary files, on a farm, may have too long a name for a socket
        return Listener(("127.0.0.1", 0), authkey=key)


def _write(contact: Path, values: Event) -> None:
    def write(path: Path) -> None:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            json.dump(values, file)

    write_atomically(contact, write, lambda _: None)


@dataclass(slots=True)
class _Session:
    """Tasks, one after the other, for whoever connects."""

    busy_until: float = field(default_factory=time.monotonic)
    stopped: threading.Event = field(default_factory=threading.Event)
    _worker: WorkerProcess | None = None
    _heard: SimpleQueue[Event | None] = field(default_factory=SimpleQueue)
    _tasks: int = 0

    def greet(self) -> Event:
        """Start the worker and hear what it says of itself.

        Raises:
            ModelError: it ends before.
        """
        self._heard = heard = SimpleQueue[Event | None]()
        self._worker = worker = WorkerProcess(lambda _, event: heard.put(event))
        worker.greet()
        greeting = heard.get()
        if greeting is None:
            raise ModelError(worker.epitaph()[0], where="vst worker")
        return greeting

    def close(self) -> None:
        """End the worker; a task at work keeps the frames that are done."""
        if self._worker is not None:
            close_all([self._worker])

    def accept(self, listener: Listener) -> None:
        """Runs in a thread of its own, which ends with the process."""
        while True:
            with contextlib.suppress(Exception), listener.accept() as connection:  # it may break off at any moment
                request = json.loads(connection.recv_bytes())
                if "settings" in request:
                    self._render(connection, request["settings"])
                self.stopped.set() if request.get("stop") else None

    def _render(self, connection: Connection, settings: Event) -> None:
        self.busy_until = float("inf")
        if self._worker is None:
            self.greet()
        assert self._worker is not None
        self._tasks += 1
        job = str(self._tasks)
        self._worker.render(job, settings)
        wanted = True
        for event in self._events(job):
            # The worker says something every second, which is how soon a task that is not wanted any more ends.
            if wanted and not _tell(connection, event):
                self._worker.cancel(job)
                wanted = False
            if event["event"] in LAST_EVENTS:
                break
        self.busy_until = time.monotonic()

    def _events(self, job: str) -> Iterator[Event]:
        while (event := self._heard.get()) is not None:
            if event.get("job") == job:
                yield event
        assert self._worker is not None
        message, code = self._worker.epitaph()
        self.close()
        self._worker = None  # the next task gets another one
        yield {"event": "error", "job": job, "message": message, "exit_code": int(code or ExitCode.INTERNAL)}


def _tell(connection: Connection, event: Event) -> bool:
    """Pass an event on; whether the task is still wanted at the other end."""
    try:
        connection.send_bytes(json.dumps(event).encode("ascii"))
        return not connection.poll()  # whoever says anything, or nothing ever again, wants its end
    except OSError:
        return False

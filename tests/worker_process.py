"""A real ``vst worker`` and what it says, line by line; every wait has an end."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from small_shot import COMMAND_LINE, SmallShot

from vst_core import RenderSettings

Event = dict[str, Any]
LAST = ("done", "error", "cancelled")
PATIENCE = 120.0
"""Seconds after which nothing will come any more, on the busiest machine."""


class WorkerProcess:
    """A worker, spoken to in raw lines.

    Args:
        program: Python that runs before it starts.
    """

    def __init__(self, program: str = "") -> None:
        command = [sys.executable, "-c", f"{textwrap.dedent(program)}\n{COMMAND_LINE}", "worker"]
        pipe = subprocess.PIPE
        self.child = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, bufsize=0)
        self.log: list[str] = []
        self._lines: SimpleQueue[bytes] = SimpleQueue()
        self._threads = [threading.Thread(target=work) for work in (self._listen, self._keep_log)]
        for thread in self._threads:
            thread.start()

    def _listen(self) -> None:
        assert self.child.stdout is not None
        with os.fdopen(os.dup(self.child.stdout.fileno()), "rb") as stream:
            for line in stream:
                self._lines.put(line)
        self._lines.put(b"")

    def _keep_log(self) -> None:
        assert self.child.stderr is not None
        with os.fdopen(os.dup(self.child.stderr.fileno()), "rb") as stream:
            self.log.extend(line.decode() for line in stream)

    def send(self, data: bytes) -> None:
        """Send bytes as they are."""
        assert self.child.stdin is not None
        left = memoryview(data)
        while left:
            left = left[self.child.stdin.write(left) :]

    def ask(self, request: str, **values: Any) -> None:
        """Send a request; settings may be a model."""
        settings = values.get("settings")
        if isinstance(settings, RenderSettings):
            values["settings"] = settings.model_dump(mode="json")
        self.send(json.dumps({"request": request} | values).encode() + b"\n")

    def event(self) -> Event:
        """The next event; every line of the worker's output has to be one."""
        line = self._lines.get(timeout=PATIENCE)
        assert line, "it said no more; its log: " + "".join(self.log)
        event = json.loads(line)
        assert isinstance(event["event"], str)
        return dict(event)

    def until(self, *names: str) -> list[Event]:
        """Events up to the first that has one of these names, without the heartbeats before it."""
        events: list[Event] = []
        end = time.monotonic() + PATIENCE
        while not events or events[-1]["event"] not in names:
            assert time.monotonic() < end, events
            event = self.event()
            if event["event"] != "heartbeat" or "heartbeat" in names:
                events.append(event)
        return events

    def rest(self) -> list[Event]:
        """All that it says until it ends."""
        events = []
        while line := self._lines.get(timeout=PATIENCE):
            events.append(json.loads(line))
        return events

    def end(self) -> int:
        """Its exit code, once it has ended by itself."""
        code = self.child.wait(PATIENCE)
        for thread in self._threads:
            thread.join()
        return code

    def close_input(self) -> None:
        assert self.child.stdin is not None
        self.child.stdin.close()


@contextmanager
def worker_process(program: str = "") -> Iterator[WorkerProcess]:
    """A worker that is gone afterwards."""
    worker = WorkerProcess(program)
    try:
        yield worker
    finally:
        worker.child.kill()
        worker.end()
        for pipe in (worker.child.stdin, worker.child.stdout, worker.child.stderr):
            assert pipe is not None
            pipe.close()


def endless(shot: SmallShot, output: Path) -> RenderSettings:
    """Settings of a render that is never over, in steps so small that it can be stopped at any moment."""
    steps: dict[str, Any] = {"optimization__iterations": 100_000, "optimization__style_loss": "gram"}
    return shot.settings(output, scale=0.25, **steps)


def is_running(process: int) -> bool:
    """Whether a process is there and not a mere entry that nobody has asked for."""
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def wait_until_gone(process: int) -> None:
    """Raise if a process does not end; it is killed then."""
    for _ in range(int(PATIENCE * 20)):
        if not is_running(process):
            return
        time.sleep(0.05)
    os.kill(process, signal.SIGKILL)
    raise AssertionError(f"process {process} is still there")

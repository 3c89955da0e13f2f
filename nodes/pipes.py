"""The pipes of a child process, each with a thread, so that nothing a host does ever waits for the child."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from queue import SimpleQueue
from subprocess import Popen
from typing import Any, Callable

Event = dict[str, Any]
_BLOCK = 1 << 16


class Pipes:
    """Lines of JSON to and from a child.

    Args:
        process: started with unbuffered pipes for input and output.
        on_stray: told, in a thread, of a line that is no event.

    Attributes:
        heard: when the child last said something, in seconds of ``time.monotonic``.
        closed: when the child closed its output; None as long as it has not.
    """

    def __init__(self, process: Popen[bytes], on_stray: Callable[[bytes], None]) -> None:
        self.heard = time.monotonic()
        self.closed: float | None = None
        self._process, self._on_stray = process, on_stray
        self._received: SimpleQueue[Event] = SimpleQueue()
        self._to_send: SimpleQueue[bytes | None] = SimpleQueue()
        # Nobody waits for daemons: a host can quit at any time, and the pipes close with it.
        for work in (self._read, self._write):
            threading.Thread(target=work, name=f"vst{work.__name__}", daemon=True).start()

    def send(self, message: Event) -> None:
        """Send an object soon."""
        self._to_send.put(json.dumps(message, allow_nan=False).encode("ascii") + b"\n")

    def close_input(self) -> None:
        """Close the child's input once all is sent."""
        self._to_send.put(None)

    def received(self) -> Iterator[Event]:
        """What has arrived since."""
        while not self._received.empty():  # nobody else takes from it
            yield self._received.get()

    def _read(self) -> None:
        assert self._process.stdout is not None
        rest = b""
        with self._process.stdout as pipe:
            while True:
                try:
                    block = pipe.read(_BLOCK)
                except OSError:
                    block = b""
                if not block:
                    break
                self.heard = time.monotonic()
                *lines, rest = (rest + block).split(b"\n")
                for line in lines:
                    self._understand(line)
        if rest:
            self._on_stray(rest)
        self.closed = time.monotonic()

    def _understand(self, line: bytes) -> None:
        try:
            event = json.loads(line)
        except ValueError:
            event = None
        if isinstance(event, dict) and isinstance(event.get("event"), str):
            self._received.put(event)
        else:
            self._on_stray(line)

    def _write(self) -> None:
        assert self._process.stdin is not None
        try:
            with self._process.stdin as pipe:
                while True:
                    data = self._to_send.get()
                    if data is None:
                        return
                    left = memoryview(data)
                    while left:
                        left = left[pipe.write(left) :]
        except OSError:  # the child is gone, which the other pipe tells
            return

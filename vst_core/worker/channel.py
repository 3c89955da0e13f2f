"""Lines of JSON between this process and its host, over descriptors that no library can print to or read from."""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Iterator
from typing import Any, Protocol

from vst_core.worker.protocol import LONGEST_LINE

_BLOCK = 1 << 16
_LONGEST_TEXT = 4000


class Emit(Protocol):
    """How the host is told; safe from any thread."""

    def __call__(self, event: str, **values: Any) -> None:
        """Tell it an event."""


class Channel:
    """The two pipes to the host.

    Args:
        source: descriptor that requests are read from.
        target: descriptor that events are written to.
    """

    def __init__(self, source: int, target: int) -> None:
        self._source, self._target = source, target
        self._lock = threading.Lock()
        self.gone = threading.Event()
        """Set once the host no longer listens."""

    @classmethod
    def take_over(cls) -> Channel:
        """Make standard input and output the channel's own. What else is printed goes to standard error from now on."""
        source, target = os.dup(0), os.dup(1)
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.close(nothing)
        os.dup2(2, 1)
        sys.stdout.flush()  # what was printed before, and is not the host's
        return cls(source, target)

    def emit(self, event: str, **values: Any) -> None:
        """Write one event; texts beyond all measure are cut. Without a listener nothing happens."""
        cut = {name: _cut(value) for name, value in values.items()}
        left = memoryview((json.dumps({"event": event} | cut) + "\n").encode("ascii"))
        with self._lock:
            try:
                while left and not self.gone.is_set():
                    left = left[os.write(self._target, left) :]
            except OSError:
                self.gone.set()

    def lines(self) -> Iterator[bytes]:
        """The lines of the input, each with its end, until there are no more.

        A last line without an end comes as it is. Of a line that is too long only the first part comes, so that no
        input fills the memory.
        """
        line = bytearray()
        while block := self._read():
            for piece in block.splitlines(keepends=True):
                line += piece[: max(0, LONGEST_LINE + 1 - len(line))]
                if piece.endswith(b"\n"):
                    yield bytes(line)
                    line.clear()
        if line:
            yield bytes(line)

    def _read(self) -> bytes:
        try:
            return os.read(self._source, _BLOCK)
        except OSError:
            return b""


def _cut(value: Any) -> Any:
    return f"{value[:_LONGEST_TEXT]}…" if isinstance(value, str) and len(value) > _LONGEST_TEXT else value

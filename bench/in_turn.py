"""Timing processes against one another: each of them works while the others are stopped.

What is timed may keep threads at work behind its back, as a render does that reads ahead: they stop, too, and the
machine's drift meets all processes alike.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from typing import Any, NamedTuple


class Step(NamedTuple):
    """What a step took.

    Attributes:
        seconds: by the clock.
        processor: of all threads of the process.
    """

    seconds: float
    processor: float


class Worker:
    """A process of its own that goes through a generator, a step when it is told to, and stands still in between.

    Args:
        generator: a function of a module that gives it.
        arguments: for that.
        prepare: is called in the process before it.
    """

    def __init__(
        self, generator: Callable[..., Iterator[object]], *arguments: Any, prepare: Callable[[], object] | None = None
    ) -> None:
        self._told, there = multiprocessing.Pipe(duplex=False)
        context = multiprocessing.get_context("spawn")
        self._process = context.Process(target=_go, args=(there, generator, arguments, prepare), daemon=True)
        self._process.start()
        there.close()
        _, self._used = self._wait()

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.join()

    def step(self) -> Step:
        """Have the generator make its next step."""
        start = time.perf_counter()
        os.kill(self._process.pid or 0, signal.SIGCONT)
        end, used = self._wait()
        before, self._used = self._used, used
        return Step(end - start, used - before)

    def _wait(self) -> tuple[float, float]:
        used: float = self._told.recv()
        done = time.perf_counter()
        os.waitpid(self._process.pid or 0, os.WUNTRACED)
        return done, used


def _go(
    tell: Connection,
    generator: Callable[..., Iterator[object]],
    arguments: tuple[Any, ...],
    prepare: Callable[[], object] | None,
) -> None:
    if prepare is not None:
        prepare()
    _stop(tell)
    for _ in generator(*arguments):
        _stop(tell)


def _stop(tell: Connection) -> None:
    tell.send(time.process_time())
    os.kill(os.getpid(), signal.SIGSTOP)

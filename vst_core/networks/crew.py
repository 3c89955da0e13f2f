"""Threads that each compute a band by itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from threading import Barrier
from typing import TypeVar

import torch

T = TypeVar("T")
Band = tuple[int, int]

# Each has some maps of a band in memory.
_MOST = 8


class Crew:
    """Some threads, each at a band of its own, which take the next one when they are done.

    Threads that share an operation wait for one another at its end, thousands of times a frame: where something else
    wants a core for a while, a file being written or another program, all of them are as slow as the one on that core.
    Here the others go on.

    Args:
        threads: of the processor, in all; 1 computes in the caller's, which may have several of torch's own.

    Attributes:
        size: bands that are computed at a time.
    """

    def __init__(self, threads: int = 1) -> None:
        self.size = min(threads, _MOST)
        self._pool = _started(self.size, threads) if self.size > 1 else None

    def each(self, work: Callable[[int, int], T], bands: Sequence[Band]) -> list[T]:
        """Do something for every band.

        Args:
            work: takes the first row of a band and the last, exclusive. Gradients are not recorded.
            bands: in any order.

        Returns:
            What it gave for each, in the order of the bands.

        Raises:
            Exception: what ``work`` raised for the first band that it raised something for; no band is at work then.
        """
        if self._pool is None or len(bands) == 1:
            return [work(*band) for band in bands]
        without_gradients = torch.no_grad()(work)  # which each thread decides for itself
        futures = [self._pool.submit(without_gradients, *band) for band in bands]
        try:
            wait(futures)
        except BaseException:  # a user who stops it
            for future in futures:
                future.cancel()
            wait(futures)
            raise
        return [future.result() for future in futures]


def _started(size: int, threads: int) -> ThreadPoolExecutor:
    """A pool whose threads all run, each with its share of torch's.

    ``set_num_threads`` is meant for the thread that calls it and for all that begin later, which therefore must not
    begin before it was called here again.
    """

    def begin() -> None:
        torch.set_num_threads(threads // size)
        torch.get_num_threads()  # a thread first asks what is meant for all

    usual = torch.get_num_threads()
    pool = ThreadPoolExecutor(size, "vst-band", begin)
    ready = Barrier(size + 1)
    for _ in range(size):
        pool.submit(ready.wait)
    ready.wait()
    torch.set_num_threads(usual)
    return pool

"""What a render reads, one frame ahead of the method."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from vst_core.pipeline.footage import Footage, Input


class Inputs:
    """Reads frames of a shot, one ahead, in a thread of its own.

    Args:
        footage: the shot.
        frames: their numbers, up or down.
        lags: see ``Footage.read``.
    """

    def __init__(self, footage: Footage, frames: Iterable[int], lags: Sequence[int]) -> None:
        self._footage, self._frames, self._lags = footage, frames, lags
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="vst-read")

    def __enter__(self) -> Inputs:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(cancel_futures=True)

    def __iter__(self) -> Iterator[Input]:
        ahead: deque[Future[Input]] = deque()
        for frame in self._frames:  # on a resumed render the first one also reads those before it
            ahead.append(self._pool.submit(self._footage.read, frame, self._lags))
            if len(ahead) > 1:
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()

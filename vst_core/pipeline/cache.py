"""What one render leaves to the next in the same process."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

_Thing = TypeVar("_Thing")


class Slot:
    """Keeps one thing, with what made it what it is."""

    def __init__(self) -> None:
        self._key: tuple[object, ...] = ()
        self._thing: Any = None

    def keep(
        self, make: Callable[[], _Thing], *key: object, still_good: Callable[[_Thing], bool] = lambda _: True
    ) -> _Thing:
        """The thing that is kept, or another in its place.

        Args:
            make: makes it.
            key: all that decides what is made.
            still_good: whether what is kept can be used again.
        """
        if key != self._key or not still_good(self._thing):
            self.clear()  # two are never in memory, nor one that failed
            self._thing = make()
            self._key = key
        thing: _Thing = self._thing
        return thing

    def clear(self) -> None:
        """Forget it."""
        self._key, self._thing = (), None


class RenderCache:
    """Keeps what renders have in common, so that the next one need not load and find it again.

    Attributes:
        network: the network of the last render, for the next one with the same.
        footage: the last frames and their motion as a chunk saw them, for the chunk that goes on from it.
    """

    def __init__(self) -> None:
        self.network = Slot()
        self.footage = Slot()

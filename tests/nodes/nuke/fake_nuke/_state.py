"""What a running Nuke has besides its nodes; the tests set it up, and look at it."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


@dataclass
class State:
    """A running Nuke.

    Attributes:
        gui: whether it has a window.
        views: of the script.
        messages: what boxes were shown.
        printed: what was printed in the script editor.
        bars: titles, texts and percentages that progress bars showed.
        press_cancel: told how much a bar shows; True presses its button.
        cancel_dump: frame in whose writing the artist cancels Nuke's own rendering; None for none.
        cut_off: frame whose file is written incompletely, as on a full disk; None for none.
        written: frame, view and size of every file that a Write made.
        reads: how often Read nodes were reloaded.
        this: the node that a callback or a button is about.
    """

    gui: bool = True
    views: list[str] = field(default_factory=lambda: ["main"])
    messages: list[str] = field(default_factory=list)
    printed: list[str] = field(default_factory=list)
    bars: list[tuple[str, str, int]] = field(default_factory=list)
    press_cancel: Callable[[int], bool] = lambda _percent: False
    cancel_dump: int | None = None
    cut_off: int | None = None
    written: list[tuple[int, str, tuple[int, int]]] = field(default_factory=list)
    reads: int = 0
    this: Any = None
    group: Any = None
    root: Any = None
    on_destroy: list[tuple[Callable[[], Any], str]] = field(default_factory=list)
    on_close: list[Callable[[], Any]] = field(default_factory=list)
    menus: dict[str, Any] = field(default_factory=dict)
    to_do: deque[tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]] = field(default_factory=deque)

    @property
    def frame(self) -> int:
        """The current one."""
        return int(self.root["frame"]._value)


STATE = State()


def check_thread(what: str) -> None:
    """Nuke's nodes may only be touched in the main thread; anything else crashes it now and then."""
    if threading.current_thread() is not threading.main_thread():
        raise RuntimeError(f"{what} outside of the main thread")


def idle() -> None:
    """What the main thread does between the artist's deeds: what other threads asked for."""
    while STATE.to_do:
        call, arguments, named = STATE.to_do.popleft()
        call(*arguments, **named)

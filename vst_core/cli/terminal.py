"""A progress bar on a terminal, and lines above it; where there is no terminal, the lines alone."""

from __future__ import annotations

from typing import Any, Self

from rich.console import Console
from rich.progress import Progress, ProgressColumn


def new_bar(*columns: ProgressColumn, transient: bool = False) -> Progress:
    """A bar on standard error, which shows nothing where that is no terminal."""
    console = Console(stderr=True, highlight=False)
    return Progress(*columns, console=console, disable=not console.is_terminal, transient=transient)


class Terminal:
    """A bar of one row, and lines; a context, so that a terminal is left clean.

    Args:
        columns: of the bar.
        total: see ``Progress.add_task``.
        fields: what columns of one's own show at first.
    """

    def __init__(self, *columns: ProgressColumn, total: int | None = None, **fields: Any) -> None:
        self._bar = new_bar(*columns)
        self._row = self._bar.add_task("", total=total, **fields)
        self._is_terminal = self._bar.console.is_terminal

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._bar.stop()

    def _print(self, line: str) -> None:
        self._bar.console.print(line, soft_wrap=True, markup=False)

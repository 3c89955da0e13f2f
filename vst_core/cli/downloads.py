"""What a download says while it runs: a bar on a terminal, a line a file elsewhere."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

ErrorType = type[BaseException] | None


class DownloadReporter:
    """Told about files that are fetched; a context, so that a terminal is left clean."""

    def __init__(self) -> None:
        self._console = Console(stderr=True, highlight=False)
        columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
        self._bar = Progress(
            *columns, TimeRemainingColumn(), console=self._console, disable=not self._console.is_terminal
        )
        self._task = self._bar.add_task("", total=None)

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(self, kind: ErrorType, error: BaseException | None, at: TracebackType | None) -> None:
        self._bar.stop()

    def progress(self, name: str, got: int, size: int) -> None:
        """Move the bar."""
        self._bar.update(self._task, description=name, completed=got, total=size or None)

    def file(self, path: Path, *, fetched: bool) -> None:
        """A file is there."""
        state = "fetched and proven" if fetched else "was there already"
        self._console.print(f"{path}: {state}", soft_wrap=True, markup=False)

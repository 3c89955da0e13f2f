"""What a download says while it runs: a bar on a terminal, a line a file elsewhere."""

from __future__ import annotations

from pathlib import Path

from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeRemainingColumn, TransferSpeedColumn

from vst_core.cli.terminal import Terminal


class DownloadReporter(Terminal):
    """Told about files that are fetched."""

    def __init__(self) -> None:
        columns = TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn()
        super().__init__(*columns, TimeRemainingColumn())

    def progress(self, name: str, got: int, size: int) -> None:
        """Move the bar."""
        self._bar.update(self._row, description=name, completed=got, total=size or None)

    def file(self, path: Path, *, fetched: bool) -> None:
        """A file is there."""
        state = "fetched and proven" if fetched else "was there already"
        self._print(f"{path}: {state}")

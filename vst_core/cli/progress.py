"""What a render says while it runs: a bar on a terminal, a line a frame elsewhere, or JSON lines."""

from __future__ import annotations

from typing import Self

from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from vst_core.cli.lines import emit
from vst_core.cli.terminal import Terminal
from vst_core.pipeline.result import FrameProgress, FrameResult, frame_values, progress_values


class JsonReporter:
    """One JSON object a line on standard output, each with an ``event``: start, progress, frame, done."""

    def __init__(self, frames: int) -> None:
        self._frames = frames

    def __enter__(self) -> Self:
        emit("start", frames=self._frames)
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            emit("done", frames=self._frames)

    def progress(self, progress: FrameProgress) -> None:
        """Emit ``progress``."""
        emit("progress", **progress_values(progress))

    def frame(self, result: FrameResult) -> None:
        """Emit ``frame``."""
        emit("frame", **frame_values(result))


class TerminalReporter(Terminal):
    """A progress bar with frame, loss and time left; where there is no terminal, a line a frame.

    Of several passes each has the bar to itself.
    """

    def __init__(self, frames: int) -> None:
        self._frames = frames
        super().__init__(
            TextColumn("{task.fields[which]}frame {task.fields[frame]}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[detail]}"),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            total=frames,
            which="",
            frame="-",
            detail="",
        )
        self._done, self._number, self._at = 0, 1, 0

    def progress(self, progress: FrameProgress) -> None:
        """Move the bar."""
        inner = progress.progress
        if progress.number < progress.passes:
            self._count(progress)
        elif self._number < progress.passes:
            self._number, self._done = progress.passes, 0
            self._bar.reset(self._row)
        self._bar.update(
            self._row,
            completed=self._done + inner.step / inner.steps,
            which=f"pass {progress.number}/{progress.passes} " if progress.passes > 1 else "",
            frame=progress.frame,
            detail=f"step {inner.step}/{inner.steps}" + _loss(inner.loss, " loss "),
        )

    def _count(self, progress: FrameProgress) -> None:
        """Of a pass that finishes no frames, how many were visited."""
        if progress.number != self._number or not self._at:
            self._number, self._done = progress.number, 0
            self._bar.reset(self._row)
        elif progress.frame != self._at:
            self._done += 1
        self._at = progress.frame

    def frame(self, result: FrameResult) -> None:
        """Count the frame and print what is worth saying."""
        self._done += 1
        self._bar.update(self._row, completed=self._done, frame=result.frame)
        for note in result.notes:
            self._print(f"warning: {note}")
        if not self._is_terminal:
            how = "kept" if result.kept else f"{_loss(result.loss, 'loss ', ', ')}{result.seconds:.1f} s"
            self._print(f"frame {result.frame} ({self._done}/{self._frames}): {how}")


def _loss(loss: dict[str, float], before: str, after: str = "") -> str:
    """The total in words, or nothing for a method that minimises nothing."""
    return f"{before}{loss['total']:.4g}{after}" if loss else ""

"""What a job says while it runs on this machine: a bar on a terminal, a line a frame elsewhere, or JSON lines."""

from __future__ import annotations

from dataclasses import asdict
from typing import Self

from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from vst_core.cli.lines import emit
from vst_core.cli.terminal import Terminal
from vst_core.farm.local import TaskEvent
from vst_core.farm.plan import Plan, Task
from vst_core.pipeline.seams import Seam


class JsonJob:
    """One JSON object a line: start, then task, progress, frame and seam, each with its shot, then done.

    A task's ``state`` is that of ``TaskEvent``.
    """

    def __init__(self, plan: Plan) -> None:
        self._plan = plan

    def __enter__(self) -> Self:
        emit("start", tasks=len(self._plan.tasks), frames=self._plan.delivered)
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            emit("done")

    def tell(self, event: TaskEvent) -> None:
        """Emit it."""
        if event.happening in ("progress", "frame"):
            emit(event.happening, shot=event.task.shot, **event.values)
            return
        message = {"message": event.message, "exit_code": int(event.exit_code)} if event.message else {}
        emit("task", shot=event.task.shot, frames=str(event.task.frames), state=event.happening, **message)

    def seam(self, shot: str, seam: Seam) -> None:
        """Emit it."""
        emit("seam", shot=shot, **asdict(seam))


class TerminalJob(Terminal):
    """A bar over all frames with what is at work; where there is no terminal, a line a frame."""

    def __init__(self, plan: Plan) -> None:
        self._frames = plan.delivered
        super().__init__(
            TextColumn("{task.fields[detail]}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            total=self._frames,
            detail="",
        )
        self._done: dict[Task, set[int]] = {}
        self._at_work: dict[Task, str] = {}

    def tell(self, event: TaskEvent) -> None:
        """Move the bar, and print what is worth saying."""
        task, happening = event.task, event.happening
        if happening in ("progress", "frame"):
            self._at_work[task] = f"{task.shot} {event.values['frame']}"
        elif happening == "started":
            self._at_work[task] = str(task)
        else:
            self._at_work.pop(task, None)
        if happening == "frame":
            self._frame(event)
        elif happening == "again":
            self._print(f"warning: {task}: {event.message}; retrying")
        elif happening == "failed":
            self._print(f"error: {task}: {event.message}")
        elif happening == "skipped":
            self._print(f"warning: {task}: skipped, since it continues from what failed")
        self._bar.update(self._row, completed=self._count(), detail=", ".join(self._at_work.values()))

    def seam(self, shot: str, seam: Seam) -> None:
        """Print it."""
        self._print(f"{shot}: {seam}")

    def _frame(self, event: TaskEvent) -> None:
        task, values = event.task, event.values
        self._done.setdefault(task, set()).add(values["frame"])
        for note in values["notes"]:
            self._print(f"warning: {task.shot}: {note}")
        if not self._is_terminal:
            how = "kept" if values["kept"] else f"{values['seconds']:.1f} s"
            self._print(f"{task.shot} frame {values['frame']} ({self._count()}/{self._frames}): {how}")

    def _count(self) -> int:
        """Frames done; those of a task that was begun again count once."""
        return sum(map(len, self._done.values()))

"""The engine on this machine: tasks as jobs of worker processes, as many at a time as cores and memory allow."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from itertools import count
from queue import Empty, SimpleQueue
from typing import Any, Literal

import torch

from vst_core.device import free_memory
from vst_core.errors import ExitCode, JobError
from vst_core.farm.plan import Plan, Task
from vst_core.farm.settings import SubmitSettings
from vst_core.farm.worker_process import LAST_EVENTS, Event, WorkerProcess, close_all
from vst_core.frames import FrameRange
from vst_core.threads import usable_cores

_SILENCE = 600.0
"""Seconds without a sign of life, of which a worker gives one a second, after which it is taken for dead."""

Happening = Literal["started", "progress", "frame", "done", "again", "failed", "skipped"]


@dataclass(frozen=True, slots=True)
class TaskEvent:
    """What happened to a task.

    Attributes:
        task: the task.
        happening: it was started, is within a frame, has a frame more on disk, is done, crashed and is begun again,
            failed for good, or was left out, since the task before it failed.
        values: of progress and frames what the worker says of them.
        message: of a crash or a failure: one line.
        exit_code: of a failure.
    """

    task: Task
    happening: Happening
    values: dict[str, Any] = field(default_factory=dict)
    message: str = ""
    exit_code: ExitCode = ExitCode.OK


def failure(failed: Sequence[TaskEvent], tasks: int) -> JobError:
    """What to say in the end of a job in which some tasks failed."""
    first = failed[0]
    count = f"{len(failed)} of {tasks} tasks failed, {first.task} first" if tasks > 1 else f"{first.task} failed"
    remedy = "the same command goes on from what is done"
    return JobError(f"{count}: {first.message}", first.exit_code, remedy=remedy)


def run_plan(plan: Plan, limits: SubmitSettings) -> Iterator[TaskEvent]:
    """Work on a plan's tasks, each as soon as the one before it is done and there is room for it.

    A task that fails stops those of its shot that need it, and no others. Closing the generator stops all: the frames
    at work are given up, those being written are finished, and the next run goes on from there.

    Args:
        plan: what there is to do.
        limits: threads and memory that tasks may take together. One that takes more than that runs alone.
    """
    with closing(_Engine(plan, limits)) as engine:
        yield from engine.work()


@dataclass(slots=True)
class _Run:
    """A task at work."""

    task: Task
    worker: WorkerProcess
    heard: float


class _Engine:
    def __init__(self, plan: Plan, limits: SubmitSettings) -> None:
        self._waiting = list(plan.tasks)
        self._cores = limits.cores or usable_cores()
        self._memory = int(limits.memory * 1e9) or free_memory(torch.device("cpu"))
        self._retries = limits.retries
        self._begun: dict[Task, int] = {}
        self._done: set[tuple[str, FrameRange]] = set()
        self._runs: dict[str, _Run] = {}
        self._idle: list[WorkerProcess] = []
        self._heard: SimpleQueue[tuple[WorkerProcess, Event | None]] = SimpleQueue()
        self._names = map(str, count())

    def close(self) -> None:
        """End all workers."""
        close_all([*self._idle, *(run.worker for run in self._runs.values())])

    def work(self) -> Iterator[TaskEvent]:
        """Until nothing is left to do."""
        while self._waiting or self._runs:
            while (task := self._next()) is not None:
                self._start(task)
                yield TaskEvent(task, "started")
            close_all(self._idle)  # whose memory others may need
            self._idle.clear()
            yield from self._listen()

    def _next(self) -> Task | None:
        """The first task that can be started now."""
        running = [run.task for run in self._runs.values()]
        cores = self._cores - sum(task.settings.threads for task in running)
        memory = self._memory - sum(task.memory for task in running)
        cards = {task.settings.device for task in running if task.has_card}
        for task in self._waiting:
            waits = task.after is not None and (task.shot, task.after) not in self._done
            fits = not running or (task.settings.threads <= cores and task.memory <= memory)
            if fits and not waits and task.settings.device not in cards:
                return task
        return None

    def _start(self, task: Task) -> None:
        self._waiting.remove(task)
        self._begun[task] = self._begun.get(task, 0) + 1
        worker = self._idle.pop() if self._idle else WorkerProcess(lambda *heard: self._heard.put(heard))
        name = next(self._names)
        self._runs[name] = _Run(task, worker, time.monotonic())
        worker.render(name, task.settings.model_dump(mode="json"))

    def _listen(self) -> Iterator[TaskEvent]:
        try:
            worker, event = self._heard.get(timeout=1.0)
        except Empty:
            for run in self._runs.values():
                if time.monotonic() - run.heard > _SILENCE:
                    run.worker.kill()  # which is heard of
            return
        name = next((name for name, run in self._runs.items() if run.worker is worker), None)
        if name is None:  # it was closed
            return
        run = self._runs[name]
        run.heard = time.monotonic()
        if event is None:
            del self._runs[name]
            close_all([worker])
            yield from self._crashed(run)
        elif event.get("job") == name:
            if event["event"] in LAST_EVENTS:
                del self._runs[name]
                self._idle.append(worker)
            yield from self._told(run.task, event)

    def _told(self, task: Task, event: Event) -> Iterator[TaskEvent]:
        kind = event["event"]
        if kind in ("progress", "frame"):
            yield TaskEvent(task, kind, {name: event[name] for name in event.keys() - {"event", "job"}})
        elif kind == "done":
            self._done.add((task.shot, task.frames))
            yield TaskEvent(task, "done")
        elif kind == "error":
            yield from self._failed(task, event["message"], ExitCode(event["exit_code"]))

    def _crashed(self, run: _Run) -> Iterator[TaskEvent]:
        message, code = run.worker.epitaph()
        if self._begun[run.task] > self._retries:
            yield from self._failed(run.task, message, code)
            return
        self._waiting.insert(0, run.task)
        yield TaskEvent(run.task, "again", message=message)

    def _failed(self, task: Task, message: str, code: ExitCode) -> Iterator[TaskEvent]:
        yield TaskEvent(task, "failed", message=message, exit_code=code)
        failed = task
        for later in [each for each in self._waiting if each.shot == task.shot]:
            if later.after == failed.frames:
                self._waiting.remove(later)
                yield TaskEvent(later, "skipped")
                failed = later

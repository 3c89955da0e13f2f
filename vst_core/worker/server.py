"""The worker's threads: one reads requests, one shows that the worker is alive, one sees to its end; jobs run in the
main thread, where the engine meets signals and thread counts as it does under ``vst render``.
"""

from __future__ import annotations

import contextlib
import logging
import os
import sys
import threading
import time
from collections.abc import Callable, Iterable
from functools import partial
from queue import Empty, SimpleQueue
from typing import Any, NoReturn

import torch

from vst_core.allocator import give_back_freed_memory
from vst_core.errors import ExitCode, SettingsError
from vst_core.pipeline.cache import RenderCache
from vst_core.settings import RenderSettings
from vst_core.worker.channel import Channel
from vst_core.worker.greeting import greeting
from vst_core.worker.jobs import Job, check, describe_failure, render
from vst_core.worker.protocol import (
    Cancel,
    Check,
    Hello,
    JobRequest,
    RefusedRequestError,
    Render,
    Request,
    Shutdown,
    parse_request,
)
from vst_core.worker.trial import run_trial, trial_settings

HEARTBEAT_SECONDS = 1.0
PARENT_SECONDS = 0.5
"""How often the parent is looked for."""
GRACE_SECONDS = 3.0
"""How long a job may take to end once the host is gone."""
IDLE_SECONDS = 5.0
"""How long there is no work before free memory is given back, the machine's and the card's, which the host can use."""
LEAVE_SECONDS = 0.5
"""How long a thread is waited for in the end."""

_log = logging.getLogger("vst.worker")


def serve() -> NoReturn:
    """Do what the host asks on standard input, until it asks for the end, closes the input, or is gone itself."""
    parent = os.getppid()
    channel = Channel.take_over()
    logging.basicConfig(stream=sys.stderr, format="%(asctime)s %(message)s")
    _log.setLevel(logging.INFO)
    Server(channel, parent).run()
    with contextlib.suppress(OSError):
        sys.stdout.flush()  # what libraries printed
    os._exit(ExitCode.OK)  # Python takes long to take a loaded engine apart, and a host waits


class Server:
    """One worker.

    Args:
        channel: to the host.
        parent: process id of the host.
    """

    def __init__(self, channel: Channel, parent: int) -> None:
        self._channel, self._parent = channel, parent
        self._greeting: dict[str, Any] = {}
        self._cache = RenderCache()  # jobs follow one another, and most want what the one before had
        self._jobs: dict[str, Job] = {}  # at work or waiting
        self._waiting: SimpleQueue[Job | None] = SimpleQueue()
        self._at_work: tuple[Job, float] | None = None
        self._lock = threading.Lock()  # over the jobs
        self._pulse = threading.Lock()  # a job's last event is not followed by a heartbeat of it
        self._stopping = threading.Event()
        self._abandoned = threading.Event()
        self._ended = threading.Event()

    def run(self) -> None:
        """Serve until the end."""
        self._greeting = greeting()
        _log.info("vst %s, process %d, %s", *(self._greeting[name] for name in ("version", "pid", "device")))
        works = (self._read, self._beat, self._watch)
        threads = [threading.Thread(target=work, name=f"vst-{work.__name__.strip('_')}", daemon=True) for work in works]
        for thread in threads:
            thread.start()
        try:
            while (job := self._next()) is not None:
                self._do(job)
            self._channel.emit("bye")
        finally:
            self._leave(threads)

    def _leave(self, threads: Iterable[threading.Thread]) -> None:
        """Let the threads end: one that is at work while Python goes away takes the process down with it."""
        for event in (self._ended, self._stopping, self._abandoned):
            event.set()
        for thread in threads:
            thread.join(LEAVE_SECONDS)  # one that waits for input does no harm

    def _next(self) -> Job | None:
        """The next job, once there is one, or None at the end."""
        with contextlib.suppress(Empty):
            return self._waiting.get(timeout=IDLE_SECONDS)
        give_back_freed_memory()
        torch.cuda.empty_cache()
        return self._waiting.get()

    def _do(self, job: Job) -> None:
        with self._lock:
            if self._jobs.get(job.name) is not job:  # cancelled before its turn
                return
            self._at_work = job, time.monotonic()
        event, values = job.run()
        with self._pulse, self._lock:
            self._at_work = None
            del self._jobs[job.name]
        _log.info("job %s: %s %s", job.name, event, values.get("message", ""))
        job.tell(event, **values)

    def _read(self) -> None:
        """In a thread of its own, so that a job at work can be cancelled."""
        for line in self._channel.lines():
            if line.strip():
                self._obey(line)
            if self._stopping.is_set():
                return
        self._stop("the input ended")
        self._abandoned.set()

    def _obey(self, line: bytes) -> None:
        try:
            self._handle(parse_request(line))
        except RefusedRequestError as error:
            with self._lock:
                name = None if error.job in self._jobs else error.job
            self._channel.emit("error", job=name, message=str(error), exit_code=int(error.exit_code))
        except Exception as error:  # noqa: BLE001 - whatever a host sends, the worker goes on
            message, code = describe_failure(error)
            self._channel.emit("error", job=None, message=message, exit_code=int(code))

    def _handle(self, request: Request) -> None:
        if isinstance(request, Hello):
            self._channel.emit("hello", **self._greeting)
        elif isinstance(request, Shutdown):
            self._stop("the host wants it")
        elif isinstance(request, Cancel):
            self._cancel(request.job)
        else:
            self._queue(request)

    def _cancel(self, name: str) -> None:
        with self._lock:
            job = self._jobs.get(name)
            if job is None:
                raise RefusedRequestError(f"there is no job {name[:60]!r} to cancel; it may be over", where="worker")
            job.cancelled.set()
            at_work = self._at_work is not None and self._at_work[0] is job
            if not at_work:
                del self._jobs[name]
        if not at_work:  # why should the host wait for its turn
            job.tell("cancelled")

    def _queue(self, request: JobRequest) -> None:
        try:
            work = self._work(request)
        except SettingsError as error:
            refused = RefusedRequestError(error.what, where=error.where, remedy=error.remedy)
            refused.job = request.job
            raise refused from None
        job = Job(request.job, work, self._channel.emit)
        with self._lock:
            if request.job in self._jobs:
                raise RefusedRequestError(f"there is a job {request.job[:60]!r} already", where="worker")
            ahead = len(self._jobs)
            self._jobs[request.job] = job
        _log.info("job %s: %s", request.job, request.request)
        job.tell("queued", ahead=ahead)
        self._waiting.put(job)

    def _beat(self) -> None:
        while not self._stopping.wait(HEARTBEAT_SECONDS):
            with self._pulse:
                if self._at_work is not None:
                    job, since = self._at_work
                    job.tell("heartbeat", seconds=round(time.monotonic() - since, 1))

    def _watch(self) -> None:
        """Ends the process for certain once the host is gone: no pipe and no endless operation holds it."""
        while not self._abandoned.wait(PARENT_SECONDS):
            if self._ended.is_set():
                return
            if os.getppid() != self._parent or self._channel.gone.is_set():
                self._stop("the host is gone")
                self._abandoned.set()
        if not self._ended.wait(GRACE_SECONDS):
            os._exit(ExitCode.INTERRUPTED)

    def _stop(self, reason: str) -> None:
        if self._stopping.is_set():
            return
        self._stopping.set()
        _log.info("stopping: %s", reason)
        with self._lock:
            for job in self._jobs.values():
                job.cancelled.set()
        self._waiting.put(None)

    def _work(self, request: JobRequest) -> Callable[[Job], dict[str, Any]]:
        """What a request means, its settings understood.

        Raises:
            SettingsError: they are not settings.
        """
        if isinstance(request, Render):
            return partial(render, RenderSettings.of(request.settings), self._cache)
        if isinstance(request, Check):
            return partial(check, RenderSettings.of(request.settings))
        return partial(run_trial, trial_settings(request.settings), self._cache)

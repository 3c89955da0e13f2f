"""A run: from the press of the button to the frames in the compositor, in steps that never wait for the worker."""

from __future__ import annotations

import contextlib
import logging
import time
from collections import deque
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

from ..errors import WorkerError
from ..exr_header import ExrHeader, check_exr
from ..folders import DONE, Version, open_version
from ..job import Job, within_frame
from .borrowed import is_borrowed
from .dump import dump_plate
from .preferences import LOG
from .preflight import find_problems
from .shot import blender_space, read_shot
from .tree import Sequence, find_node, show
from .workers import get_client

_INTERNAL, USAGE, OUTPUT, CANCELLED = 1, 2, 4, 130
_AT_ONCE = 0.02  # seconds of a step; a version that is gone on with may have a thousand frames to tell of
RUNS: dict[str, Run] = {}
"""The last run of each node, by its identity."""


class Run:
    """One run for one node.

    Args:
        scene: the scene.
        tree: the compositor tree.
        node: the node.
        windowed: let Blender render beside its window.
        resume: go on with a version that did not come to its end.

    Attributes:
        doing: what it is at: ``render``, ``start``, ``stylize``, then ``done``, ``failed`` or ``cancelled``.
        done: how many frames of that are done.
        within: how much of the next one, from 0 to 1.
        message: how it ended, in one line.
        kept: how many frames an earlier run had done.
        notes: what the artist should know of single frames.
        exit_code: as that of ``vst render``.
        wanted: whether nobody has cancelled it.

    Raises:
        WorkerError: something is wrong that would spoil it; nothing was begun.
    """

    def __init__(self, scene: Any, tree: Any, node: Any, *, windowed: bool = False, resume: bool = True) -> None:
        stopping = [problem.line for problem in find_problems(scene, tree, node) if problem.stops]
        if stopping:
            raise WorkerError(stopping[0])
        self.shot = read_shot(scene, node)
        self.doing, self.done, self.within = "start", 0, 0.0
        self.message, self.exit_code, self.kept = "", 0, 0
        self.notes: list[str] = []
        self.version: Version = open_version(self.shot.root, self.shot.identity, resume=resume)
        self.job: Job | None = None
        self._windowed, self.wanted = windowed, True
        self._good: dict[int, Path] = {}
        self._header: ExrHeader | None = None
        self._begun = time.monotonic()
        self._work = self._steps()
        RUNS[self.shot.uid] = self

    @property
    def over(self) -> bool:
        """Whether nothing will follow."""
        return self.doing in ("done", "failed", "cancelled")

    @property
    def progress(self) -> float:
        """How much is done, from 0 to 1."""
        return min((self.done + self.within) / self.shot.frames, 1.0)

    def cancel(self) -> None:
        """Ask for the end; frames that are done stay."""
        self.wanted = False
        if self.job is not None:
            self.job.cancel()

    def step(self) -> None:
        """Do what can be done at once."""
        try:
            next(self._work, None)
        except WorkerError as error:
            self._end("failed", str(error), self.exit_code or OUTPUT)
        except OSError as error:
            self._end("failed", f"{error.filename}: {error.strerror}; check the free space and permissions", OUTPUT)
        except Exception as error:  # noqa: BLE001 - or the run would never be over, and the node at work for ever
            LOG.error("internal error", exc_info=error)
            self._end("failed", f"internal error ({type(error).__name__}: {error}); the terminal says where", _INTERNAL)

    def close(self) -> None:
        """End at once, whatever it is at, and leave Blender as it was."""
        self.cancel()
        self._work.close()
        if not self.over:
            self._end("cancelled", "stopped", CANCELLED)

    def _steps(self) -> Generator[None, None, None]:
        shot, version = self.shot, self.version
        version.note(shot.identity, "started")
        client = get_client()  # starts while Blender renders
        if shot.pattern is None:
            yield from self._dump()
            self.wanted = self.wanted and self.done == shot.frames
        if not self.wanted:
            self._end("cancelled", "cancelled before the first stylised frame", CANCELLED)
            return
        self.doing, self.done = "stylize", 0
        self.job = Job(client, version.jobs, "render", shot.engine_settings(version.folder, version.plate))
        heard: deque[dict[str, Any]] = deque()
        while heard or not self.job.over:
            heard.extend(self.job.poll())
            end = time.monotonic() + _AT_ONCE
            while heard and time.monotonic() < end:
                self._note(heard.popleft())
            yield
            if find_node(shot.uid) is None:
                raise WorkerError("the node was deleted; finished frames are kept")
        self._finish(self.job)

    def _dump(self) -> Iterator[None]:
        self.doing = "render"
        frames = dump_plate(self.shot, self.version.plate, windowed=self._windowed)
        try:
            for self.done in frames:
                yield
                if not self.wanted and not is_borrowed():  # or Blender would write the frame where the artist's belong
                    return
        finally:
            frames.close()  # puts the scene back

    def _note(self, event: dict[str, Any]) -> None:
        kind = event["event"]
        LOG.debug("%s", event)
        if kind == "progress":
            self.within = within_frame(event)
        elif kind == "frame":
            self._accept(event["frame"], Path(event["path"]))
            self.done, self.within = len(self._good), 0.0
            self.kept += event["kept"]
            self.notes += [f"frame {event['frame']}: {note}" for note in event["notes"]]
        elif kind == "error":
            self.exit_code = event["exit_code"]

    def _accept(self, frame: int, path: Path) -> None:
        header = check_exr(path)
        self._header = self._header or header
        if (header.width, header.height) != (self._header.width, self._header.height):
            raise WorkerError(f"frame {frame}: {path} has another size than the frames before it")
        self._good[frame] = path

    def _finish(self, job: Job) -> None:
        shown = self._show()
        where = f"{self.version.name}, {shown}"
        if job.state == "done" and len(self._good) == self.shot.frames:
            self.version.note(self.shot.identity, DONE)
            self._end("done", f"{where} in {time.monotonic() - self._begun:.1f} s", 0)
        elif job.state == "cancelled":
            self._end("cancelled", f"cancelled; {where}; the next run goes on from there", CANCELLED)
        else:
            missing = f"the worker ended with {len(self._good)} of {self.shot.frames} frames"
            self._end("failed", f"{job.message or missing} ({where})", self.exit_code or OUTPUT)

    def _show(self) -> str:
        """Point the node at the frames that are good, from the first without a gap; says how many those are."""
        last = self.shot.first
        while last in self._good:
            last += 1
        number = last - self.shot.first
        found = find_node(self.shot.uid)
        if number and found is not None and self._header is not None:
            sequence = Sequence(self.version.folder, self.shot.stem, self.shot.first, last - 1, self.shot.shift)
            space = blender_space(self._header.color_space)
            show(found[1].node_tree, sequence, space)
        return f"{number} of {self.shot.frames} frames"

    def _end(self, doing: str, message: str, code: int) -> None:
        """The end of everything; a full disk, which may be why, must not hide it."""
        self.doing, self.message, self.exit_code = doing, message, code
        if doing == "failed" and self.job is not None:
            self.job.cancel()
        if doing != DONE:
            with contextlib.suppress(WorkerError):
                self.version.note(self.shot.identity, doing)
        LOG.log(logging.WARNING if doing == "failed" else logging.INFO, "%s: %s", doing, message)


def running(uid: str) -> Run | None:
    """The run that a node has at the moment."""
    run = RUNS.get(uid)
    return run if run is not None and not run.over else None


def spell(run: Run) -> str:
    """What a run is at, in a few words."""
    if not run.over and not run.wanted:
        return "cancelling"
    words = {"render": "rendering the plate", "start": "starting the worker", "stylize": "stylising"}
    return f"{words.get(run.doing, run.doing)}, {run.done} of {run.shot.frames} frames"


def close_runs() -> None:
    """End all runs, and forget them."""
    for run in list(RUNS.values()):
        if not run.over:
            run.close()
    RUNS.clear()

"""A run: from the plate on disk to the stylised frames. It waits in whichever thread follows it, and calls no Nuke."""

from __future__ import annotations

import contextlib
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..client import Client
from ..errors import WorkerError
from ..exr_header import check_exr
from ..folders import DONE, Version
from ..job import Job, within_frame
from .shot import Shot

USAGE, OUTPUT, CANCELLED = 2, 4, 130
FAILED = "failed"
_LOOK = 0.05  # seconds between two looks at the worker

Report = Callable[[float, str], None]
"""Told how much is done, from 0 to 1, and what it is at."""


@dataclass(frozen=True)
class Outcome:
    """How a run ended.

    Attributes:
        state: ``done``, ``failed`` or ``cancelled``.
        message: that, in one line.
        exit_code: as that of ``vst render``.
        last: the last frame up to which all views are there; None where the first frame is missing.
        notes: what the artist should know of single frames.
    """

    state: str
    message: str
    exit_code: int
    last: int | None
    notes: tuple[str, ...] = ()


class Run:
    """One run for one node.

    Args:
        shot: the shot.
        version: where it goes; the plate is there.
        client: the worker. Nobody else uses it meanwhile.
    """

    def __init__(self, shot: Shot, version: Version, client: Client) -> None:
        self.shot, self.version = shot, version
        self._client = client
        self._unwanted = threading.Event()
        self._good: dict[str, set[int]] = {view: set() for view in shot.views}
        self._within, self._exit_code = 0.0, 0
        self._notes: dict[str, list[int]] = {}
        self._begun = time.monotonic()

    def cancel(self) -> None:
        """Ask for the end, from any thread; frames that are done stay."""
        self._unwanted.set()

    def follow(self, report: Report) -> Outcome:
        """Wait for the end. What goes wrong is in the outcome."""
        try:
            state, message = self._stylize(report)
        except (WorkerError, OSError) as error:
            state, message = FAILED, str(error)
        except Exception as error:  # noqa: BLE001 - the last resort before the artist
            state, message = FAILED, f"internal error ({type(error).__name__}: {error}); the log says where, report it"
            self._write_to_log(traceback.format_exc())
        return self._outcome(state, message)

    def _stylize(self, report: Report) -> tuple[str, str]:
        """State and message of the last job; the first that fails is the last."""
        for view in self.shot.views:
            job = Job(self._client, self.version.jobs, "render", self.shot.engine_settings(self.version, view))
            try:
                self._wait(job, view, report)
            finally:
                job.cancel()  # does nothing to one that is over
            if job.state != DONE:
                return job.state, job.message
        missing = [view for view, good in self._good.items() if len(good) < self.shot.frames]
        return (FAILED, f"the worker left frames out in {', '.join(missing)}") if missing else (DONE, "")

    def _wait(self, job: Job, view: str, report: Report) -> None:
        while not job.over:
            if self._unwanted.is_set():
                job.cancel()
            for event in job.poll():
                self._note(event, view)
            done = sum(len(good) for good in self._good.values())
            total = self.shot.frames * len(self.shot.views)
            doing = "starting the worker" if self._client.greeting is None else f"{view}: {done} of {total} frames"
            report(min((done + self._within) / total, 1.0), doing)
            time.sleep(_LOOK)

    def _note(self, event: dict[str, Any], view: str) -> None:
        kind = event["event"]
        if kind == "progress":
            self._within = within_frame(event)
        elif kind == "frame":
            check_exr(Path(event["path"]))
            self._good[view].add(event["frame"])
            self._within = 0.0
            for note in event["notes"]:
                self._notes.setdefault(note.partition(": ")[2] or note, []).append(event["frame"])
        elif kind == "error":
            self._exit_code = event["exit_code"]

    def _outcome(self, state: str, message: str) -> Outcome:
        number = next(
            (
                count
                for count in range(self.shot.frames)
                if any(self.shot.first + count not in good for good in self._good.values())
            ),
            self.shot.frames,
        )
        where = f"{self.version.name}, {number} of {self.shot.frames} frames"
        lines = {
            DONE: f"{where} in {time.monotonic() - self._begun:.1f} s",
            "cancelled": f"cancelled; {where}; the next run goes on from there",
        }
        with contextlib.suppress(WorkerError):  # a full disk, which may be why, must not hide the message
            self.version.note(self.shot.identity, state)
        code = {DONE: 0, "cancelled": CANCELLED}.get(state, self._exit_code or OUTPUT)
        last = self.shot.first + number - 1 if number else None
        return Outcome(state, lines.get(state, f"{message} ({where})"), code, last, self._spelled_notes(state))

    def _spelled_notes(self, state: str) -> tuple[str, ...]:
        notes = [f"{_spell(frames)}: {text}" for text, frames in self._notes.items()]
        flow = self.shot.settings.get("flow", {}).get("source", "vectors")
        moving = self.shot.settings.get("temporal", True) and flow == "vectors" and self.shot.frames > 1
        if state == DONE and moving and not any("motion vectors" in note for note in notes):
            notes.append("the motion vectors fit the pictures as they are")
        return tuple(notes)

    def _write_to_log(self, text: str) -> None:
        for log in sorted(self.version.jobs.glob("*/job.log"))[-1:]:
            with contextlib.suppress(OSError), log.open("a", encoding="utf-8") as file:
                file.write(text)


def _spell(frames: list[int]) -> str:
    first, last = min(frames), max(frames)
    return f"frame {first}" if first == last else f"frames {first}-{last}"

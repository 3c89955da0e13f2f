"""A run of the worker for a shot, with a folder of its own that tells afterwards what became of it.

The folder has ``settings.json``, which ``vst render --settings`` takes too, ``job.log`` and ``state.json``.
"""

from __future__ import annotations

import contextlib
import json
import time
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .client import LAST_EVENTS, Client
from .errors import WorkerError
from .pipes import Event

_STATES = {"done": "done", "error": "failed", "cancelled": "cancelled"}
_UNLOGGED = ("progress", "heartbeat")
_INPUT = 3


class Job:
    """A job of the worker.

    Args:
        client: the worker.
        root: folder in which the job's own is made.
        request: ``render``, ``check`` or ``test``.
        settings: of the shot, as ``vst describe`` has them.
        patience: seconds that a frame which the worker has written may take to be seen from here; a network's file
            system can be that late.

    Attributes:
        folder: the job's own.
        state: ``queued``, ``running``, ``done``, ``failed`` or ``cancelled``.
        frames: how many there are to be; 0 until that is known.
        results: files of the frames that are done, by number. All are there.
        message: why it failed.

    Raises:
        WorkerError: the folder cannot be written, or there is no worker any more.
    """

    def __init__(
        self, client: Client, root: Path, request: str, settings: Mapping[str, Any], patience: float = 10.0
    ) -> None:
        self.state, self.message, self.frames = "queued", "", 0
        self.results: dict[int, Path] = {}
        self._client, self._patience = client, patience
        self._held: deque[Event] = deque()
        self._held_since: float | None = None
        self.folder = _make_folder(root)
        try:
            text = json.dumps(dict(settings), indent=2)
            (self.folder / "settings.json").write_text(text + "\n", encoding="utf-8")
            self._save_state()
        except OSError as error:
            raise _unwritable(self.folder, error) from None
        self.name = client.submit(request, settings)

    @property
    def over(self) -> bool:
        """Whether nothing will follow."""
        return self.state in _STATES.values()

    def cancel(self) -> None:
        """Ask for the end; the event ``cancelled`` says when it has come."""
        if not self.over:
            self._client.cancel(self.name)

    def poll(self) -> list[Event]:
        """What happened since the last call; never waits. A ``frame`` comes once its file can be seen from here.

        The last event is one of ``LAST_EVENTS``; after it there is nothing.
        """
        self._held.extend(self._client.take(self.name))
        events: list[Event] = []
        while self._held and not self.over:
            event = self._next()
            if event is None:
                break
            self._note(event)
            events.append(event)
        self._record(events)
        return events

    def _next(self) -> Event | None:
        """The first event that is held, or None where its file has yet to be seen."""
        event = self._held[0]
        if event["event"] == "frame" and not _is_there(Path(event["path"])):
            self._held_since = self._held_since or time.monotonic()
            if time.monotonic() - self._held_since <= self._patience:
                return None
            self._client.cancel(self.name)
            what = f"frame {event['frame']}: {event['path']} cannot be seen from here, though the worker wrote it"
            remedy = "check that both see the same disks"
            event = {"event": "error", "job": self.name, "message": f"{what}; {remedy}", "exit_code": _INPUT}
        self._held_since = None
        self._held.popleft()
        return event

    def _note(self, event: Event) -> None:
        kind = event["event"]
        if kind == "start":
            self.state, self.frames = "running", event["frames"]
        elif kind == "frame":
            self.results[event["frame"]] = Path(event["path"])
        elif kind in LAST_EVENTS:
            self.state, self.message = _STATES[kind], event.get("message", "")

    def _record(self, events: list[Event]) -> None:
        lines = [
            f"{time.strftime('%H:%M:%S')} {_spell(event)}\n" for event in events if event["event"] not in _UNLOGGED
        ]
        if not lines:
            return
        with contextlib.suppress(OSError):  # the record of a render must not stop it
            with (self.folder / "job.log").open("a", encoding="utf-8") as log:
                log.writelines(lines)
            self._save_state()

    def _save_state(self) -> None:
        values = {"state": self.state, "message": self.message, "frames": self.frames, "done": len(self.results)}
        file = self.folder / "state.json"
        unfinished = file.with_suffix(".tmp")
        unfinished.write_text(json.dumps(values) + "\n", encoding="utf-8")
        unfinished.replace(file)


def within_frame(event: Event) -> float:
    """How much of a frame is done after a ``progress`` event, 0 to 1; several passes share it alike."""
    return float((event["pass"] - 1 + event["step"] / max(event["steps"], 1)) / event["passes"])


def _spell(event: Event) -> str:
    values = (f"{name}={value}" for name, value in event.items() if name not in ("event", "job", "loss"))
    return " ".join([event["event"], *values])


def _is_there(path: Path) -> bool:
    try:
        return path.stat().st_size > 0
    except OSError:
        return False


def _make_folder(root: Path) -> Path:
    """A new folder named by the time; by a number, too, where there is one of that time."""
    stamp = time.strftime("%Y%m%d-%H%M%S")
    number = 1
    while True:
        folder = root / (stamp if number == 1 else f"{stamp}-{number}")
        try:
            folder.mkdir(parents=True)
        except FileExistsError as error:
            if not folder.is_dir():
                raise _unwritable(root, error) from None
            number += 1
        except OSError as error:
            raise _unwritable(root, error) from None
        else:
            return folder


def _unwritable(folder: Path, error: OSError) -> WorkerError:
    return WorkerError(f"{folder} cannot be written ({error.strerror}); choose another folder for the jobs")

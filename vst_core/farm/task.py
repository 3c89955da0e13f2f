"""A farm's end of a session: starts it, has it do a task, stops it, and prints what the farm's engine is to know.

Lines that begin with ``openjd_`` are understood by Open Job Description: ``openjd_env``, ``openjd_status``,
``openjd_progress`` in percent, and ``openjd_fail``.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import time
from collections.abc import Iterator
from multiprocessing.connection import Client, Connection
from pathlib import Path
from typing import Any

from vst_core.errors import ExitCode, InputError, JobError, ModelError, SettingsError, VstError
from vst_core.farm.paths import with_mapped_paths
from vst_core.farm.worker_process import LAST_EVENTS, VST, Event
from vst_core.frames import FrameRange
from vst_core.settings_model import put_setting
from vst_core.text_file import read_text

CONTACT = "VST_SESSION"
"""Environment variable: the file by which a session is found."""
COMMON = "VST_SETTINGS"
"""Environment variable: a file with the settings that all tasks have in common."""

_START_SECONDS = 300.0
_STOP_SECONDS = 60.0
_LOOK_SECONDS = 0.1


def start_session(folder: Path, common: Path | None) -> None:
    """Start a session and say how to reach it, as variables of the environment.

    Args:
        folder: of the farm's own session; ours ends with it.
        common: settings that all tasks have in common, a line ``name=value`` each.

    Raises:
        ModelError: it does not start.
        InputError: the settings cannot be read, or there is no such folder.
    """
    if not folder.is_dir():
        raise InputError("no such folder", where=folder)
    if common is not None:
        kept = folder / "vst-settings.txt"  # the farm removes its own
        kept.write_text(read_text(common, InputError), encoding="utf-8")
        _say(f"openjd_env: {COMMON}={kept}")
    contact = folder / "vst-session.json"
    found = _start(contact)
    _say(f"openjd_env: {CONTACT}={contact}")
    _say(f"openjd_status: vst {found['version']}")


def _start(contact: Path) -> Event:
    contact.unlink(missing_ok=True)
    log = contact.with_suffix(".log")
    with log.open("wb") as errors:
        session = subprocess.Popen(  # noqa: S603 - our own command, and no shell
            [*VST, "farm", "serve", str(contact)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            cwd=contact.anchor,
            start_new_session=True,
        )
    end = time.monotonic() + _START_SECONDS
    while not contact.exists():
        if session.poll() is not None or time.monotonic() > end:
            session.kill()
            words = log.read_text(encoding="utf-8", errors="replace").strip().rpartition("\n")[2].removeprefix("vst: ")
            raise ModelError(f"the session has not started ({words or 'it said nothing'})")
        time.sleep(_LOOK_SECONDS)
    return _contact(contact)


def stop_session() -> None:
    """Stop the session, and wait for its end."""
    with contextlib.suppress(VstError, OSError, EOFError):
        contact = _named(CONTACT)
        with _connection(contact) as connection:
            connection.send_bytes(b'{"stop": true}')
        end = time.monotonic() + _STOP_SECONDS
        while contact.exists() and time.monotonic() < end:
            time.sleep(_LOOK_SECONDS)


def task_settings(shot: Path, chunk: str | None, part: str | None, rules: Path | None) -> dict[str, Any]:
    """Settings of a task's render, as plain data.

    Args:
        shot: file with the settings of its shot; those in common are added.
        chunk: the frames to deliver, of a chunk.
        part: the frames between two cuts that they are among; a preroll does not leave them.
        rules: path mapping rules, as of a session of Open Job Description.

    Raises:
        InputError: a file cannot be read.
        SettingsError: the frames are no range.
    """
    try:
        data: dict[str, Any] = json.loads(read_text(shot, InputError))
    except ValueError as error:
        raise InputError(f"is not JSON ({error})", where=shot) from None
    for line in read_text(os.environ[COMMON], InputError).splitlines() if os.environ.get(COMMON) else ():
        name, _, value = line.partition("=")
        if value:
            put_setting(data, name, value)
    if chunk is not None:
        data["chunk"] = chunk
        if part is not None and data.get("preroll") is not None:
            before = FrameRange.parse(chunk).first - FrameRange.parse(part).first
            data["preroll"] = min(data["preroll"], before)
    return with_mapped_paths(data, rules)


def run_task(settings: dict[str, Any]) -> None:
    """Have the session do a task, and tell the farm of it. One that has died on the way is started again.

    Raises:
        JobError: the task failed.
        InputError, ModelError: there is no session, and none can be started.
    """
    contact = _named(CONTACT)
    try:
        connection = _connection(contact)
    except (VstError, OSError, EOFError):
        _start(contact)
        connection = _connection(contact)
    with connection:
        connection.send_bytes(json.dumps({"settings": settings}).encode("ascii"))
        _follow(connection, settings)


def _follow(connection: Connection, settings: dict[str, Any]) -> None:
    try:
        _tell(_events(connection), settings)
    except VstError as error:
        _say(f"openjd_fail: {error}")
        raise
    except BaseException:  # the farm wants it stopped: what is being written is still finished
        with contextlib.suppress(OSError, VstError):
            connection.send_bytes(b"{}")
            for _ in _events(connection):  # to the end of it: those before ended with what stopped them
                pass
        raise


def _tell(events: Iterator[Event], settings: dict[str, Any]) -> None:
    progress = _Progress(settings)
    for event in events:
        kind = event["event"]
        if kind == "start":
            progress.start(event["frames"])
        elif kind == "progress" and event["pass"] == event["passes"]:  # of several passes only the last is in order
            progress.tell(event["frame"], event["step"] / event["steps"])
        elif kind == "frame":
            progress.tell(event["frame"], 1)
            for note in event["notes"]:
                _say(f"warning: {note}")
            _say(f"openjd_status: frame {event['frame']} {'was there' if event['kept'] else 'is done'}")
        elif kind == "error":
            raise JobError(event["message"], ExitCode(event["exit_code"]))
        elif kind == "cancelled":
            raise JobError("the session was stopped", ExitCode.TERMINATED)


class _Progress:
    """How far a task is, in whole percent of the frames that it computes; said when it has grown."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self._preroll = settings.get("preroll") or 0
        self._first: int | None = None
        self._said = -1

    def start(self, frames: int) -> None:
        """The task delivers so many frames."""
        self._frames = self._preroll + frames

    def tell(self, frame: int, share: float) -> None:
        """So much of a frame is done."""
        self._first = frame if self._first is None else self._first
        percent = min(100, int(100 * (frame - self._first + share) / self._frames))
        if percent > self._said:
            self._said = percent
            _say(f"openjd_progress: {percent}")


def _events(connection: Connection) -> Iterator[Event]:
    while True:
        try:
            event: Event = json.loads(connection.recv_bytes())
        except (OSError, EOFError):
            raise JobError("the session ended during the task", ExitCode.INTERNAL) from None
        yield event
        if event["event"] in LAST_EVENTS:
            return


def _connection(contact: Path) -> Connection:
    known = _contact(contact)
    address = known["address"]
    return Client(tuple(address) if isinstance(address, list) else address, authkey=bytes.fromhex(known["key"]))


def _contact(path: Path) -> Event:
    known: Event = json.loads(read_text(path, InputError))
    return known


def _named(variable: str) -> Path:
    value = os.environ.get(variable)
    if not value:
        raise SettingsError("is not set", where=variable, remedy="vst farm start says what to set it to")
    return Path(value)


def _say(line: str) -> None:
    print(" ".join(line.split()), flush=True)  # noqa: T201 - the farm reads it

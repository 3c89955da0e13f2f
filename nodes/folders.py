"""Versions of a stylised shot: folders ``v001``, ``v002`` and so on, none of which is ever written over."""

from __future__ import annotations

import contextlib
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .errors import WorkerError

DONE = "done"
_UNSAFE = re.compile(r"[^\w.-]+")
_NAME = re.compile(r"v(\d{3,})")
_RECORD = "version.json"


@dataclass(frozen=True)
class Version:
    """One version.

    Attributes:
        folder: its own.
    """

    folder: Path

    @property
    def name(self) -> str:
        """``v001``."""
        return self.folder.name

    @property
    def plate(self) -> Path:
        """Folder of the frames that Blender renders for it."""
        return self.folder / "plate"

    @property
    def jobs(self) -> Path:
        """Folder of the worker's jobs for it."""
        return self.folder / "jobs"

    def note(self, settings: Mapping[str, Any], state: str) -> None:
        """Keep what it is made with and how far it came.

        Raises:
            WorkerError: it cannot be written.
        """
        record = self.folder / _RECORD
        unfinished = record.with_suffix(".tmp")
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            unfinished.write_text(json.dumps({"state": state, "settings": settings}, indent=2) + "\n", encoding="utf-8")
            unfinished.replace(record)
        except OSError as error:
            raise WorkerError(f"{record} cannot be written ({error.strerror}); free some space") from None


def versions(root: Path) -> list[Path]:
    """The folders of all versions, in order."""
    if not root.is_dir():
        return []
    found = [(int(match[1]), path) for path in root.iterdir() if (match := _NAME.fullmatch(path.name))]
    return [path for _, path in sorted(found)]


def unfinished(root: Path, settings: Mapping[str, Any]) -> Version | None:
    """The last version, where a run of the same settings began it and did not come to the end."""
    existing = versions(root)
    record = _read(existing[-1]) if existing else {}
    if record.get("state") in (DONE, None) or record.get("settings") != json.loads(json.dumps(settings)):
        return None
    return Version(existing[-1])


def open_version(root: Path, settings: Mapping[str, Any], *, resume: bool) -> Version:
    """The version that a run is to write: the unfinished one where it is of the same settings, or a new one.

    Args:
        root: folder of all versions.
        settings: what the shot is made with.
        resume: whether to go on with an unfinished one.

    Raises:
        WorkerError: the folder cannot be written.
    """
    started = unfinished(root, settings) if resume else None
    if started is not None:
        return started
    existing = versions(root)
    number = int(existing[-1].name[1:]) + 1 if existing else 1
    while True:
        folder = root / f"v{number:03d}"
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            if not root.is_dir():
                raise WorkerError(f"{root} is a file; choose another output folder") from None
            number += 1
        except OSError as error:
            raise WorkerError(f"{root} cannot be written ({error.strerror}); choose another output folder") from None
        else:
            return Version(folder)


def last_log(root: Path) -> Path | None:
    """The log of the last version's last job, or None."""
    logs = [log for version in versions(root)[-1:] for log in version.glob("jobs/*/job.log")]
    return max(logs, key=lambda log: log.stat().st_mtime, default=None)


def safe_name(text: str) -> str:
    """A text as the name of a file or a folder."""
    return _UNSAFE.sub("_", text)


def without_upwards(folder: Path) -> Path:
    """The same folder, named without ``..``, which the engine takes in no output; one that has none as it is."""
    return folder.resolve() if ".." in folder.parts else folder


def is_writable(folder: Path) -> bool:
    """Whether files can be made in a folder, or the folder itself can be made."""
    for existing in (folder, *folder.parents):
        if existing.exists():
            return existing.is_dir() and os.access(existing, os.W_OK | os.X_OK)
    return False


def _read(folder: Path) -> dict[str, Any]:
    with contextlib.suppress(OSError, ValueError):
        record = json.loads((folder / _RECORD).read_text(encoding="utf-8"))
        if isinstance(record, dict):
            return record
    return {}

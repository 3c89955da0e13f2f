"""Takes out of a text what tells who and where somebody is, or what they work on."""

from __future__ import annotations

import getpass
import platform
import re
import sys
from pathlib import Path

# Folders that say nothing about anybody.
_PUBLIC = ("/usr", "/opt/conda", "/proc", "/dev", "/tmp", "/etc", "/Library", "/System", "/Applications")  # noqa: S108
_PUBLIC_WINDOWS = ("C:\\Windows", "C:\\Program Files")
_PATH = re.compile(r"(?<![\w.~<>/\\:-])(?:[A-Za-z]:[\\/]|\\\\|/)[^\s'\",;:()<>|=]*[^\s'\",;:()<>|=.]")
_HOMES = re.compile(r"(?:/home/|/Users/|[A-Za-z]:\\Users\\)[^/\\\s'\",;:()]+")
_LEAST = 3  # letters of a name that can be told from a word


class Privacy:
    """Knows the names of this user and this machine."""

    def __init__(self) -> None:
        known = ((Path(sys.prefix), "<vst>"), *((home, "~") for home in homes()))
        folders = {spelled: word for folder, word in known for spelled in _spellings(folder)}
        self._folders = sorted(folders.items(), key=lambda item: -len(item[0]))
        named = {_user(): "<user>", platform.node(): "<machine>", platform.node().partition(".")[0]: "<machine>"}
        self._names = {name: word for name, word in named.items() if len(name) >= _LEAST and name != "root"}

    def clean(self, text: str) -> str:
        """The text with home folders as ``~``, names as ``<user>`` and ``<machine>``, and of other paths the end."""
        for folder, word in self._folders:
            if len(folder) >= _LEAST:
                text = re.sub(rf"{re.escape(folder)}(?![\w.-])", word, text)
        text = _HOMES.sub("~", text)
        text = _PATH.sub(_end_of_path, text)
        for name, word in sorted(self._names.items(), key=lambda item: -len(item[0])):
            text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", word, text, flags=re.IGNORECASE)
        return text


def homes() -> list[Path]:
    """The user's home, where there is one: on a farm there may be none."""
    try:
        return [Path.home()]
    except RuntimeError:
        return []


def _spellings(folder: Path) -> tuple[str, ...]:
    """A folder as logs have it; on Windows hosts write it with slashes, and JSON with doubled backslashes."""
    return str(folder), folder.as_posix(), str(folder).replace("\\", "\\\\")


def _end_of_path(found: re.Match[str]) -> str:
    path = found[0]
    if path.startswith(_PUBLIC + _PUBLIC_WINDOWS):
        return path
    name = re.split(r"[/\\]", path)[-1]
    return f"<folder>/{name}" if name else "<folder>"


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a process without an entry among the users
        return ""

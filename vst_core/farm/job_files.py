"""The files of a job in its folder."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path

from vst_core.atomic_file import write_atomically
from vst_core.errors import OutputError


def write_files(folder: Path, texts: Mapping[str, str]) -> None:
    """Write texts into a folder, which is made where it is not there.

    Args:
        folder: of the job.
        texts: by the name of their file, which may lie in a folder within.

    Raises:
        OutputError: a file or a folder cannot be written.
    """
    for name, text in texts.items():
        path = folder / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(f"cannot be made ({error.strerror})", where=path.parent) from None
        write_atomically(path, partial(_write, text=text), partial(_check, text=text))


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


def _check(path: Path, text: str) -> None:
    if path.read_text(encoding="utf-8") != text:
        raise OutputError("read back differently from what was written", where=path)

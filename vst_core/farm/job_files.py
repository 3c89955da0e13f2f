"""The files of a job in its folder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from vst_core.atomic_file import make_folder, write_bytes


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
        make_folder(path.parent)
        write_bytes(path, text.encode())

"""What belongs to the machine and the user: colour, folders that are written to, hosts."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from vst_core.doctor.finding import Finding
from vst_core.doctor.privacy import homes
from vst_core.errors import ExitCode, InputError
from vst_core.shipped import load_installer

_SCARCE = 2 << 30  # bytes


def look_at_color() -> Iterator[Finding]:
    """The OCIO configuration, named by ``$OCIO`` or built in."""
    from vst_core.color.space import ColorConfig

    try:
        config = ColorConfig.load()
        config.working_space()
    except InputError as error:
        yield Finding.wrong("OCIO", error)
    else:
        yield Finding("OCIO", config.name if os.environ.get("OCIO") else f"$OCIO is not set: {config.name}")


def look_at_folders() -> Iterator[Finding]:
    """Folders that something is written to beside the frames."""
    import torch

    cache = Path(torch.hub.get_dir())
    for subject, folder, needed_for in (
        ("cache", cache, "downloaded weights"),
        *(("logs", home / ".cache" / "vst", "the worker's log") for home in homes()),
        ("temporary", Path(tempfile.gettempdir()), "temporary files"),
    ):
        yield _writable(subject, folder, needed_for)


def look_at_hosts() -> Iterator[Finding]:
    """Blender and Nuke, and whether the node is in them."""
    load_installer()
    from vst_install.errors import InstallError  # type: ignore[import-not-found]  # a name given by load_installer
    from vst_install.status import look  # type: ignore[import-not-found]

    try:
        found = look()
    except InstallError as error:  # a user without a home
        yield Finding("hosts", str(error), "note")
        return
    if not found:
        yield Finding("hosts", "neither Blender from 4.2 on nor Nuke was found", "note")
    for status in found:
        if status.problem:
            yield Finding(status.host, f"the node in {status.folder}: {status.problem}", "note", status.command)
        elif not status.version:
            yield Finding(status.host, f"not installed in {status.folder}", "note", status.command)
        else:
            worker = f", runs {status.worker}" if status.worker else ""
            yield Finding(status.host, f"has the node {status.version}{worker}")


def _writable(subject: str, folder: Path, needed_for: str) -> Finding:
    existing = next(each for each in (folder, *folder.parents) if each.exists())
    try:
        with tempfile.TemporaryFile(dir=existing) as file:
            file.write(b"x" * 4096)
            file.flush()
    except OSError as error:
        what = f"{folder}: cannot be written ({error.strerror}), for {needed_for}"
        return Finding(subject, what, "wrong", "give this user access to it, or free some space", ExitCode.OUTPUT)
    free = shutil.disk_usage(existing).free
    text = f"{folder}: writable, {free / 2**30:.1f} GiB free"
    return Finding(subject, text, "note", "make room") if free < _SCARCE else Finding(subject, text)

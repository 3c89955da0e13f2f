"""Disks that are full."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

_PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    """No file may grow beyond ``size`` bytes, as on a disk that is full there."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@contextmanager
def small_disk(folder: Path, size: int) -> Iterator[Path]:
    """A disk of so many bytes; a test is skipped where none may be mounted."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    if not (shutil.which("mount") and subprocess.run(mount, capture_output=True, check=False).returncode == 0):
        pytest.skip("nothing may be mounted here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@contextmanager
def quota(folder: Path, size: int) -> Iterator[Path]:
    """A folder that may hold so many bytes, of a disk that has room; a test is skipped where none can be made.

    The quota is that of a subvolume of Btrfs, which holds for root, too.
    """
    folder.mkdir()
    image, limited = folder.with_suffix(".img"), folder / "limited"
    with image.open("wb") as file:
        file.truncate(256 << 20)
    if shutil.which("btrfs", path=_PATH) is None or not _done("mkfs.btrfs", "-q", image):
        pytest.skip("Btrfs is not on this machine")
    if not _done("mount", "-o", "loop", image, folder):
        pytest.skip("nothing may be mounted here")
    try:
        made = (
            _done("btrfs", "quota", "enable", folder)
            and _done("btrfs", "subvolume", "create", limited)
            and _done("btrfs", "qgroup", "limit", size, limited)
        )
        assert made
        yield limited
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def _done(program: str, *arguments: object) -> bool:
    """Whether it could be run, and went well."""
    found = shutil.which(program, path=_PATH)
    command = [found or program, *map(str, arguments)]
    return found is not None and subprocess.run(command, capture_output=True, check=False).returncode == 0

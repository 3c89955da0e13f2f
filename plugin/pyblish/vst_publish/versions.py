"""A version of a shot: put together out of sight, and there all at once under the next free number."""

from __future__ import annotations

import atexit
import contextlib
import errno
import hashlib
import os
import re
import shutil
import stat
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

_NAME = re.compile(r"v(\d{3,})")
_READ_ONLY = 0o444
_STALE_SECONDS = 24 * 3600


class VersionError(Exception):
    """A version cannot be made; one line."""


def staging(instance: Any) -> Path:
    """The folder in which a shot's version is put together, made when first asked for.

    Raises:
        VersionError: nobody said where to publish to, or it cannot be written to.
    """
    if "vst_staging" not in instance.data:
        root = instance.context.data.get("vst_publish_to") or os.environ.get("VST_PUBLISH_TO")
        if not root:
            raise VersionError("the folder to publish to is not known; set VST_PUBLISH_TO")
        folder = Path(root) / instance.data["name"] / f".vst-{uuid4().hex}.tmp"
        with _told(folder):
            folder.mkdir(parents=True)
            _clean(folder.parent)
        atexit.register(_remove, folder)
        instance.data["vst_staging"] = folder
    made: Path = instance.data["vst_staging"]
    return made


def add(instance: Any, source: Path, sha256: str | None = None) -> None:
    """Copy a file into the version; where its hash is known, prove the copy.

    Raises:
        VersionError: it cannot be copied, or is not what it was any more.
    """
    target = staging(instance) / source.name
    with _told(target):
        shutil.copyfile(source, target)
        _flush(target)
        if sha256 is not None and _sha256(target) != sha256:
            raise VersionError(f"{source} changed while it was published")


def check_passed(instance: Any) -> None:
    """Refuse to make a version of a shot that something was wrong with: pyblish itself stops for validators alone.

    What a plug-in found last counts: the shot may have been repaired since.

    Raises:
        VersionError: naming what failed first.
    """
    done = [each for each in instance.context.data["results"] if not each["action"]]
    latest = {each["plugin"]: each for each in done if each["instance"] in (instance, None)}
    for result in latest.values():
        if result["error"]:
            raise VersionError(f"{result['plugin'].__name__} failed, so there is no version")


def commit(instance: Any, finish: Callable[[Path, Path], None]) -> Path:
    """Give the version its number and its name.

    Args:
        instance: the shot.
        finish: called with the staging folder and with the name that it will have.

    Returns:
        The version's folder.

    Raises:
        VersionError: it cannot be written.
    """
    folder = staging(instance)
    number = 1 + max(_numbers(folder.parent), default=0)
    while True:
        final = folder.parent / f"v{number:03d}"
        finish(folder, final)
        with _told(final):
            for file in folder.iterdir():
                _flush(file)
                file.chmod(_READ_ONLY)
            _flush(folder)
        try:
            if final.exists():
                raise FileExistsError
            folder.rename(final)  # fails where there is a version already; that is another publish's
        except OSError as error:
            if not final.exists():
                raise VersionError(f"{final} cannot be created ({error.strerror})") from None
            _make_writable(folder)  # or Windows would replace no file in it
            number += 1
            continue
        del instance.data["vst_staging"]
        with contextlib.suppress(OSError):
            _flush(final.parent)
        return final


def discard(instance: Any) -> None:
    """Remove what was put together of a version that will not be."""
    folder = instance.data.pop("vst_staging", None)
    if folder is not None:
        _remove(folder)


def _clean(root: Path) -> None:
    """Remove what a publish that was killed left behind; one that is still at work writes more often."""
    for folder in root.glob(".vst-*.tmp"):
        with contextlib.suppress(OSError):  # it may be finished, and renamed, just now
            if time.time() - max(path.stat().st_mtime for path in (folder, *folder.iterdir())) > _STALE_SECONDS:
                _remove(folder)


def _remove(folder: Path) -> None:
    """Remove what was put together; Windows removes nothing that is read-only."""
    _make_writable(folder)
    shutil.rmtree(folder, ignore_errors=True)


def _make_writable(folder: Path) -> None:
    with contextlib.suppress(OSError):  # it may not be there any more
        for file in folder.iterdir():
            file.chmod(file.stat().st_mode | stat.S_IWUSR)


def _numbers(root: Path) -> Iterator[int]:
    for path in root.iterdir():
        match = _NAME.fullmatch(path.name)
        if match:
            yield int(match[1])


@contextlib.contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise VersionError(
            f"{path} cannot be written ({error.strerror}); check the free space and permissions"
        ) from None


def _sha256(path: Path) -> str:
    sha = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            sha.update(block)
    return sha.hexdigest()


def _flush(path: Path) -> None:
    """See a file, or the names in a folder, onto the disk."""
    if os.name == "nt":
        return  # which opens no folders, and flushes only what is open for writing
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # what a share says that cannot do it for folders
            raise
    finally:
        os.close(descriptor)

"""Files that are whole or not there: written beside their final name, proven readable, then renamed.

Disk full in the last bytes of a file, a killed process or a broken network share leave no file under the final name:
a name that exists is a file that was read back whole. What a kill leaves is a hidden temporary file, which
``clean_temporaries`` removes.
"""

from __future__ import annotations

import contextlib
import errno
import filecmp
import os
import re
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from secrets import token_hex

from vst_core.errors import OutputError

_TEMPORARY = re.compile(r"\.(.+)\.vst-[0-9a-f]{16}\.tmp(\.[^.]+)?")
_STALE_SECONDS = 3600.0
# On Windows a file that anybody has open, such as a player or a virus scanner, can be given no name and takes none.
_PATIENCE_SECONDS = 5.0 if os.name == "nt" else 0.0
_LOOK_SECONDS = 0.05


def write_atomically(path: Path, write: Callable[[Path], object], verify: Callable[[Path], object]) -> None:
    """Write a file under a temporary name, verify it, and only then give it its name, replacing what was there.

    Args:
        path: the final name. The folder must exist; the temporary file lies in it, hidden, with the same extension.
        write: creates the file that it is given the name of.
        verify: reads that file back and raises an error of its own if it is not what was to be written.

    Raises:
        OutputError: the operating system refused something. Errors of ``write`` and ``verify`` pass through.
            In either case the final name is as it was before, and the temporary file is gone.
    """
    temporary = temporary_name(path)
    try:
        write(temporary)
        _flush(temporary)
        verify(temporary)
        _rename(temporary, path, verify)
        _flush_folder(path.parent)
    except OSError as error:
        raise OutputError(
            f"cannot be written ({error.strerror or error})",
            where=path,
            remedy="check that the folder exists, its free space and its permissions",
        ) from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def temporary_name(path: Path) -> Path:
    """A name of its own for a file on its way to its final name, which ``clean_temporaries`` knows."""
    return path.with_name(f".{path.stem}.vst-{token_hex(8)}.tmp{path.suffix}")


def write_bytes(path: Path, data: bytes) -> None:
    """Write a file atomically, proven by reading it back byte for byte.

    Args:
        path: see ``write_atomically``.
        data: all of it.

    Raises:
        OutputError: it could not be written whole.
    """

    def verify(written: Path) -> None:
        if written.read_bytes() != data:
            raise OutputError("was only partly written", where=path, remedy="check the disk and its free space")

    write_atomically(path, lambda temporary: temporary.write_bytes(data), verify)


def copy_atomically(source: Path, path: Path, before_naming: Callable[[Path], object]) -> None:
    """Give a file's bytes to another one atomically, proven by reading them back.

    Args:
        source: the file.
        path: see ``write_atomically``.
        before_naming: called with the copy, which was compared and has yet to get its name.

    Raises:
        OutputError: it could not be written whole.
    """

    def verify(written: Path) -> None:
        if not filecmp.cmp(source, written, shallow=False):
            raise OutputError("was only partly written", where=path, remedy="check the disk and its free space")
        before_naming(written)

    write_atomically(path, lambda temporary: shutil.copyfile(source, temporary), verify)


@contextlib.contextmanager
def scratch_file(path: Path) -> Iterator[Path]:
    """A file for the time being, which no disk can fill up under: in memory, where the system has such files.

    Elsewhere it lies beside ``path``, hidden, and ``clean_temporaries`` removes what a kill leaves of it.

    Args:
        path: what it will become a part of.
    """
    if hasattr(os, "memfd_create"):
        descriptor = os.memfd_create(path.name[:200])
        try:
            yield Path(f"/proc/self/fd/{descriptor}")
        finally:
            os.close(descriptor)
    else:
        beside = temporary_name(path)
        try:
            yield beside
        finally:
            beside.unlink(missing_ok=True)


def make_folder(folder: Path) -> None:
    """Make a folder, and those above it, where they are not there.

    Raises:
        OutputError: it cannot be made.
    """
    try:
        folder.absolute().mkdir(parents=True, exist_ok=True)
    except OSError as error:
        remedy = "choose another folder, or check its permissions and free space"
        raise OutputError(f"cannot be created ({error.strerror})", where=folder, remedy=remedy) from None


def write_texts(folder: Path, texts: Mapping[str, str]) -> None:
    """Write texts into a folder, which is made where it is not there.

    Args:
        folder: where to.
        texts: by the name of their file, which may lie in a folder within.

    Raises:
        OutputError: a file or a folder cannot be written.
    """
    for name, text in texts.items():
        path = folder / name
        make_folder(path.parent)
        write_bytes(path, text.encode())


def clean_temporaries(
    folder: Path, *, older_than: float = _STALE_SECONDS, of: Callable[[str], bool] = lambda _: True
) -> list[Path]:
    """Remove the temporary files that killed writers left in a folder.

    Args:
        folder: the folder; one that does not exist has none.
        older_than: only files not touched for this many seconds, so that writers still at work, on this machine or
            another, keep theirs. 0 is for a caller that knows to be the only one: all go, whatever the clocks say.
        of: only files that would have become one of a name that this accepts.

    Returns:
        What was removed.
    """
    removed = []
    latest = time.time() - older_than
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        for file in sorted(folder.iterdir()):
            match = _TEMPORARY.fullmatch(file.name)
            if match is None or not of(match[1] + (match[2] or "")):
                continue
            with contextlib.suppress(OSError):  # gone already, or not ours to remove: either way no reason to stop
                if not older_than or file.stat().st_mtime <= latest:
                    file.unlink()
                    removed.append(file)
    return removed


def _rename(temporary: Path, path: Path, verify: Callable[[Path], object]) -> None:
    """Give a file its name. Over NFS an answer can be lost, and the second try then finds nothing to rename."""
    end = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            temporary.replace(path)
        except FileNotFoundError:
            if not path.is_file():
                raise
            verify(path)
        except PermissionError:
            if time.monotonic() >= end:
                raise
            time.sleep(_LOOK_SECONDS)
            continue
        return


def _flush(path: Path) -> None:
    """Make the operating system write a file to the disk now; a full disk may only show here."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _flush_folder(folder: Path) -> None:
    """Make a rename in a folder survive a power cut."""
    if os.name == "nt":
        return  # Windows opens no folders; NTFS journals its renames
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # what a share says that cannot do it for folders
            raise
    finally:
        os.close(descriptor)

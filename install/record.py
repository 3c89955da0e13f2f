"""What an installation did to folders that are not its own, kept within the one that is, and how it is undone."""

from __future__ import annotations

import json
import shutil
from base64 import b64decode, b64encode
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from .block import has_block, without_block, write_whole
from .errors import OUTPUT, InstallError

NAME = "installed.json"


@dataclass(frozen=True)
class Record:
    """One installation. Paths are relative to ``folder`` where nothing else is said.

    Attributes:
        version: of what was installed.
        worker: the program of the worker; empty where the nodes look for it.
        folder: the host's.
        own: folder that belongs to the installation; the record is in it.
        ours: other files and folders of the installation, and what the host makes of them; patterns.
        absent: folders that were not there before, each after the one it lies in; absolute paths.
        caches: files that the host keeps up to date itself, with what they held before, None where there was none.
        blocks: files with a block, and whether they were made for it.
    """

    version: str
    worker: str
    folder: str
    own: str
    ours: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    caches: tuple[tuple[str, str | None], ...] = ()
    blocks: tuple[tuple[str, bool], ...] = ()

    def write(self) -> None:
        """Write it into the installation's own folder, which has to be there."""
        text = json.dumps(asdict(self), indent=2) + "\n"
        (Path(self.folder) / self.own / NAME).write_text(text, encoding="utf-8")

    def undo(self) -> None:
        """Put everything back. What is gone already is no error, so that half an installation can be undone, too.

        Raises:
            InstallError: something cannot be removed or written.
        """
        folder = Path(self.folder)
        try:
            for name, made in self.blocks:
                _take_out_block(folder / name, made=made)
            for name, content in self.caches:
                _put_back(folder / name, content)
            for pattern in (*self.ours, self.own):
                for path in folder.glob(pattern):
                    _remove(path)
            for name in reversed(self.absent):
                path = Path(name)
                if path.is_dir() and not any(path.iterdir()):
                    path.rmdir()
        except OSError as error:
            raise InstallError(
                f"cannot be restored ({error.strerror})", where=error.filename or folder, exit_code=OUTPUT
            ) from None


def read_record(folder: Path, own: str) -> Record | None:
    """The record of the installation in a host's folder, wherever that was when it was made; None if there is none.

    Raises:
        InstallError: it is damaged.
    """
    path = folder / own / NAME
    if not path.is_file():
        return None
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        lists = {name: tuple(value) for name, value in data.items() if isinstance(value, list)}
        pairs = {name: tuple(map(tuple, lists[name])) for name in ("caches", "blocks")}
        return replace(Record(**(data | lists | pairs)), folder=str(folder), own=own)
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise InstallError(f"is damaged ({error})", where=path, remedy=f"remove {path.parent} by hand") from None


def cached(path: Path) -> str | None:
    """What a cache holds, as a record keeps it."""
    return b64encode(path.read_bytes()).decode() if path.is_file() else None


def absent_folders(paths: Iterable[Path]) -> tuple[str, ...]:
    """Those of some folders, and of the folders they lie in, that are not there."""
    absent: dict[str, None] = {}
    for path in paths:
        for folder in (*reversed(path.parents), path):
            if not folder.exists():
                absent[str(folder)] = None
    return tuple(absent)


def _put_back(path: Path, content: str | None) -> None:
    if content is None:
        path.unlink(missing_ok=True)
    elif path.parent.is_dir():
        path.write_bytes(b64decode(content))


def _take_out_block(path: Path, *, made: bool) -> None:
    content = path.read_bytes() if path.is_file() else b""
    if not has_block(content):
        return
    left = without_block(content)
    if made and not left:
        path.unlink()
    else:
        write_whole(path, left)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()

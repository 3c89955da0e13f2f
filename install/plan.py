"""What is put where, and the doing of it."""

from __future__ import annotations

import shutil
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from .block import has_block, with_block, write_whole
from .errors import OUTPUT, InstallError
from .record import Record, absent_folders, cached, read_record

SHIPPED = Path(__file__).resolve().parents[1]
"""The folder with ``nodes`` and ``plugin``."""
WORKER_FILE = "worker.txt"
"""Names the program of the worker, beside the nodes."""


@dataclass(frozen=True)
class Plan:
    """One installation into one folder of a host. Names are paths relative to that folder.

    Attributes:
        host: what it is called, for messages.
        folder: the host's.
        own: folder that will belong to the installation alone.
        sources: by name within ``own``, files and folders that are copied or linked.
        ignored: patterns of names that are left out of copied folders.
        files: by name, files of our own with their text.
        blocks: by name, files of others with the lines of their block.
        made_by_host: patterns of what the host makes of all this.
        host_folders: where it does so.
        caches: files of the host that it rewrites for that.
    """

    host: str
    folder: Path
    own: str
    sources: Mapping[str, Path]
    ignored: tuple[str, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)
    blocks: Mapping[str, str] = field(default_factory=dict)
    made_by_host: tuple[str, ...] = ()
    host_folders: tuple[str, ...] = ()
    caches: tuple[str, ...] = ()

    def lines(self, *, link: bool) -> Iterator[str]:
        """What would be done, a line each."""
        own = self.folder / self.own
        for name, source in self.sources.items():
            yield f"{own / name}: {'a link to' if link else 'a copy of'} {source}"
        yield from (f"{self.folder / name}: a new file" for name in self.files)
        yield from (f"{self.folder / name}: a marked block" for name in self.blocks)

    def record(self) -> Record | None:
        """What is installed there; only blocks where the folder of the installation was removed by hand.

        Raises:
            InstallError: its record is damaged.
        """
        if (self.folder / self.own).exists():
            return read_record(self.folder, self.own)
        files = [(name, self.folder / name) for name in self.blocks]
        left = tuple((name, False) for name, file in files if file.is_file() and has_block(file.read_bytes()))
        return Record("", "", str(self.folder), self.own, blocks=left) if left else None

    def carry_out(self, version: str, worker: str, *, link: bool) -> None:
        """Install, in place of what an earlier installation left; whatever goes wrong, nothing of it stays.

        Raises:
            InstallError: something is in the way, or cannot be written.
        """
        before = self.record()
        if before is not None:
            before.undo()
        self._look()
        record = Record(
            version=version,
            worker=worker,
            folder=str(self.folder),
            own=self.own,
            ours=(*self.files, *self.made_by_host),
            absent=absent_folders(self._folders()),
            caches=tuple((name, cached(self.folder / name)) for name in self.caches),
            blocks=tuple((name, not (self.folder / name).exists()) for name in self.blocks),
        )
        try:
            (self.folder / self.own).mkdir(parents=True)
            record.write()  # first, so that whatever is interrupted can be undone
            self._put(worker, link=link)
        except OSError as error:
            record.undo()
            raise InstallError(
                f"cannot be written ({error.strerror})", where=error.filename or self.folder, exit_code=OUTPUT
            ) from None

    def _folders(self) -> Iterator[Path]:
        """All folders that the installation, or the host because of it, makes; not its own one."""
        for name in (self.own, *self.files, *self.blocks, *self.caches):
            yield (self.folder / name).parent
        yield from (self.folder / name for name in self.host_folders)

    def _look(self) -> None:
        for name in (self.own, *self.files):
            path = self.folder / name
            if path.exists() or path.is_symlink():
                raise InstallError(
                    "is there already, and 'vst install' did not make it", where=path, remedy="remove it first"
                )

    def _put(self, worker: str, *, link: bool) -> None:
        own = self.folder / self.own
        for name, source in self.sources.items():
            target = own / name
            if link:
                target.symlink_to(source, target_is_directory=source.is_dir())
            else:
                copy(source, target, self.ignored)
        if worker:
            (own / WORKER_FILE).write_text(worker + "\n", encoding="utf-8")
        for name, text in self.files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        for name, lines in self.blocks.items():
            path = self.folder / name
            write_whole(path, with_block(path.read_bytes() if path.exists() else b"", lines))


def copy(source: Path, target: Path, ignored: tuple[str, ...]) -> None:
    """A copy of a file or a folder that can be taken away again, also where vst itself is read-only."""
    if source.is_file():
        shutil.copyfile(source, target)
        return
    ignore = shutil.ignore_patterns("__pycache__", *ignored)
    shutil.copytree(source, target, ignore=ignore, copy_function=shutil.copyfile)
    for folder in (target, *(path for path in target.rglob("*") if path.is_dir())):
        folder.chmod(folder.stat().st_mode | stat.S_IWUSR)

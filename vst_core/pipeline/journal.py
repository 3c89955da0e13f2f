"""Journals: a line is added for every run and every frame, and the manifest beside the frames is made of them.

Each claim on a shot has a journal in its own folder, so that chunks which are rendered beside one another never write
to one file. A line is on the disk before its frame has its name: what has a name is recorded. What a kill leaves of a
line is no entry, and is stepped over.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path, PureWindowsPath
from typing import BinaryIO

from filelock import FileLock, Timeout
from pydantic import ValidationError

from vst_core.atomic_file import clean_temporaries, write_bytes
from vst_core.errors import InputError, OutputError
from vst_core.pipeline.claim import chunk_folders, hidden_folder, shot_name
from vst_core.pipeline.manifest import LARGEST, Entry, Manifest, merge, read_manifest
from vst_core.sequence import FrameSequence

_NAME = "journal.jsonl"
_SUFFIX = ".manifest.json"
_HIDDEN = re.compile(r"\.(.+)\.vst")
_LOCK = "manifest.lock"
_LOCK_SECONDS = 30.0


def manifest_path(output: FrameSequence) -> Path:
    """Where the manifest of a shot lies."""
    return output.folder / f"{shot_name(output)}{_SUFFIX}"


def _refuse(error: InputError) -> None:
    raise error


def find_shots(target: str | Path, on_damaged: Callable[[InputError], object] = _refuse) -> list[FrameSequence]:
    """The frames that someone means by a pattern, a manifest, or a folder with rendered frames.

    A shot in a folder is known by its manifest; one that has none yet, or a damaged one, by its journals.

    Args:
        target: what someone named.
        on_damaged: called with what is wrong for each shot that is known by neither; it is raised when left out.

    Raises:
        InputError: there is no such folder, or no shot in it.
        SettingsError: the pattern is malformed.
    """
    path = Path(target)
    if path.name.endswith(_SUFFIX):
        return [FrameSequence.parse(path.parent / read_manifest(path).files)]
    if not path.is_dir():
        return [_named(target)]
    found: list[FrameSequence] = []
    damaged: list[InputError] = []
    for name in _shots_in(path):
        try:
            found += _known_by(path, name)
        except InputError as error:
            damaged.append(error)
    if not found and not damaged:
        raise InputError("has no manifest", where=path, remedy="name the frames, for example out.####.exr")
    for each in damaged:
        on_damaged(each)
    return found


def append(folder: Path, entry: Entry) -> None:
    """Add a line to the journal of a claim, and see it onto the disk.

    Raises:
        OutputError: it cannot be written; what came of the line counts for nothing.
    """
    path = folder / _NAME
    line = entry.model_dump_json(exclude_none=True).encode() + b"\n"
    try:
        with path.open("ab+") as file:
            file.write(line if _ends_a_line(file) else b"\n" + line)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise OutputError(
            f"cannot be written ({error.strerror})", where=path, remedy="check the free space and permissions"
        ) from None


def gather(output: FrameSequence) -> Manifest:
    """All that is known of a shot, from its journals and the manifest beside its frames; empty where nothing is.

    A damaged manifest counts for nothing, as a damaged line does: their frames are not recorded then.
    """
    return merge(_names(output), [_beside(output), *_journals(hidden_folder(output))])


def publish(output: FrameSequence) -> Manifest:
    """Bring the manifest beside the frames up to date; one that is already is not touched.

    Returns:
        What it says now.

    Raises:
        OutputError: it cannot be written.
    """
    path = manifest_path(output)
    with _alone(output):
        manifest = gather(output)
        data, found = manifest.as_bytes(), path.read_bytes() if path.is_file() else b""
        if data != found and (found or manifest.frames):
            write_bytes(path, data)
    return manifest


def tidy(output: FrameSequence) -> None:
    """Remove what a kill left of a manifest.

    Raises:
        OutputError: it cannot be written here.
    """
    with _alone(output):
        clean_temporaries(output.folder, older_than=0, of=lambda name: name == manifest_path(output).name)


@contextmanager
def _alone(output: FrameSequence) -> Iterator[None]:
    """One writes the manifest at a time, so that none puts an older state in place of a newer one."""
    try:
        with FileLock(hidden_folder(output) / _LOCK, timeout=_LOCK_SECONDS):
            yield
    except (OSError, Timeout) as error:
        path = manifest_path(output)
        raise OutputError(f"cannot be written ({error})", where=path, remedy="render the shot again") from None


def _named(target: str | Path) -> FrameSequence:
    """Frames by their pattern. What is neither there nor an EXR was meant to be a folder."""
    path, shot = Path(target), None if str(target).endswith(("/", os.sep)) else FrameSequence.parse(target)
    if shot is None or (shot.only is not None and not path.exists() and path.suffix.lower() != ".exr"):
        raise InputError("no such folder", where=target, remedy="name the frames, for example out.####.exr")
    return shot


def _shots_in(folder: Path) -> list[str]:
    """The names of the shots that have a manifest or a hidden folder."""
    try:
        names = [path.name for path in folder.iterdir()]
    except OSError as error:
        raise InputError(f"cannot be listed ({error.strerror})", where=folder) from None
    shown = {name.removesuffix(_SUFFIX) for name in names if name.endswith(_SUFFIX)}
    hidden = {match[1] for name in names if (match := _HIDDEN.fullmatch(name))}
    return sorted(shown | hidden)


def _known_by(folder: Path, name: str) -> list[FrameSequence]:
    """The shot of a name; none where there is no manifest, and no frame that a journal knows.

    Raises:
        InputError: the manifest is damaged, and no journal knows of it.
    """
    manifest = folder / f"{name}{_SUFFIX}"
    try:
        return [FrameSequence.parse(folder / read_manifest(manifest).files)]
    except InputError:
        for entry in chain.from_iterable(_journals(folder / f".{name}.vst")):
            if entry.run is not None:
                shot = FrameSequence.parse(folder / _name_of(entry.run.settings["output"]["pattern"]))
                if shot.frames_on_disk():
                    return [shot]
        if manifest.exists():
            raise
        return []


def _name_of(pattern: str) -> str:
    """The name in the whole path of a render that may have been on Windows, and is looked at elsewhere."""
    windows = PureWindowsPath(pattern)
    return (windows if windows.is_absolute() else Path(pattern)).name


def _journals(shot: Path) -> list[Iterator[Entry]]:
    """What the journals in a shot's hidden folder say."""
    folders = [shot, *(folder for folder, _ in chunk_folders(shot))] if shot.is_dir() else []
    return [_entries(folder / _NAME) for folder in folders]


def _names(output: FrameSequence) -> str:
    return Path(output.pattern).name


def _beside(output: FrameSequence) -> Iterator[Entry]:
    """The manifest as entries, so that it speaks for journals that were removed."""
    try:
        manifest = read_manifest(manifest_path(output))
    except InputError:
        return
    yield from (Entry(run=run) for run in manifest.runs)
    yield from (Entry(frame=record) for record in manifest.frames)


def _entries(path: Path) -> Iterator[Entry]:
    try:
        if path.stat().st_size > LARGEST:
            return
        lines = path.read_bytes().splitlines()
    except OSError:
        return
    for line in lines:
        try:
            yield Entry.model_validate_json(line)
        except ValidationError:
            continue


def _ends_a_line(file: BinaryIO) -> bool:
    """Whether a new line can follow; not so where a kill cut off the last one."""
    if file.seek(0, os.SEEK_END) == 0:
        return True
    file.seek(-1, os.SEEK_END)
    return file.read(1) == b"\n"

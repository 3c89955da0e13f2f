"""Whether results can be written where they are to go: looked at before the first frame, without writing anything."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path

from vst_core.errors import OutputError, SettingsError
from vst_core.frames import FrameRange, counted
from vst_core.pipeline.beside import Beside
from vst_core.pipeline.journal import gather, manifest_path
from vst_core.sequence import LONGEST_NAME, FrameSequence
from vst_core.settings import RenderSettings

ROOT = "VST_OUTPUT_ROOT"
"""Names the folder that no result may leave, where a farm or a studio sets it."""

_WHILE_WRITTEN = len("..vst-0123456789abcdef.tmp")  # what a name is longer by until its file is proven
_SMALLEST = 1 << 16
_FULL = (errno.ENOSPC, errno.EDQUOT)


def check_output(frames: FrameRange, plate: FrameSequence, output: FrameSequence, *beside: Beside) -> None:
    """Check that results can be written.

    Args:
        frames: their numbers.
        plate: what they are made of.
        output: where they go.
        beside: what else is read.

    Raises:
        SettingsError: the output is not EXR, is one file for many frames, has ``..`` in its name, or is an input.
        OutputError: the folder cannot be created or written to, it lies outside ``$VST_OUTPUT_ROOT``, a name is too
            long, or other frames have the same manifest.
    """
    if not output.pattern.lower().endswith(".exr"):
        raise SettingsError("only EXR can be written", where=output.pattern, remedy="end the output name in .exr")
    output.check_output(frames)
    _check_names(frames, output)
    for name, path in (("plate", plate.path), *(("input", each.path) for each in beside)):
        if any(_is_same(output.path(frame), path(frame)) for frame in frames):
            what = f"output and {name} are the same files"
            raise SettingsError(what, where=output.pattern, remedy="choose another output")
    existing = _existing(output)
    if not existing.is_dir():
        what = "is a file, not a folder" if existing.exists() else "is a broken link"
        raise OutputError(what, where=existing, remedy="choose another output folder")
    if not os.access(existing, os.W_OK | os.X_OK):
        raise OutputError(
            "cannot be written to", where=existing, remedy="change its permissions or choose another folder"
        )
    _check_root(output.folder)
    _check_manifest(output)


def check_space(settings: RenderSettings, frames: FrameRange, plate: FrameSequence, output: FrameSequence) -> None:
    """Check that the disk has room for the frames that are still to be made, as far as the plate tells.

    Raises:
        OutputError: it has not.
    """
    to_come = [frame for frame in frames if not output.path(frame).exists()]
    needed = sum(least_size(settings, plate.path(frame)) for frame in to_come)
    existing = _existing(output)
    free = shutil.disk_usage(existing).free
    if free < needed:
        raise OutputError(
            f"{counted(len(to_come), 'frame')} will take {_spell(needed)} at least, but only {_spell(free)} are free",
            where=existing,
            remedy="free some space, choose another folder, or give fewer --frames",
        )


def least_size(settings: RenderSettings, plate: Path) -> int:
    """Bytes that a frame will take at least: half the plate's, if all that is in there goes into it packed alike."""
    output = settings.output
    if (output.layers, output.data_type, output.compression) != ("plate", "plate", "plate") or not plate.is_file():
        return _SMALLEST
    return max(_SMALLEST, plate.stat().st_size // 2)


def reserve(folder: Path, size: int) -> None:
    """See that there is room for one more file, which also tells what a quota leaves; it is given back at once.

    Args:
        folder: where files can be made.
        size: bytes.

    Raises:
        OutputError: there is none.
    """
    if not (hasattr(os, "posix_fallocate") and hasattr(os, "O_TMPFILE")):
        return
    try:
        descriptor = os.open(folder, os.O_RDWR | os.O_TMPFILE, 0o600)
    except OSError:
        return  # a file system without nameless files: writing will tell
    try:
        os.posix_fallocate(descriptor, 0, size)
    except OSError as error:
        if error.errno in _FULL:
            what = f"there is no space for a frame of {_spell(size)} or more ({error.strerror})"
            raise OutputError(what, where=folder.parent, remedy="free some space, or choose another folder") from None
    finally:
        os.close(descriptor)


def _is_same(one: Path, other: Path) -> bool:
    """Whether two names are of one file, which on macOS and Windows they also are where only their case differs."""
    try:
        return one.samefile(other)
    except OSError:  # they are not both there
        return os.path.realpath(one) == os.path.realpath(other)


def _check_names(frames: FrameRange, output: FrameSequence) -> None:
    """Until a file is proven its name is longer: what is too long then would only show at the first frame."""
    for path in (output.path(frames.first), output.path(frames.last), manifest_path(output)):
        if len(os.fsencode(path.name)) > LONGEST_NAME - _WHILE_WRITTEN:
            what = f"is too long: the name of an output has at most {LONGEST_NAME - _WHILE_WRITTEN} bytes"
            raise OutputError(what, where=f"{path.name[:100]}…", remedy="shorten it")


def _check_manifest(output: FrameSequence) -> None:
    """Names that differ only in what stands around the frame number, or in that they have none, have one manifest."""
    others = (each.file for each in gather(output).frames if each.file != output.path(each.frame).name)
    if (other := next((name for name in others if (output.folder / name).is_file()), None)) is not None:
        raise OutputError(
            f"would share a manifest with {other}", where=output.pattern, remedy="choose another output or folder"
        )


def _check_root(folder: Path) -> None:
    named = os.environ.get(ROOT)
    if not named:
        return
    root, real = Path(named).resolve(), folder.resolve()
    if not real.is_relative_to(root):
        how = "" if real == folder.absolute() else f", being {real}"
        raise OutputError(f"lies outside ${ROOT}, {root}{how}", where=folder, remedy="name a folder in it")


def _existing(output: FrameSequence) -> Path:
    """The folder, or the nearest one above it that there is."""
    folder = output.folder.absolute()
    return next(parent for parent in (folder, *folder.parents) if os.path.lexists(parent))


def _spell(size: float) -> str:
    unit = next((unit for unit in (30, 20) if size >= 1 << unit), 10)
    return f"{size / (1 << unit):.1f} {({30: 'GiB', 20: 'MiB', 10: 'KiB'})[unit]}"

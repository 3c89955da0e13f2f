"""The plate: Blender renders the scene frame by frame, and the node writes what is linked to it."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import bpy  # type: ignore[import-not-found]

from ..errors import WorkerError
from ..exr_header import check_exr, is_whole
from .borrowed import borrowed, is_borrowed
from .shot import MOTION, PLATE, Shot


def dump_plate(shot: Shot, folder: Path, *, windowed: bool) -> Generator[int, None, None]:
    """Render the plate's frames that are not there yet.

    Args:
        shot: the shot.
        folder: where the plate goes.
        windowed: let Blender render beside its window, instead of waiting for it.

    Yields:
        How many frames are there, after each of them and, with a window, whenever it may be drawn. Where the artist
        stops Blender's rendering, no more follow.

    Raises:
        WorkerError: a frame was not rendered or not written whole.
    """
    for done, frame in enumerate(range(shot.first, shot.last + 1)):
        stems = (PLATE, MOTION) if shot.has_vectors else (PLATE,)
        paths = [folder / f"{stem}.{frame:04d}.exr" for stem in stems]
        if not all(is_whole(path) for path in paths):
            yield done
            while windowed and (is_borrowed() or bpy.app.is_job_running("RENDER")):
                yield done  # Blender renders one thing at a time
            with borrowed(shot, frame, folder) as scene:
                whole = yield from _render(scene, done, windowed=windowed)
            if not whole:
                return
            if windowed:
                yield done
            for path in paths:
                _check(path, frame)
        yield done + 1


def _check(path: Path, frame: int) -> None:
    if not path.exists():
        raise WorkerError(f"frame {frame}: Blender did not render it; render the frame yourself to see why")
    try:
        check_exr(path)
    except WorkerError:
        raise WorkerError(f"frame {frame}: {path} was only partly written; check the free space") from None


def _render(scene: str, done: int, *, windowed: bool) -> Generator[int, None, bool]:
    """Render the scene; with a window, yields how many frames are done as long as that takes.

    Returns:
        Whether it came to the end: the artist can stop it.

    Raises:
        WorkerError: Blender would not.
    """
    stopped = bpy.app.handlers.render_cancel
    whole = [True]

    def note(*_: object) -> None:
        whole[0] = False

    stopped.append(note)
    try:
        if windowed:
            yield done  # the window may draw between what takes its time
        _begin(scene, windowed=windowed)
        while windowed and bpy.app.is_job_running("RENDER"):
            yield done
    except RuntimeError as error:
        line = " ".join(str(error).replace("Error:", "").split())
        raise WorkerError(f"Blender cannot render the scene ({line})") from None
    finally:
        if note in stopped:  # another file takes it away
            stopped.remove(note)
    return whole[0]


def _begin(scene: str, *, windowed: bool) -> None:
    if not windowed:
        bpy.ops.render.render(animation=True, scene=scene)
        return
    preferences = bpy.context.preferences
    display, unsaved = preferences.view.render_display_type, preferences.is_dirty
    preferences.view.render_display_type = "NONE"
    try:
        bpy.ops.render.render("INVOKE_DEFAULT", animation=True, scene=scene)
    finally:
        preferences.view.render_display_type, preferences.is_dirty = display, unsaved

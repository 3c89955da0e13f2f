"""The plate: Blender renders the scene frame by frame, and the node writes what is linked to it."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import bpy  # type: ignore[import-not-found]

from ..errors import WorkerError
from ..exr_header import check_exr, is_whole
from .shot import MOTION, PLATE, Shot
from .tree import add_dump, find_node, remove_dump

_RENDER = ("frame_start", "frame_end", "frame_step")
_BESIDE = "beside"  # what the scene itself would write


def dump_plate(shot: Shot, folder: Path, *, windowed: bool) -> Generator[int, None, None]:
    """Render the plate's frames that are not there yet.

    Args:
        shot: the shot.
        folder: where the plate goes.
        windowed: let Blender render beside its window, instead of waiting for it.

    Yields:
        How many frames are there, after each of them and, with a window, whenever it may be drawn.

    Raises:
        WorkerError: a frame was not rendered or not written whole.
    """
    for done, frame in enumerate(range(shot.first, shot.last + 1)):
        stems = (PLATE, MOTION) if shot.has_vectors else (PLATE,)
        paths = [folder / f"{stem}.{frame:04d}.exr" for stem in stems]
        if not all(is_whole(path) for path in paths):
            yield done
            with _one_frame(shot, frame, folder):
                yield from (done for _ in _render(shot.scene, windowed=windowed))
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
        raise WorkerError(f"frame {frame}: {path} was not written whole; check the free space") from None


@contextlib.contextmanager
def _one_frame(shot: Shot, frame: int, folder: Path) -> Iterator[None]:
    """The scene set to render this frame as an animation, which leaves the current frame alone; put back afterwards."""
    beside = folder / _BESIDE
    scene = bpy.data.scenes[shot.scene]
    before = {name: getattr(scene, name) for name in _RENDER}
    filepath, display = scene.render.filepath, bpy.context.preferences.view.render_display_type
    tree = _inner_tree(shot)
    try:
        scene.frame_start = scene.frame_end = frame
        scene.frame_start, scene.frame_step = frame, 1
        scene.render.filepath = str(beside / "frame.")
        bpy.context.preferences.view.render_display_type = "NONE"
        add_dump(tree, folder, PLATE, MOTION if shot.has_vectors else None)
        yield
    finally:
        bpy.context.preferences.view.render_display_type = display
        scene = bpy.data.scenes.get(shot.scene)  # an undo may have made another one of it
        if scene is not None:
            scene.render.filepath = filepath
            scene.frame_end = before["frame_end"]
            for name, value in before.items():
                setattr(scene, name, value)
        found = find_node(shot.uid)
        if found is not None and found[1].node_tree is not None:
            remove_dump(found[1].node_tree)
        shutil.rmtree(beside, ignore_errors=True)


def _inner_tree(shot: Shot) -> Any:
    found = find_node(shot.uid)
    if found is None:
        raise WorkerError("the node was deleted; the frames that are done stay")
    return found[1].node_tree


def _render(scene: str, *, windowed: bool) -> Iterator[None]:
    """Render the scene; with a window, yields as long as that takes.

    Raises:
        WorkerError: Blender would not.
    """
    try:
        if not windowed:
            bpy.ops.render.render(animation=True, scene=scene)
            return
        yield  # the window may draw between what takes its time
        bpy.ops.render.render("INVOKE_DEFAULT", animation=True, scene=scene)
    except RuntimeError as error:
        line = " ".join(str(error).replace("Error:", "").split())
        raise WorkerError(f"Blender cannot render the scene ({line})") from None
    while bpy.app.is_job_running("RENDER"):
        yield

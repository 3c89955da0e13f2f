"""What a run borrows of the artist's scene while Blender renders a frame of the plate, and gives back.

What was there before is kept on the scene itself. So whatever the artist does meanwhile, no file is saved and no step
of the undo is left with what is borrowed.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bpy  # type: ignore[import-not-found]

from ..errors import WorkerError
from .shot import BEFORE, MOTION, PLATE, Shot
from .tree import add_dump, find_node, remove_dump
from .versions import OWN, scene_of

_BESIDE = "beside"  # what the scene itself would write
_FRAMES, _RENDER = ("frame_start", "frame_end", "frame_step"), ("filepath", "use_sequencer")
_at: tuple[int, Path] | None = None  # frame and folder of the frame that is being rendered


@contextlib.contextmanager
def borrowed(shot: Shot, frame: int, folder: Path) -> Iterator[str]:
    """The scene, by its name, set to render this frame as an animation, which leaves the current frame alone.

    Args:
        shot: the shot.
        frame: the frame.
        folder: where the node writes what is linked to it.

    Raises:
        WorkerError: the node was deleted.
    """
    global _at
    found = find_node(shot.uid)
    if found is None or found[1].node_tree is None:
        raise WorkerError("the node was deleted; finished frames are kept")
    scene = scene_of(found[0], bpy.data.scenes.get(shot.scene) or bpy.context.scene)  # which may be renamed
    _at = frame, folder
    try:
        before = {name: getattr(scene, name) for name in _FRAMES}
        scene[BEFORE] = before | {name: getattr(scene.render, name) for name in _RENDER}
        _borrow()
        add_dump(found[1].node_tree, folder, PLATE, MOTION if shot.has_vectors else None)
        yield scene.name
    finally:
        _at = None
        give_back()
        shutil.rmtree(folder / _BESIDE, ignore_errors=True)


def is_borrowed() -> bool:
    """Whether a run is at a frame."""
    return _at is not None


def give_back() -> None:
    """Put back whatever is borrowed, in every scene and node that has been copied from one, too."""
    _lend()
    for scene in _borrowed_scenes():
        del scene[BEFORE]
    for tree in bpy.data.node_groups:
        if tree.get(OWN) and tree.library is None:
            remove_dump(tree)


def _borrow() -> None:
    if _at is None:
        return
    frame, folder = _at
    for scene in _borrowed_scenes():
        scene.frame_start = scene.frame_end = frame
        scene.frame_start, scene.frame_step = frame, 1
        scene.render.filepath = str(folder / _BESIDE / "frame.")
        scene.render.use_sequencer = False  # with strips on its timeline, Blender would render those


def _lend() -> None:
    for scene in _borrowed_scenes():
        before = scene[BEFORE]
        scene.frame_end = before["frame_end"]
        for name in _FRAMES:
            setattr(scene, name, before[name])
        for name in _RENDER:
            setattr(scene.render, name, before[name])


def _borrowed_scenes() -> list[Any]:
    return [scene for scene in bpy.data.scenes if BEFORE in scene and scene.library is None]


@bpy.app.handlers.persistent  # type: ignore[untyped-decorator]
def _before_save(*_: object) -> None:
    """The tree stays, or the frame that is being rendered would not be written; whoever opens the file mends it."""
    _lend()


@bpy.app.handlers.persistent  # type: ignore[untyped-decorator]
def _after_save(*_: object) -> None:
    _borrow()


@bpy.app.handlers.persistent  # type: ignore[untyped-decorator]
def _other_data(*_: object) -> None:
    give_back()


_HANDLERS = {
    "save_pre": _before_save,
    "save_post": _after_save,
    "save_post_fail": _after_save,
    "load_post": _other_data,
    "undo_post": _other_data,
    "redo_post": _other_data,
}


def watch() -> None:
    """Look after files that are saved and steps that are undone, from now on."""
    for name, handler in _HANDLERS.items():
        getattr(bpy.app.handlers, name).append(handler)


def stop_watching() -> None:
    """Look no longer."""
    for name, handler in _HANDLERS.items():
        getattr(bpy.app.handlers, name).remove(handler)

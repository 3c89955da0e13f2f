"""A shot as a node describes it: its frames, where they come from and where the results go."""

from __future__ import annotations

import contextlib
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bpy  # type: ignore[import-not-found]

from ..errors import WorkerError
from ..folders import Version, safe_name, unfinished, without_upwards
from .preferences import preferences
from .versions import working_space

PLATE, MOTION = "plate", "motion"
BEFORE = "vst_before"
"""Property of a scene that a run has changed for a frame, with what was there before."""
LINEAR = "Linear Rec.709"
_INTEROP = {
    "lin_rec709_scene": (LINEAR,),
    "lin_ap1_scene": ("ACEScg",),
    "lin_ap0_scene": ("ACES2065-1",),
    "lin_rec2020_scene": ("Linear Rec.2020",),
    "lin_p3d65_scene": ("Linear DCI-P3 D65", "Linear P3-D65"),
}


@dataclass(frozen=True)
class Shot:
    """What a run needs to know, taken from Blender once.

    Attributes:
        uid: identity of the node.
        scene: name of the scene.
        first: first frame, as files are numbered.
        last: last frame.
        shift: what to add to a file's number for the frame of the scene.
        pattern: the plate on disk; None where Blender renders it.
        root: folder of the versions.
        stem: name of the files.
        has_vectors: whether Blender renders the motion with the plate.
        settings: of the engine, without plate and output.
        origin: what else makes it another shot: file and scene, and the size in which Blender renders.
    """

    uid: str
    scene: str
    first: int
    last: int
    shift: int
    pattern: str | None
    root: Path
    stem: str
    has_vectors: bool
    settings: dict[str, Any]
    origin: dict[str, Any]

    @property
    def frames(self) -> int:
        """How many."""
        return self.last - self.first + 1

    @property
    def identity(self) -> dict[str, Any]:
        """What decides whether an unfinished version can be gone on with."""
        return {**self.settings, "plate": self.pattern, "origin": self.origin}

    def engine_settings(self, version: Path, plate: Path) -> dict[str, Any]:
        """The settings of the render of a version, its plate in a folder where Blender renders it."""
        output = {**self.settings["output"], "pattern": str(version / f"{self.stem}.####.exr")}
        settings = {**self.settings, "plate": self.pattern or str(plate / f"{PLATE}.####.exr"), "output": output}
        if self.has_vectors:
            settings["flow"] = {**self.settings["flow"], "source": str(plate / f"{MOTION}.####.exr")}
        return settings


def read_shot(scene: Any, node: Any) -> Shot:
    """The shot of a node, taken as it is now.

    Raises:
        WorkerError: something that belongs to it is not there.
    """
    settings = node.settings
    first, last = frame_range(scene, settings)
    pattern, shift = plate_pattern(settings)
    own = settings.engine_settings()
    own["frames"] = f"{first - shift}-{last - shift}"
    own["device"] = preferences().device
    own["output"] = {**own.get("output", {}), "layers": "color"}  # all that the node shows; the rest is in the plate
    if pattern is None and "color_space" not in own:
        own["color_space"] = plate_space()
    return Shot(
        uid=node.uid,
        scene=scene.name,
        first=first - shift,
        last=last - shift,
        shift=shift,
        pattern=pattern,
        root=output_root(node),
        stem=_stem(node),
        has_vectors=pattern is None and settings.temporal and settings.flow_source == "vectors",
        settings=own,
        origin=_origin(scene, node, rendered=pattern is None),
    )


def started_version(scene: Any, node: Any) -> Version | None:
    """The version that a run of the node would go on with; None where it would begin one."""
    try:
        shot = read_shot(scene, node)
    except WorkerError:
        return None
    return unfinished(shot.root, shot.identity)


def frame_range(scene: Any, settings: Any) -> tuple[int, int]:
    """First and last frame of the scene that are stylised."""
    if settings.use_scene_range:
        before = scene.get(BEFORE)  # another node renders a frame of it
        return (before["frame_start"], before["frame_end"]) if before else (scene.frame_start, scene.frame_end)
    return settings.first, settings.last


def output_root(node: Any) -> Path:
    """Folder of the versions of a node."""
    return without_upwards(Path(bpy.path.abspath(node.settings.folder))) / safe_name(node.name)


def plate_space() -> str:
    """The colour space of what Blender renders, as the engine knows it."""
    space = working_space()
    return "lin_rec709_scene" if space is None else (space[1] or space[0])


def blender_space(interop_id: str) -> str | None:
    """Blender's name of a colour space; None where it has none."""
    items = bpy.types.ColorManagedInputColorspaceSettings.bl_rna.properties["name"].enum_items
    known = {item.identifier for item in items}
    space = working_space()
    own = (space[0],) if space is not None and space[1] == interop_id else ()
    return next((name for name in (*own, *_INTEROP.get(interop_id, ()), interop_id) if name in known), None)


def _stem(node: Any) -> str:
    file = Path(bpy.data.filepath).stem if bpy.data.is_saved else "untitled"
    return safe_name(f"{file}.{node.name}")


def _origin(scene: Any, node: Any, *, rendered: bool) -> dict[str, Any]:
    file = bpy.data.filepath or node.uid
    with contextlib.suppress(ValueError):  # on another drive than its output
        file = os.path.relpath(file, output_root(node)) if bpy.data.is_saved else file  # they may move together
    size = (scene.render.resolution_x, scene.render.resolution_y, scene.render.resolution_percentage)
    return {"file": file, "scene": scene.name, "size": size if rendered else None}


def plate_pattern(settings: Any) -> tuple[str | None, int]:
    """The pattern of the plate on disk, and what its numbers are behind the scene's."""
    if settings.source == "RENDER":
        return None, 0
    if settings.source == "SEQUENCE":
        return bpy.path.abspath(settings.pattern), 0
    clip = settings.clip
    if clip is None:
        raise WorkerError("no movie clip is chosen; choose one")
    path = Path(bpy.path.abspath(clip.filepath))
    numbers = re.findall(r"\d+", path.stem)
    if not numbers:
        raise WorkerError(f"{path} has no number; choose a clip of an image sequence")
    number = numbers[-1]
    head, _, tail = path.stem.rpartition(number)
    shift = clip.frame_start - clip.frame_offset - int(number)
    return str(path.with_name(f"{head}{'#' * len(number)}{tail}{path.suffix}")), shift

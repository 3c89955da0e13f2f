"""What would spoil a run, found before a frame is rendered, each with what mends it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bpy  # type: ignore[import-not-found]

from ..errors import WorkerError
from ..folders import is_writable
from .mending import camera_moves, linked_to, render_layers, view_layer
from .shot import frame_range, output_root
from .styles import FILE
from .versions import IS_5, working_space
from .workers import find_program


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong.

    Attributes:
        line: what, and what to do.
        mend: name of what mends it, for the operator ``vst.mend``; empty where only the artist can.
        button: the text on its button.
        stops: whether no run can begin.
    """

    line: str
    mend: str = ""
    button: str = ""
    stops: bool = True


def find_problems(scene: Any, tree: Any, node: Any) -> list[Problem]:
    """Everything that is wrong with a node, what stops a run first. Looks only, and is quick enough for a panel."""
    found = [problem for check in _CHECKS for problem in check(scene, tree, node)]
    return sorted(found, key=lambda problem: not problem.stops)


def _file(_scene: Any, tree: Any, node: Any) -> Iterator[Problem]:
    if tree.library is not None or (node.node_tree is not None and node.node_tree.library is not None):
        yield Problem("the node is linked from another file and cannot be changed here; append it, or make it local")
    folder = node.settings.folder
    if folder.startswith("//") and not bpy.data.is_saved:
        yield Problem("the file has never been saved, so it has no folder for the frames; save it", "save", "Save")
    elif not folder:
        yield Problem("there is no output folder; choose one", "folder", "Use //stylized/")
    elif not is_writable(output_root(node)):
        where = output_root(node)
        yield Problem(f"{where} cannot be written; choose another output folder", "folder", "Use //stylized/")


def _worker(_scene: Any, _tree: Any, _node: Any) -> Iterator[Problem]:
    try:
        find_program()
    except WorkerError as error:
        yield Problem(str(error), "preferences", "Preferences")


def _frames(scene: Any, _tree: Any, node: Any) -> Iterator[Problem]:
    first, last = frame_range(scene, node.settings)
    if first > last:
        yield Problem(f"the range {first}-{last} has no frame; correct it", "range", "Use Scene Range")
    elif first < 0:
        yield Problem(f"frame {first} is negative, which files cannot be numbered by; begin at 0 or later")
    if scene.frame_step != 1:
        line = f"frame step is {scene.frame_step}; every frame is stylised, since vectors lead from frame to frame"
        yield Problem(line, "step", "Use Step 1", stops=False)


def _styles(_scene: Any, _tree: Any, node: Any) -> Iterator[Problem]:
    settings = node.settings
    if not settings.styles:
        yield Problem("there is no style; add one", "style", "Add Oil")
    for entry in settings.styles:
        if entry.style == FILE and not entry.other:
            yield Problem("a style is set to Other and has no file or name; give it one")
        elif settings.method == "optimization" and not Path(entry.spelled()).is_file():
            what = f"the optimisation paints after an image, and {entry.spelled()!r} is none"
            yield Problem(f"{what}; choose a file, or the method Feedforward", "method", "Use Feedforward")


def _plate(scene: Any, tree: Any, node: Any) -> Iterator[Problem]:
    settings = node.settings
    if settings.source == "SEQUENCE" and "#" not in settings.pattern:
        yield Problem("the image sequence has no # for the number of the frame; write it as shot.####.exr")
    elif settings.source == "CLIP" and (settings.clip is None or settings.clip.source != "SEQUENCE"):
        line = "the clip is not an image sequence; link it to Image and take the frames from Node Inputs"
        yield Problem(line, "inputs", "Use Node Inputs")
    elif settings.source == "RENDER":
        yield from _inputs(scene, tree, node)


def _inputs(scene: Any, tree: Any, node: Any) -> Iterator[Problem]:
    if linked_to(node, "Image") is None:
        yield Problem(
            "nothing is linked to Image; link Render Layers or an image sequence", "link", "Link Render Layers"
        )
    elif not scene.render.use_compositing or not (IS_5 or scene.use_nodes):
        yield Problem("the compositor is turned off in this scene; turn it on", "compositing", "Turn On")
    elif node.mute:
        yield Problem("the node is muted; unmute it", "unmute", "Unmute")
    if (scene.compositing_node_group if IS_5 else scene.node_tree) != tree:
        yield Problem(f"the node is not in the compositor of the scene {scene.name!r}; choose the scene that it is in")
    if scene.render.use_multiview:
        line = "stereoscopy is on, and the plate would be one of each eye; turn it off"
        yield Problem(line, "stereo", "Turn Off Stereoscopy")
    layers = render_layers(node)
    if layers is not None and not view_layer(layers).use:
        line = f"the view layer {view_layer(layers).name!r} is not rendered; turn on Use for Rendering"
        yield Problem(line, "layer", "Turn On View Layer")
    yield from _working_space(node)
    if node.settings.flow_source == "vectors" and node.settings.temporal:
        yield from _vectors(scene, node)


def _vectors(scene: Any, node: Any) -> Iterator[Problem]:
    layers = render_layers(node)
    if layers is None:
        if linked_to(node, "Vector") is None:
            line = "nothing is linked to Vector; link a Vector pass, or estimate the motion"
            yield Problem(line, "estimate", "Estimate Motion")
        return
    if not view_layer(layers).use_pass_vector:
        yield Problem("the Vector pass is turned off; turn it on", "vectors", "Turn On Vector")
    elif linked_to(node, "Vector") is None:
        yield Problem("nothing is linked to Vector; link the Vector pass", "vectors", "Link Vector")
    if scene.render.use_motion_blur:
        line = "motion blur is on, and makes every motion vector 0; turn it off, or estimate the motion"
        yield Problem(line, "blur", "Turn Off Motion Blur")
    camera = layers.scene.camera if layers.scene is not None else None
    if camera is not None and camera.type == "CAMERA" and camera.data.type == "ORTHO" and camera_moves(camera):
        line = "the orthographic camera moves, which makes Cycles' vectors wrong; estimate the motion"
        yield Problem(line, "estimate", "Estimate Motion", stops=False)


def _working_space(node: Any) -> Iterator[Problem]:
    if node.settings.color_space:
        return
    space = working_space()
    if space is None and os.environ.get("OCIO"):
        line = "this Blender does not say the working space of the configuration in $OCIO; name it as Colour space"
        yield Problem(line, "space", "Use Linear Rec.709")
    elif space is not None and not any(space):
        yield Problem("the working space has no name; name it as Colour space", "space", "Use Linear Rec.709")


_CHECKS: tuple[Callable[[Any, Any, Any], Iterator[Problem]], ...] = (_file, _worker, _frames, _styles, _plate)

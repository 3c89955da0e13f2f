"""What the artist is told before a run: problems, and whether the worker works."""

from __future__ import annotations

import os
from types import SimpleNamespace
from typing import Any

import bpy  # type: ignore[import-not-found]
from blender_scenes import new_node, new_scene

from nodes.blender.preflight import find_problems
from nodes.blender.shot import plate_pattern
from nodes.blender.styles import FILE, style_items
from nodes.blender.versions import IS_5


def _problems(scene: Any, tree: Any, node: Any) -> dict[str, str]:
    """Lines by what mends them."""
    return {problem.mend: problem.line for problem in find_problems(scene, tree, node)}


def preflight(out: str) -> dict[str, Any]:
    """Every problem that a button mends: its line, and whether it was gone after that."""
    scene, tree = new_scene()
    found: dict[str, Any] = {}
    node = new_node(tree)

    def look(name: str) -> None:
        lines = _problems(scene, tree, node)
        if name not in lines:
            raise AssertionError(f"{name} is not among {lines}")
        if name not in ("save", "preferences"):
            bpy.ops.vst.mend(uid=node.uid, mend=name)
            found[name] = [lines[name], name not in _problems(scene, tree, node)]
        else:
            found[name] = [lines[name], True]

    look("save")
    bpy.ops.wm.save_as_mainfile(filepath=f"{out}/preflight.blend")
    look("link")
    found["nothing left"] = ["", not _problems(scene, tree, node)]
    view_layer = scene.view_layers[0]
    view_layer.use_pass_vector = False
    look("vectors")
    scene.render.use_motion_blur = True
    look("blur")
    scene.render.use_multiview = True
    look("stereo")
    scene.view_layers.new("Other")
    view_layer.use = False
    look("layer")
    camera = scene.camera
    camera.data.type = "ORTHO"
    camera.keyframe_insert("location", frame=1)
    look("estimate")
    node.settings.flow_source = "vectors"
    scene.frame_step = 2
    look("step")
    scene.render.use_compositing = False
    look("compositing")
    node.mute = True
    look("unmute")
    node.settings.folder = f"{out}/preflight.blend/below a file/"
    look("folder")
    node.settings.use_scene_range, node.settings.first, node.settings.last = False, 5, 4
    look("range")
    node.settings.styles.clear()
    look("style")
    node.settings.method = "optimization"
    look("method")
    node.settings.source = "CLIP"
    look("inputs")
    if not IS_5:
        os.environ["OCIO"] = "/somewhere/config.ocio"
        look("space")
        del os.environ["OCIO"]
    os.environ["VST_WORKER"] = "/nowhere/vst"
    look("preferences")
    return found


def trial() -> str:
    """Press Test Worker."""
    assert bpy.ops.vst.test_worker() == {"FINISHED"}
    return str(bpy.context.window_manager.vst_trial)


def styles() -> list[str]:
    """The styles to choose from."""
    *names, other = (item[0] for item in style_items(None, None))
    assert other == FILE
    return names


def files(out: str) -> list[str]:
    """Files of vectors beside the file, and a clip whose suffix has a digit, as the engine gets them."""
    _, tree = new_scene()
    bpy.ops.wm.save_as_mainfile(filepath=f"{out}/files.blend")
    settings = new_node(tree).settings
    settings.flow_source = "//flow.####.exr"
    clip = SimpleNamespace(filepath="//shot_2.jp2", frame_start=1, frame_offset=0)
    pattern, _ = plate_pattern(SimpleNamespace(source="CLIP", clip=clip))
    return [settings.engine_settings()["flow"]["source"], str(pattern)]

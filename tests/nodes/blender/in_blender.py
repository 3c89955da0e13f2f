"""What the tests do inside Blender; a program of its own: ``in_blender.py FUNCTION ARGUMENTS``.

A Python with a registered node does not always leave in peace, so the process ends at once after its result.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bpy  # type: ignore[import-not-found]

from nodes import blender as add_on
from nodes.blender import batch, workers
from nodes.blender.dump import dump_plate
from nodes.blender.mending import MENDS
from nodes.blender.preflight import find_problems
from nodes.blender.run import Run
from nodes.blender.shot import read_shot
from nodes.blender.tree import Sequence, find_node, show
from nodes.blender.versions import IS_5, compositor_tree, own_tree, strips_of, use_for_output
from nodes.errors import WorkerError

WIDTH, HEIGHT = 64, 48


def _scene(frames: tuple[int, int] = (1, 3), size: tuple[int, int] = (WIDTH, HEIGHT)) -> tuple[Any, Any]:
    """The scene, with an empty compositor."""
    scene = bpy.context.scene
    scene.render.resolution_x, scene.render.resolution_y = size
    scene.frame_start, scene.frame_end = frames
    tree = own_tree(scene)
    if IS_5:
        scene.compositing_node_group = tree
    return scene, tree


def _moving_cube(scene: Any, speed: float = 1.0) -> None:
    """A cube that moves, rendered as lightly as can be."""
    scene.render.engine, scene.cycles.samples, scene.cycles.use_denoising = "CYCLES", 1, False
    cube = bpy.data.objects["Cube"]
    for frame in (1, 5):
        cube.location.x = speed * (frame - 3) / 2
        cube.keyframe_insert("location", frame=frame)


def _node(tree: Any) -> Any:
    node = tree.nodes.new("VST_ND_stylize")
    node.settings.network, node.settings.threads = "fast", 1
    return node


def _image(tree: Any, path: str) -> Any:
    node = tree.nodes.new("CompositorNodeImage")
    node.image = bpy.data.images.load(path)
    return node


def _render(scene: Any, frame: int, path: str) -> None:
    """Write what the compositor shows at a frame, unrounded."""
    settings = scene.render.image_settings
    if IS_5:
        settings.media_type = "IMAGE"
    settings.file_format, settings.color_depth, settings.color_mode = "OPEN_EXR", "32", "RGBA"
    scene.frame_set(frame)
    scene.render.filepath = path
    bpy.ops.render.render(write_still=True)


def _steps(run: Run) -> Run:
    while not run.over:
        run.step()
    return run


def _problems(scene: Any, tree: Any, node: Any) -> dict[str, str]:
    """Lines by what mends them."""
    return {problem.mend: problem.line for problem in find_problems(scene, tree, node)}


# ---- functions that the tests call


def mix(plate: str, folder: str, out: str) -> None:
    """Render strengths, a keyframed strength, frames beyond the sequence; then save."""
    scene, tree = _scene((1, 3), (8, 6))
    bpy.ops.wm.save_as_mainfile(filepath=f"{out}/mix.blend")
    node = _node(tree)
    tree.links.new(_image(tree, plate).outputs["Image"], node.inputs["Image"])
    use_for_output(scene, tree, node.outputs["Image"])
    _render(scene, 2, f"{out}/empty.exr")
    show(node.node_tree, Sequence(Path(folder), "st", 1001, 1003, -1000), "Linear Rec.709")
    for strength in (0.0, 0.5, 1.0):
        node.inputs["Strength"].default_value = strength
        _render(scene, 2, f"{out}/strength_{strength}.exr")
    for frame in (0, 4):
        _render(scene, frame, f"{out}/beyond_{frame}.exr")
    strength = node.inputs["Strength"]
    for frame, value in ((1, 0.0), (3, 1.0)):
        strength.default_value = value
        strength.keyframe_insert("default_value", frame=frame)
    for frame in (1, 3):
        _render(scene, frame, f"{out}/keyed_{frame}.exr")
    bpy.ops.wm.save_mainfile()


def reload(file: str, out: str, name: str) -> list[str]:
    """Render a saved file's frames; returns the kinds of its nodes."""
    bpy.ops.wm.open_mainfile(filepath=file)
    scene = bpy.context.scene
    for frame in (1, 3):
        _render(scene, frame, f"{out}/{name}_{frame}.exr")
    return [node.bl_idname for node in compositor_tree(scene).nodes]


def bake(file: str, out: str) -> None:
    """Bake a saved file's node and save it under another name."""
    bpy.ops.wm.open_mainfile(filepath=file)
    tree = compositor_tree(bpy.context.scene)
    node = next(node for node in tree.nodes if node.bl_idname == "VST_ND_stylize")
    assert bpy.ops.vst.bake(uid=node.uid) == {"FINISHED"}
    bpy.ops.wm.save_as_mainfile(filepath=f"{out}/baked.blend")


def reload_bare(file: str, out: str, name: str) -> list[str]:
    """``reload`` without the add-on."""
    add_on.unregister()
    try:
        return reload(file, out, name)
    finally:
        add_on.register()


def life(out: str) -> dict[str, Any]:
    """What copying, deleting, appending and linking leave behind."""
    _, tree = _scene()
    node = _node(tree)
    inner = len(bpy.data.node_groups)
    bpy.context.view_layer.update()
    for each in tree.nodes:
        each.select = each == node
    twin = tree.copy().nodes[node.name] if IS_5 else bpy.context.scene.copy().node_tree.nodes[node.name]
    apart = {"uid": twin.uid != node.uid, "tree": twin.node_tree != node.node_tree, "settings": twin.settings.network}
    twin.id_data.nodes.remove(twin)
    after = len(bpy.data.node_groups)
    bpy.ops.wm.save_as_mainfile(filepath=f"{out}/life.blend")
    uid = node.uid
    found: dict[str, Any] = {"apart": apart, "grown": after - inner - (1 if IS_5 else 0)}
    for way in ("append", "link"):
        bpy.ops.wm.read_homefile(use_empty=True)
        kind = "node_groups" if IS_5 else "scenes"
        with bpy.data.libraries.load(f"{out}/life.blend", link=way == "link") as (there, here):
            names = [name for name in getattr(there, kind) if not name.startswith(".")]
            setattr(here, kind, names[:1])
        there_tree, there_node = find_node(uid) or (None, None)
        scene = bpy.context.scene
        found[way] = {
            "inside": there_node.node_tree is not None,  # type: ignore[union-attr]  # the test made it
            "lines": [problem.line for problem in find_problems(scene, there_tree, there_node)],
        }
    bpy.ops.wm.read_homefile(use_empty=True)
    bpy.ops.wm.open_mainfile(filepath=f"{out}/life.blend")
    tree = compositor_tree(bpy.context.scene)
    tree.nodes.remove(tree.nodes["Stylize"])
    found["left"] = [group.name for group in bpy.data.node_groups if group.name.startswith(".Stylize")]
    return found


def whole_way(out: str) -> dict[str, Any]:
    """Render a moving cube, stylise it twice, bring it to the sequencer and back."""
    scene, tree = _scene()
    _moving_cube(scene)
    bpy.ops.wm.save_as_mainfile(filepath=f"{out}/shot.blend")
    node = _node(tree)
    before = {name: getattr(scene, name) for name in ("frame_start", "frame_end", "frame_step", "frame_current")}
    filepath = scene.render.filepath
    MENDS["link"](scene, tree, node)
    use_for_output(scene, tree, node.outputs["Image"])
    codes = [batch.stylize_scene(scene), batch.stylize_scene(scene)]
    pid = workers.get_client().pid
    image = node.node_tree.nodes["Stylized"].image
    for frame in (1, 3):
        _render(scene, frame, f"{out}/seen_{frame}.exr")
    scene.render.filepath = filepath
    scene.frame_set(before["frame_current"])
    untouched = all(getattr(scene, name) == value for name, value in before.items())
    left = [each.bl_idname for each in node.node_tree.nodes if "Output" in each.bl_idname]
    found = {"codes": codes, "space": image.colorspace_settings.name, "untouched": untouched, "left": left}
    assert bpy.ops.vst.to_sequencer(uid=node.uid) == {"FINISHED"}
    (strip,) = strips_of(scene)
    found["strip"] = [strip.frame_final_start, strip.frame_final_end - 1, len(strip.elements)]
    scene.render.use_compositing, scene.render.use_sequencer = False, True
    scene.view_settings.view_transform = "Raw"
    _render(scene, 3, f"{out}/timeline_3.exr")
    found["scenes"] = len(bpy.data.scenes)
    found["same worker"] = pid == workers.get_client().pid
    return found


def preflight(out: str) -> dict[str, Any]:
    """Every problem that a button mends: its line, and whether it was gone after that."""
    scene, tree = _scene()
    found: dict[str, Any] = {}
    node = _node(tree)

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


def sequence(plate: str, out: str, last: int, file: str = "") -> dict[str, Any]:
    """Stylise an image sequence on disk."""
    if file:
        bpy.ops.wm.open_mainfile(filepath=file)
        scene = bpy.context.scene
        tree = compositor_tree(scene)
        node = tree.nodes["Stylize"]
    else:
        scene, tree = _scene((1, last))
        bpy.ops.wm.save_as_mainfile(filepath=f"{out}/sequence.blend")
        node = _node(tree)
        node.settings.source, node.settings.pattern, node.settings.flow_source = "SEQUENCE", plate, "none"
    run = _steps(Run(scene, tree, node))
    bpy.ops.wm.save_mainfile()
    return _told(run, node)


def killed(plate: str, out: str, last: int) -> dict[str, Any]:
    """Kill the worker after the first frame, then go on with a new one."""
    scene, tree = _scene((1, last))
    bpy.ops.wm.save_as_mainfile(filepath=f"{out}/killed.blend")
    node = _node(tree)
    node.settings.source, node.settings.pattern, node.settings.flow_source = "SEQUENCE", plate, "none"
    run = Run(scene, tree, node)
    while not run.over:
        run.step()
        if run.doing == "stylize" and run.done:
            os.kill(workers.get_client().pid, signal.SIGKILL)
            break
    first = _told(_steps(run), node)
    return {"first": first, "second": _told(_steps(Run(scene, tree, node)), node)}


def cancelled(out: str) -> dict[str, Any]:
    """Cancel in the middle of the plate, and go on."""
    scene, tree = _scene()
    _moving_cube(scene)
    bpy.ops.wm.save_as_mainfile(filepath=f"{out}/cancelled.blend")
    node = _node(tree)
    MENDS["link"](scene, tree, node)
    run = Run(scene, tree, node)
    while run.doing != "render" or run.done < 1:
        run.step()
    assert bpy.ops.vst.cancel(uid=node.uid) == {"FINISHED"}
    first = _told(_steps(run), node)
    kept = os.stat(f"{out}/stylized/Stylize/v001/plate/plate.0001.exr").st_mtime_ns
    second = _told(_steps(Run(scene, tree, node)), node)
    kept -= os.stat(f"{out}/stylized/Stylize/v001/plate/plate.0001.exr").st_mtime_ns
    third = _told(_steps(Run(scene, tree, node, resume=False)), node)
    return {"first": first, "second": second, "third": third, "rendered again": kept != 0}


def refused(out: str) -> dict[str, Any]:
    """Press the button where there is no worker."""
    scene, tree = _scene()
    bpy.ops.wm.save_as_mainfile(filepath=f"{out}/refused.blend")
    node = _node(tree)
    MENDS["link"](scene, tree, node)
    pressed = bpy.ops.vst.stylize(uid=node.uid)
    return {"pressed": list(pressed), "code": batch.stylize_scene(scene), "made": os.path.exists(f"{out}/stylized")}


def trial() -> str:
    """Press Test Worker."""
    assert bpy.ops.vst.test_worker() == {"FINISHED"}
    return str(bpy.context.window_manager.vst_trial)


def plate_layers(out: str) -> None:
    """Dump a plate."""
    scene, tree = _scene()
    _moving_cube(scene)
    bpy.ops.wm.save_as_mainfile(filepath=f"{out}/dump.blend")
    node = _node(tree)
    MENDS["link"](scene, tree, node)
    for _ in dump_plate(read_shot(scene, node), Path(out), windowed=False):
        pass


def _told(run: Run, node: Any) -> dict[str, Any]:
    inner = node.node_tree.nodes["Stylized"]
    shown = 0 if inner.image is None else inner.frame_duration
    values = {"doing": run.doing, "code": run.exit_code, "message": run.message}
    return {**values, "version": run.version.name, "shown": shown, "kept": run.kept}


def _call() -> Iterator[Any]:
    function, arguments = sys.argv[1], json.loads(sys.argv[2])
    add_on.register()
    try:
        yield globals()[function](*arguments)
    finally:
        add_on.unregister()


if __name__ == "__main__":
    code = 1
    try:
        for result in _call():
            print("RESULT " + json.dumps(result))
        code = 0
    except (Exception, WorkerError):
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)

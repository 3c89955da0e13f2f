"""What can go wrong in a run."""

from __future__ import annotations

import os
import resource
import signal
from pathlib import Path
from typing import Any

import bpy  # type: ignore[import-not-found]
from blender_scenes import finish, move_cube, render_node, saved_scene, sequence_node, told, written_at

from nodes.blender import batch, workers
from nodes.blender.borrowed import borrowed
from nodes.blender.run import Run
from nodes.blender.shot import frame_range, read_shot
from nodes.blender.versions import IS_5, compositor_tree, strips_of


def sequence(plate: str, out: str, last: int, file: str = "") -> dict[str, Any]:
    """Stylise an image sequence on disk, in a new file or a saved one."""
    if file:
        bpy.ops.wm.open_mainfile(filepath=file)
        scene = bpy.context.scene
        tree = compositor_tree(scene)
        node = tree.nodes["Stylize"]
    else:
        scene, tree = saved_scene(out, "sequence", (1, last))
        node = sequence_node(tree, plate)
    run = finish(Run(scene, tree, node))
    bpy.ops.wm.save_mainfile()
    return told(run, node)


def stopped(plate: str, out: str, last: int, way: str) -> list[dict[str, Any]]:
    """Stop a run after its first stylised frame, by a killed worker or by the button, then go on."""
    scene, tree = saved_scene(out, "stopped", (1, last))
    node = sequence_node(tree, plate)
    node.settings.folder = "//scenes/../stylized/"
    run = Run(scene, tree, node)
    while not (run.over or (run.doing == "stylize" and run.done)):
        run.step()
    if way == "kill":
        os.kill(workers.get_client().pid, signal.SIGKILL)
    else:
        assert bpy.ops.vst.cancel(uid=node.uid) == {"FINISHED"}
    return [told(finish(run), node), told(finish(Run(scene, tree, node)), node)]


def cancelled_plate(out: str) -> dict[str, Any]:
    """Cancel in the middle of the plate, go on, and begin anew."""
    scene, tree = saved_scene(out, "cancelled")
    move_cube(scene)
    node = render_node(scene, tree)
    run = Run(scene, tree, node)
    while run.doing != "render" or run.done < 1:
        run.step()
    assert bpy.ops.vst.cancel(uid=node.uid) == {"FINISHED"}
    first, plate = told(finish(run), node), run.version.plate / "plate.0001.exr"
    written = written_at(plate)
    second = told(finish(Run(scene, tree, node)), node)
    again = written_at(plate) != written
    third = told(finish(Run(scene, tree, node, resume=False)), node)
    return {"first": first, "second": second, "third": third, "rendered again": again}


def other_shots(out: str) -> list[str]:
    """Cancel in the middle of the plate; then what version another file, another scene and another size go on with."""
    scene, tree = saved_scene(out, "first")
    node = render_node(scene, tree)
    run = Run(scene, tree, node)
    while run.doing != "render" or run.done < 1:
        run.step()
    run.close()
    versions = [run.version.name]

    def begin() -> None:
        run = Run(scene, tree, node)
        versions.append(run.version.name)
        run.close()

    begin()
    scene.name = "Other"
    begin()
    scene.render.resolution_percentage = 50
    begin()
    bpy.ops.wm.save_as_mainfile(filepath=f"{out}/second.blend")
    begin()
    return versions


def full_disk(plate: str, out: str, last: int, space: int) -> list[dict[str, Any]]:
    """Stylise where the worker can write so many bytes of a file and no more; then where there is space."""
    scene, tree = saved_scene(out, "full", (1, last))
    node = sequence_node(tree, plate)
    first = _with_space(space, lambda: told(finish(Run(scene, tree, node)), node))
    workers.close_client()
    return [first, told(finish(Run(scene, tree, node)), node)]


def full_disk_of_plate(out: str, space: int) -> list[dict[str, Any]]:
    """Render the plate where Blender can write so many bytes of a file and no more; then where there is space."""
    scene, tree = saved_scene(out, "full", (1, 2))
    move_cube(scene)
    node = render_node(scene, tree)
    first = _with_space(space, lambda: told(finish(Run(scene, tree, node)), node))
    workers.close_client()
    return [first, told(finish(Run(scene, tree, node)), node)]


def _with_space(space: int, run: Any) -> Any:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (space, before[1]))
    try:
        return run()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def refused(out: str) -> dict[str, Any]:
    """Press the button where there is no worker."""
    scene, tree = saved_scene(out, "refused")
    node = render_node(scene, tree)
    pressed = bpy.ops.vst.stylize(uid=node.uid)
    made = (Path(out) / "stylized").exists()
    return {"pressed": list(pressed), "code": batch.stylize_scene(scene), "made": made}


def borrowed_scene(out: str) -> dict[str, Any]:
    """What a scene is like whose frame is being rendered, that was renamed, saved, undone and opened meanwhile."""
    scene, tree = saved_scene(out, "borrowed", (1, 3))
    node = render_node(scene, tree)
    before = _lent()
    with borrowed(read_shot(scene, node), 2, Path(out)):
        found: dict[str, Any] = {"in": _lent(), "range": frame_range(scene, node.settings) == (1, 3) and before}
        bpy.ops.wm.save_mainfile()
        found["saved"] = _lent()
        bpy.ops.ed.undo_push(message="Edit")
        scene.name = "Other"
    found["after"] = _lent()
    bpy.ops.ed.undo_push(message="Later")
    with bpy.context.temp_override(window=bpy.context.window_manager.windows[0]):
        assert bpy.ops.ed.undo() == {"FINISHED"}
    found["undone"] = _lent()
    bpy.ops.wm.open_mainfile(filepath=f"{out}/borrowed.blend")
    found["opened"] = _lent()
    return {name: "as before" if value == before else value[0] for name, value in found.items()}


def _lent() -> list[Any]:
    scene = bpy.context.scene
    inner = compositor_tree(scene).nodes["Stylize"].node_tree
    writers = sum("Output" in each.bl_idname for each in inner.nodes)
    values = [scene.frame_start, scene.frame_end, scene.render.filepath, scene.render.use_sequencer, len(scene.keys())]
    return [writers, *values]


def busy_timeline(out: str) -> dict[str, Any]:
    """Stylise a scene whose timeline has a strip."""
    scene, tree = saved_scene(out, "timeline", (1, 2))
    move_cube(scene)
    strips_of(scene).new_effect("Color", "COLOR", 1, 1, **{"length" if IS_5 else "frame_end": 3})
    node = render_node(scene, tree)
    found = told(finish(Run(scene, tree, node)), node)
    return {"doing": found["doing"], "message": found["message"], "kept": scene.render.use_sequencer}


def spoilt_node(plate: str, out: str, last: int) -> list[dict[str, Any]]:
    """Run a node whose inside somebody has edited, and one that is deleted while it is stylised."""
    scene, tree = saved_scene(out, "spoilt", (1, last))
    edited, deleted = sequence_node(tree, plate), sequence_node(tree, plate)
    edited.node_tree.nodes.remove(edited.node_tree.nodes["First"])
    runs = [finish(Run(scene, tree, edited)), Run(scene, tree, deleted)]
    while not (runs[1].over or (runs[1].doing == "stylize" and runs[1].done)):
        runs[1].step()
    tree.nodes.remove(deleted)
    finish(runs[1])
    return [{"doing": run.doing, "code": run.exit_code, "message": run.message} for run in runs]


def interrupted(out: str) -> tuple[int, list[str]]:
    """Ctrl-C while the first frame of the plate is rendered: the exit code, and the frames of the plate."""
    scene, tree = saved_scene(out, "interrupted")
    move_cube(scene)
    render_node(scene, tree)
    bpy.app.handlers.render_post.append(lambda *_: os.kill(os.getpid(), signal.SIGINT))
    code = batch.stylize_scene(scene)
    return code, sorted(path.name for path in Path(out).rglob("plate.*.exr"))

"""Shots from their source to compositor and sequencer, with the real worker."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy  # type: ignore[import-not-found]
from blender_scenes import (
    finish,
    image_node,
    move_cube,
    new_node,
    render,
    render_node,
    saved_scene,
    sequence_node,
    told,
    use_for_output,
)

from nodes.blender import batch, workers
from nodes.blender.dump import dump_plate
from nodes.blender.run import Run
from nodes.blender.shot import read_shot
from nodes.blender.versions import IS_5, compositor_tree, strips_of

SHOT = 96, 72


def whole_way(out: str) -> dict[str, Any]:
    """Render a moving cube, stylise it with its vectors, again, and frame by frame; bring it to the sequencer."""
    scene, tree = saved_scene(out, "shot", (1, 4), SHOT)
    move_cube(scene)
    before = {name: getattr(scene, name) for name in ("frame_start", "frame_end", "frame_step", "frame_current")}
    filepath = scene.render.filepath
    node = render_node(scene, tree)
    use_for_output(tree, node.outputs["Image"])
    node.settings.temporal = False
    codes = [batch.stylize_scene(scene)]
    pid = workers.get_client().pid
    node.settings.temporal = True
    codes += [batch.stylize_scene(scene), batch.stylize_scene(scene)]
    image = node.node_tree.nodes["Stylized"].image
    for frame in (1, 4):
        render(scene, frame, f"{out}/seen_{frame}.exr")
    scene.render.filepath = filepath
    scene.frame_set(before["frame_current"])
    untouched = all(getattr(scene, name) == value for name, value in before.items())
    left = [each.bl_idname for each in node.node_tree.nodes if "Output" in each.bl_idname]
    found = {"codes": codes, "space": image.colorspace_settings.name, "untouched": untouched, "left": left}
    assert bpy.ops.vst.to_sequencer(uid=node.uid) == {"FINISHED"}
    (strip,) = strips_of(scene)
    found["strip"] = [strip.frame_final_start, strip.frame_final_end - 1, len(strip.elements)]
    found["moves along"] = strip.directory.startswith("//")
    scene.render.use_compositing, scene.render.use_sequencer = False, True
    scene.view_settings.view_transform = "Raw"
    for frame in (1, 4):
        render(scene, frame, f"{out}/timeline_{frame}.exr")
    found["scenes"] = len(bpy.data.scenes)
    found["same worker"] = pid == workers.get_client().pid
    return found


def plate_layers(out: str) -> None:
    """Dump a plate."""
    scene, tree = saved_scene(out, "dump")
    move_cube(scene)
    node = render_node(scene, tree)
    for _ in dump_plate(read_shot(scene, node), Path(out), windowed=False):
        pass


def linked_sequence(plate: str, first: int, out: str) -> dict[str, Any]:
    """Stylise an image sequence that an Image node shows, the motion estimated."""
    scene, tree = saved_scene(out, "linked")
    source = image_node(tree, plate)
    source.image.source = "SEQUENCE"
    source.frame_start, source.frame_duration, source.frame_offset = 1, 3, first - 1
    node = new_node(tree)
    node.settings.flow_source = "dis"
    tree.links.new(source.outputs["Image"], node.inputs["Image"])
    use_for_output(tree, node.outputs["Image"])
    found = told(finish(Run(scene, tree, node)), node)
    render(scene, 2, f"{out}/seen_2.exr")
    return found


def layered_sequence(plate: str, out: str) -> dict[str, Any]:
    """Stylise two frames of a sequence with layers, and bring them to the sequencer."""
    scene, tree = saved_scene(out, "layered", (1001, 1002), (80, 45))
    node = sequence_node(tree, plate)
    node.settings.flow_source = "vectors"
    use_for_output(tree, node.outputs["Image"])
    found = told(finish(Run(scene, tree, node)), node)
    render(scene, 1002, f"{out}/seen.exr")
    assert bpy.ops.vst.to_sequencer(uid=node.uid) == {"FINISHED"}
    scene.render.use_compositing, scene.render.use_sequencer = False, True
    scene.view_settings.view_transform = "Raw"
    render(scene, 1002, f"{out}/timeline.exr")
    return found


def movie_clip(plate: str, out: str) -> dict[str, Any]:
    """Stylise the image sequence of a clip that begins at the scene's frame 11, two of its frames left out."""
    scene, tree = saved_scene(out, "clip", (11, 13))
    clip = bpy.data.movieclips.load(plate)
    clip.frame_start, clip.frame_offset = 11, 2
    node = new_node(tree)
    node.settings.source, node.settings.clip, node.settings.flow_source = "CLIP", clip, "none"
    use_for_output(tree, node.outputs["Image"])
    found = told(finish(Run(scene, tree, node)), node)
    for frame in (11, 13):
        render(scene, frame, f"{out}/seen_{frame}.exr")
    return found


def own_style(plate: str, style: str, weights: str, out: str) -> dict[str, Any]:
    """Optimise after an image file, for a few steps."""
    scene, tree = saved_scene(out, "own", (1, 1))
    node = sequence_node(tree, plate)
    settings = node.settings
    settings.method, settings.features, settings.weights = "optimization", "vgg16", weights
    settings.styles[0].style, settings.styles[0].other = "FILE", style
    settings.optimization_iterations = 3
    return told(finish(Run(scene, tree, node)), node)


def other_working_space(out: str) -> dict[str, Any] | None:
    """Stylise a scene whose working space is ACEScg; None where Blender knows but one."""
    if not IS_5:
        return None
    bpy.ops.wm.set_working_color_space(working_space="ACEScg", convert_colors=False)
    scene, tree = saved_scene(out, "acescg", (1, 2))
    move_cube(scene)
    node = render_node(scene, tree)
    use_for_output(tree, node.outputs["Image"])
    found = told(finish(Run(scene, tree, node)), node)
    found["space"] = node.node_tree.nodes["Stylized"].image.colorspace_settings.name
    render(scene, 2, f"{out}/seen_2.exr")
    return found


def command(out: str) -> dict[str, Any]:
    """``blender --command stylize``, as a farm calls it."""
    scene, tree = saved_scene(out, "farm", (1, 2))
    move_cube(scene)
    node = render_node(scene, tree)
    use_for_output(tree, node.outputs["Image"])
    file = f"{out}/farm.blend"
    bpy.ops.wm.save_mainfile()
    codes = {name: batch.stylize_file(arguments) for name, arguments in _commands(out, file).items()}
    bpy.ops.wm.open_mainfile(filepath=file)
    node = compositor_tree(bpy.context.scene).nodes["Stylize"]
    shown = node.node_tree.nodes["Stylized"].frame_duration
    Path(f"{file}@").mkdir()  # where Blender writes what it saves
    codes["not saved"] = batch.stylize_file([file])
    return {"codes": codes, "shown": shown}


def _commands(out: str, file: str) -> dict[str, list[str]]:
    return {"no file": [f"{out}/none.blend"], "no node": [file, "--node", "None"], "good": [file, "--node", "Stylize"]}

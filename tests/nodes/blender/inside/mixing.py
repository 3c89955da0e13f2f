"""What the node shows."""

from __future__ import annotations

from pathlib import Path

import bpy  # type: ignore[import-not-found]
from blender_scenes import image_node, new_node, new_scene, render, use_for_output

from nodes import blender as add_on
from nodes.blender.tree import Sequence, show
from nodes.blender.versions import compositor_tree


def mix(plate: str, folder: str, out: str) -> None:
    """Render strengths, a matte for a strength, a keyframed strength, frames beyond the sequence; then save."""
    scene, tree = new_scene((1, 3), (8, 6))
    bpy.ops.wm.save_as_mainfile(filepath=f"{out}/mix.blend")
    node, image = new_node(tree), image_node(tree, plate)
    tree.links.new(image.outputs["Image"], node.inputs["Image"])
    use_for_output(tree, node.outputs["Image"])
    render(scene, 2, f"{out}/empty.exr")
    show(node.node_tree, Sequence(Path(folder), "st", 1001, 1003, -1000), "Linear Rec.709")
    for strength in (0.0, 0.5, 1.0):
        node.inputs["Strength"].default_value = strength
        render(scene, 2, f"{out}/strength_{strength}.exr")
    matte = tree.links.new(image.outputs["Alpha"], node.inputs["Strength"])
    render(scene, 2, f"{out}/matte.exr")
    tree.links.remove(matte)
    for frame in (0, 4):
        render(scene, frame, f"{out}/beyond_{frame}.exr")
    strength = node.inputs["Strength"]
    for frame, value in ((1, 0.0), (3, 1.0)):
        strength.default_value = value
        strength.keyframe_insert("default_value", frame=frame)
    for frame in (1, 2, 3):
        render(scene, frame, f"{out}/keyed_{frame}.exr")
    bpy.ops.wm.save_mainfile()


def reload(file: str, out: str, name: str) -> list[str]:
    """Render a saved file's frames; returns the kinds of its nodes."""
    bpy.ops.wm.open_mainfile(filepath=file)
    scene = bpy.context.scene
    for frame in (1, 2, 3):
        render(scene, frame, f"{out}/{name}_{frame}.exr")
    return [node.bl_idname for node in compositor_tree(scene).nodes]


def bake(file: str, out: str) -> list[str]:
    """Bake a saved file's node, save it under another name, and render that without the add-on."""
    bpy.ops.wm.open_mainfile(filepath=file)
    tree = compositor_tree(bpy.context.scene)
    node = next(node for node in tree.nodes if node.bl_idname == "VST_ND_stylize")
    assert bpy.ops.vst.bake(uid=node.uid) == {"FINISHED"}
    bpy.ops.wm.save_as_mainfile(filepath=f"{out}/baked.blend")
    add_on.unregister()
    try:
        return reload(f"{out}/baked.blend", out, "baked")
    finally:
        add_on.register()

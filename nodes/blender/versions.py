"""What differs between Blender 4.2, 4.5 and 5.0, in one place."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bpy  # type: ignore[import-not-found]

IS_5 = bpy.app.version >= (5, 0)
OWN = "vst"
"""The mark of a tree that is the inside of a node."""
MOTION = {"Vector": "VECTOR", "Depth": "FLOAT"}
"""The layers that tell motion, and what they are made of."""


def compositor_tree(scene: Any) -> Any:
    """The scene's compositor tree, or None where it has none or does not use it."""
    if IS_5:
        return scene.compositing_node_group
    return scene.node_tree if scene.use_nodes else None


def scene_of(tree: Any, default: Any) -> Any:
    """The scene that a compositor tree belongs to: ``default`` where it does, or where none does."""
    name = "compositing_node_group" if IS_5 else "node_tree"
    return next((scene for scene in (default, *bpy.data.scenes) if getattr(scene, name) == tree), default)


def compositor_trees() -> Iterator[Any]:
    """Every compositor tree of the file that a node could be in."""
    yield from (scene.node_tree for scene in bpy.data.scenes if not IS_5 and scene.node_tree)
    yield from (tree for tree in bpy.data.node_groups if tree.bl_idname == "CompositorNodeTree")


def new_math(tree: Any, operation: str) -> Any:
    """A new node of arithmetic."""
    node = tree.nodes.new("ShaderNodeMath" if IS_5 else "CompositorNodeMath")
    node.operation = operation
    return node


def new_alpha(tree: Any) -> Any:
    """A new node that gives its first input the alpha of its second."""
    node = tree.nodes.new("CompositorNodeSetAlpha")
    if IS_5:
        node.inputs["Type"].default_value = "Replace Alpha"
    else:
        node.mode = "REPLACE_ALPHA"
    return node


def new_mix(tree: Any) -> tuple[Any, Any, Any, Any]:
    """A new mix of two colours, linear and without limits.

    Returns:
        The sockets of factor, first colour, second colour and result.
    """
    if not IS_5:
        node = tree.nodes.new("CompositorNodeMixRGB")
        return node.inputs[0], node.inputs[1], node.inputs[2], node.outputs[0]
    node = tree.nodes.new("ShaderNodeMix")
    node.data_type, node.clamp_result = "RGBA", False
    inputs = {socket.identifier: socket for socket in node.inputs}
    result = next(socket for socket in node.outputs if socket.identifier == "Result_Color")
    return inputs["Factor_Float"], inputs["A_Color"], inputs["B_Color"], result


def new_plate_writer(tree: Any, folder: Path, stem: str) -> Any:
    """A new node that writes its one input as ``stem.####.exr`` into a folder, a plain picture in full precision."""
    node = _new_exr_writer(tree, "IMAGE", "OPEN_EXR")
    node.format.color_mode = "RGBA"
    if IS_5:
        node.directory, node.file_name = str(folder), ""
        node.file_output_items.new("RGBA", f"{stem}.####")
    else:
        node.base_path = str(folder)
        node.file_slots.clear()
        node.file_slots.new(f"{stem}.####")
    return node


def new_motion_writer(tree: Any, folder: Path, stem: str) -> Any:
    """A new node that writes its inputs ``Vector`` and ``Depth`` as layers of ``stem.####.exr`` into a folder."""
    node = _new_exr_writer(tree, "MULTI_LAYER_IMAGE", "OPEN_EXR_MULTILAYER")
    if IS_5:
        node.directory, node.file_name = str(folder), f"{stem}."
        for name, kind in MOTION.items():
            item = node.file_output_items.new(kind, name)
            if kind == "VECTOR":
                item.vector_socket_dimensions = 4
    else:
        node.base_path = str(folder / f"{stem}.####.exr")
        node.layer_slots.clear()
        for name in MOTION:
            node.layer_slots.new(name)
    return node


def _new_exr_writer(tree: Any, media: str, file_format: str) -> Any:
    node = tree.nodes.new("CompositorNodeOutputFile")
    if IS_5:
        node.format.media_type = media
    node.format.file_format = file_format
    node.format.color_depth, node.format.exr_codec = "32", "ZIP"
    return node


def strips_of(scene: Any) -> Any:
    """The strips of the scene's sequencer, which it has afterwards."""
    editor = scene.sequence_editor_create() if scene.sequence_editor is None else scene.sequence_editor
    return editor.strips if hasattr(editor, "strips") else editor.sequences


def working_space() -> tuple[str, str] | None:
    """The working space: Blender's name for it and its interop ID; None where this Blender does not say."""
    space = getattr(bpy.data, "colorspace", None)
    if space is None:
        return None
    return str(space.working_space), str(getattr(space, "working_space_interop_id", ""))


def animation_curves(data: Any) -> Iterator[Any]:
    """F-curves and drivers of a data-block."""
    animation = data.animation_data
    if animation is None:
        return
    yield from animation.drivers
    action = animation.action
    if action is None:
        return
    if not IS_5:
        yield from action.fcurves
        return
    for layer in action.layers:
        for strip in layer.strips:
            bag = strip.channelbag(animation.action_slot) if animation.action_slot else None
            yield from bag.fcurves if bag else ()

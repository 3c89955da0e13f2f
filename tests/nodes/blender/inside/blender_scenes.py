"""Scenes, nodes, renders and runs that the functions beside this file share."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy  # type: ignore[import-not-found]

from nodes.blender.mending import MENDS
from nodes.blender.run import Run
from nodes.blender.versions import IS_5

SIZE = 64, 48


def new_scene(frames: tuple[int, int] = (1, 3), size: tuple[int, int] = SIZE) -> tuple[Any, Any]:
    """The scene, with an empty compositor."""
    scene = bpy.context.scene
    scene.render.resolution_x, scene.render.resolution_y = size
    scene.frame_start, scene.frame_end = frames
    if IS_5:
        scene.compositing_node_group = bpy.data.node_groups.new(scene.name, "CompositorNodeTree")
        return scene, scene.compositing_node_group
    scene.use_nodes = True
    scene.node_tree.nodes.clear()
    return scene, scene.node_tree


def use_for_output(tree: Any, socket: Any) -> None:
    """Let the scene render one socket of its compositor."""
    if IS_5:
        tree.interface.new_socket("Image", in_out="OUTPUT", socket_type="NodeSocketColor")
    kind = "NodeGroupOutput" if IS_5 else "CompositorNodeComposite"
    tree.links.new(socket, tree.nodes.new(kind).inputs[0])


def saved_scene(out: str, name: str, frames: tuple[int, int] = (1, 3), size: tuple[int, int] = SIZE) -> tuple[Any, Any]:
    """The same, saved as a file."""
    scene, tree = new_scene(frames, size)
    bpy.ops.wm.save_as_mainfile(filepath=f"{out}/{name}.blend")
    return scene, tree


def move_cube(scene: Any) -> None:
    """A cube with a pattern that moves before a wall with another, rendered as lightly as can be: both glow."""
    scene.render.engine, scene.cycles.samples, scene.cycles.use_denoising = "CYCLES", 4, False
    cube = bpy.data.objects["Cube"]
    bpy.ops.mesh.primitive_plane_add(size=30, location=(-6, 6, -2), rotation=(1.1, 0, 0.82))
    for seen, size in ((cube, 3.0), (bpy.context.object, 0.8)):
        seen.data.materials.clear()
        seen.data.materials.append(_glowing_pattern(size))
    for frame in (1, 5):
        cube.location.x = (frame - 3) / 2
        cube.keyframe_insert("location", frame=frame)


def _glowing_pattern(size: float) -> Any:
    material = bpy.data.materials.new("Pattern")
    material.use_nodes = True
    tree = material.node_tree
    tree.nodes.clear()
    pattern, light = tree.nodes.new("ShaderNodeTexVoronoi"), tree.nodes.new("ShaderNodeEmission")
    place, output = tree.nodes.new("ShaderNodeTexCoord"), tree.nodes.new("ShaderNodeOutputMaterial")
    pattern.inputs["Scale"].default_value = size
    tree.links.new(place.outputs["Object"], pattern.inputs["Vector"])
    tree.links.new(pattern.outputs["Color"], light.inputs["Color"])
    tree.links.new(light.outputs[0], output.inputs["Surface"])
    return material


def new_node(tree: Any) -> Any:
    """A Stylize node that paints fast, and the same bits on any machine."""
    node = tree.nodes.new("VST_ND_stylize")
    node.settings.network, node.settings.precision, node.settings.threads = "fast", "float32", 1
    return node


def render_node(scene: Any, tree: Any) -> Any:
    """A Stylize node that is linked to the scene's render."""
    node = new_node(tree)
    MENDS["link"](scene, tree, node)
    return node


def sequence_node(tree: Any, pattern: str) -> Any:
    """A Stylize node that paints an image sequence on disk."""
    node = new_node(tree)
    node.settings.source, node.settings.pattern, node.settings.flow_source = "SEQUENCE", pattern, "none"
    return node


def image_node(tree: Any, path: str) -> Any:
    """A node with an image."""
    node = tree.nodes.new("CompositorNodeImage")
    node.image = bpy.data.images.load(path)
    return node


def render(scene: Any, frame: int, path: str) -> None:
    """Write what the scene shows at a frame, unrounded."""
    settings = scene.render.image_settings
    if IS_5:
        settings.media_type = "IMAGE"
    settings.file_format, settings.color_depth, settings.color_mode = "OPEN_EXR", "32", "RGBA"
    scene.frame_set(frame)
    scene.render.filepath = path
    bpy.ops.render.render(write_still=True)


def finish(run: Run) -> Run:
    """A run, once it is over."""
    while not run.over:
        run.step()
    return run


def told(run: Run, node: Any) -> dict[str, Any]:
    """What became of a run."""
    inner = node.node_tree.nodes["Stylized"]
    shown = 0 if inner.image is None else inner.frame_duration
    values = {"doing": run.doing, "code": run.exit_code, "message": run.message, "kept": run.kept}
    return {**values, "version": run.version.name, "shown": shown}


def written_at(path: Path) -> int:
    """When a file was written, in nanoseconds."""
    return path.stat().st_mtime_ns

"""The scene of the sample shot and an empty compositor, for the pictures and the benchmarks of the node for Blender."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy
from make_shot import FIRST, SIZE, configure
from shot_scene import build_scene

LAYERED = Path(__file__).parent / "shot" / "shot.####.exr"
"""The sample shot on disk, with all its layers."""


def sample_scene(frames: range, size: tuple[int, int] = SIZE, samples: int = 4) -> Any:
    """The scene of the sample shot in place of what is there."""
    for thing in list(bpy.data.objects):
        bpy.data.objects.remove(thing)
    scene = bpy.context.scene
    if hasattr(scene.render.image_settings, "media_type"):
        scene.render.image_settings.media_type = "MULTI_LAYER_IMAGE"
    configure(scene, size, samples)
    build_scene(range(frames.start - 1, frames.stop + 1), FIRST)
    scene.frame_start, scene.frame_end = frames.start, frames.stop - 1
    return scene


def compositor(scene: Any) -> Any:
    """The scene's compositor tree, empty."""
    if hasattr(scene, "compositing_node_group"):
        scene.compositing_node_group = bpy.data.node_groups.new(scene.name, "CompositorNodeTree")
        return scene.compositing_node_group
    scene.use_nodes = True
    scene.node_tree.nodes.clear()
    return scene.node_tree

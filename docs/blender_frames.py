"""Draws ``blender_frames.png``: a frame as Blender renders it, and the same through the node, in three styles.

It needs a Python that has bpy, and the worker: ``VST_WORKER=.venv/bin/vst .blender/4.5.15/bin/python
docs/blender_frames.py docs/blender_frames.png``. The picture in the README was drawn by Blender 4.5.15.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import bpy

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "samples")]

from node_scene import compositor, sample_scene  # noqa: E402 - the path comes first

from nodes import blender as add_on  # noqa: E402
from nodes.blender import batch  # noqa: E402
from nodes.blender.mending import MENDS  # noqa: E402

FRAMES, SHOWN = range(1006, 1009), 1008
SIZE, SAMPLES = (480, 270), 32
STYLES = (None, "oil", "mosaic", "watercolor")
GAP = 6


def through_node(scene: Any, node: Any, style: str | None, path: str) -> Any:
    """The frame that is shown, as the node gives it; with no style, its strength is 0."""
    node.inputs["Strength"].default_value = 0.0 if style is None else 1.0
    if style is not None:
        node.settings.styles[0].style = style
        assert batch.stylize_scene(scene) == 0
    scene.frame_set(SHOWN)
    scene.render.filepath = path
    bpy.ops.render.render(write_still=True)
    return bpy.data.images.load(path)


def side_by_side(pictures: list[Any], path: str) -> None:
    """Write pictures as one, two in a row."""
    import numpy as np

    width, height = SIZE
    sheet = np.zeros((2 * height + GAP, 2 * width + GAP, 4), np.float32)
    for number, picture in enumerate(pictures):
        left, below = (number % 2) * (width + GAP), (1 - number // 2) * (height + GAP)
        sheet[below : below + height, left : left + width] = np.array(picture.pixels).reshape(height, width, 4)
    image = bpy.data.images.new("sheet", sheet.shape[1], sheet.shape[0], alpha=True)
    image.pixels.foreach_set(sheet.ravel())
    image.filepath_raw, image.file_format = path, "PNG"
    image.save()


def main(path: str) -> None:
    """Stylise the scene of the sample shot in every style, and draw."""
    add_on.register()
    scene = sample_scene(FRAMES, SIZE, SAMPLES)
    scene.view_settings.view_transform = "Standard"
    scene.render.image_settings.file_format, scene.render.image_settings.color_depth = "PNG", "8"
    tree = compositor(scene)
    with tempfile.TemporaryDirectory() as folder:
        bpy.ops.wm.save_as_mainfile(filepath=f"{folder}/theatre.blend")
        node = tree.nodes.new("VST_ND_stylize")
        MENDS["link"](scene, tree, node)
        output = tree.nodes.new("CompositorNodeComposite")
        tree.links.new(node.outputs["Image"], output.inputs["Image"])
        side_by_side([through_node(scene, node, style, f"{folder}/{style}.png") for style in STYLES], path)
    add_on.unregister()


if __name__ == "__main__":
    main(str(Path(sys.argv[1]).resolve()))
    sys.stdout.flush()
    os._exit(0)  # a Python that has had a node does not always leave in peace

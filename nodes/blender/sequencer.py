"""The stylised frames on the sequencer's timeline.

The sequencer cannot read files with several layers. Of such frames a plain copy is made, in half precision, in a folder
beside them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import bpy  # type: ignore[import-not-found]

from ..exr_header import check_exr, is_whole
from .tree import Sequence, picture_of, shown_sequence
from .versions import IS_5, own_tree, strips_of, use_for_output, write_exr

_FLAT = "timeline"


def to_sequencer(scene: Any, inner: Any) -> Any:
    """Add a strip of what an inner tree shows, in a channel that is free.

    Returns:
        The strip.

    Raises:
        WorkerError: the copies cannot be made.
    """
    image, sequence = shown_sequence(inner)
    if check_exr(sequence.path(sequence.first)).is_layered:
        sequence = _flattened(image, sequence)
    paths = [sequence.path(number) for number in range(sequence.first, sequence.last + 1)]
    strips = strips_of(scene)
    channel = 1 + max((strip.channel for strip in strips), default=0)
    strip = strips.new_image(sequence.stem, str(paths[0]), channel, sequence.first + sequence.shift)
    for path in paths[1:]:
        strip.elements.append(path.name)
    strip.colorspace_settings.name = image.colorspace_settings.name
    if IS_5:
        strip.invalidate_cache("RAW")  # it has read the one frame, and would show it for all
    return strip


def _flattened(image: Any, sequence: Sequence) -> Sequence:
    """Copies of frames with their colour alone, made by Blender's own compositor where they are not there yet."""
    flat = replace(sequence, folder=sequence.folder / _FLAT)
    size = check_exr(sequence.path(sequence.first))
    with _bare_scene() as scene:
        render = scene.render
        render.resolution_x, render.resolution_y, render.resolution_percentage = size.width, size.height, 100
        write_exr(render.image_settings)
        tree = own_tree(scene)
        node = tree.nodes.new("CompositorNodeImage")
        node.image = image
        node.frame_start, node.frame_offset = sequence.first, sequence.first - 1
        node.frame_duration = sequence.last - sequence.first + 1
        use_for_output(scene, tree, picture_of(node))
        for number in range(sequence.first, sequence.last + 1):
            if not is_whole(flat.path(number)):
                scene.frame_start, scene.frame_end = number, number
                render.filepath = str(flat.folder / f"{flat.stem}.####")
                bpy.ops.render.render(animation=True, scene=scene.name)
                check_exr(flat.path(number))
    return flat


@contextmanager
def _bare_scene() -> Iterator[Any]:
    """A scene with nothing in it, for the time of a render."""
    scene = bpy.data.scenes.new("Timeline")
    try:
        yield scene
    finally:
        tree = scene.compositing_node_group if IS_5 else None
        bpy.data.scenes.remove(scene)
        if tree is not None:
            bpy.data.node_groups.remove(tree)

"""The inside of the node: the plate, the stylised sequence, and the mix of both.

Where there is no result for a frame, the plate goes through. Nothing in here needs the add-on, so a copy of it renders
everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bpy  # type: ignore[import-not-found]

from .versions import MOTION, compositor_trees, new_alpha, new_math, new_mix, new_motion_writer, new_plate_writer

IMAGE, FIRST, LAST = "Stylized", "First", "Last"
_PLATE, _MOTION = "Plate dump", "Motion dump"
_SOCKETS = {
    "Image": "NodeSocketColor",
    "Vector": "NodeSocketVector",
    "Depth": "NodeSocketFloat",
    "Strength": "NodeSocketFloat",
}
_HALF = 0.5  # frames are whole numbers: the comparison falls between them


@dataclass(frozen=True)
class Sequence:
    """A stylised sequence as the node shows it.

    Attributes:
        folder: where it is.
        stem: its name before the number.
        first: number of its first file.
        last: number of its last file.
        shift: what to add to a file's number for the frame of the scene at which it is shown.
        digits: of the number, filled up with zeros.
    """

    folder: Path
    stem: str
    first: int
    last: int
    shift: int = 0
    digits: int = 4

    def path(self, number: int) -> Path:
        """The file of a number."""
        return self.folder / f"{self.stem}.{number:0{self.digits}d}.exr"


def new_tree(name: str) -> Any:
    """A new inner tree, which shows the plate."""
    tree = bpy.data.node_groups.new(name, "CompositorNodeTree")
    for socket, kind in _SOCKETS.items():
        item = tree.interface.new_socket(socket, in_out="INPUT", socket_type=kind)
        if socket == "Vector" and hasattr(item, "dimensions"):
            item.dimensions = 4
        if socket == "Strength":
            item.subtype = "FACTOR"
            item.min_value, item.max_value, item.default_value = 0.0, 1.0, 1.0
        elif socket != "Image":
            item.hide_value = True
    tree.interface.new_socket("Image", in_out="OUTPUT", socket_type="NodeSocketColor")
    _fill(tree)
    return tree


def _fill(tree: Any) -> None:
    inputs, output = tree.nodes.new("NodeGroupInput"), tree.nodes.new("NodeGroupOutput")
    image = tree.nodes.new("CompositorNodeImage")
    image.name = image.label = IMAGE
    time = tree.nodes.new("CompositorNodeSceneTime")
    after, before = new_math(tree, "GREATER_THAN"), new_math(tree, "LESS_THAN")
    after.name, before.name = FIRST, LAST
    inside, factor = new_math(tree, "MULTIPLY"), new_math(tree, "MULTIPLY")
    mix, plate, stylized, result = new_mix(tree)
    link = tree.links.new
    for limit in (after, before):
        link(time.outputs["Frame"], limit.inputs[0])
    link(after.outputs[0], inside.inputs[0])
    link(before.outputs[0], inside.inputs[1])
    link(inside.outputs[0], factor.inputs[0])
    link(inputs.outputs["Strength"], factor.inputs[1])
    link(factor.outputs[0], mix)
    link(inputs.outputs["Image"], plate)
    link(image.outputs["Image"], stylized)
    alpha = _mix_alpha(tree, inputs.outputs["Image"], image.outputs["Alpha"], factor.outputs[0])
    link(result, alpha.inputs[0])
    link(alpha.outputs[0], output.inputs["Image"])
    columns = ((inputs, time), (image, after, before), (inside, factor), (mix.node,), (alpha,), (output,))
    for column, nodes in enumerate(columns):
        for row, node in enumerate(nodes):
            node.location = (column * 220, -row * 220)
    _show_range(tree, 0, -1)


def _mix_alpha(tree: Any, plate: Any, stylized: Any, factor: Any) -> Any:
    """The node that sets the mixed alpha; Blender's own mix takes that of its first picture, be it of another frame."""
    parts = tree.nodes.new("CompositorNodeSeparateColor")
    rest, kept, sum_ = (new_math(tree, operation) for operation in ("SUBTRACT", "MULTIPLY", "MULTIPLY_ADD"))
    setter = new_alpha(tree)
    link = tree.links.new
    link(plate, parts.inputs[0])
    rest.inputs[0].default_value = 1.0
    link(factor, rest.inputs[1])
    link(parts.outputs["Alpha"], kept.inputs[0])
    link(rest.outputs[0], kept.inputs[1])
    link(stylized, sum_.inputs[0])
    link(factor, sum_.inputs[1])
    link(kept.outputs[0], sum_.inputs[2])
    link(sum_.outputs[0], setter.inputs[1])
    for column, node in enumerate((parts, rest, kept, sum_)):
        node.location = (column * 220, -660)
    return setter


def show(tree: Any, sequence: Sequence, color_space: str | None) -> Any:
    """Point an inner tree at a sequence of plain pictures, all of which have to be there; reads none of them.

    Args:
        tree: the inner tree.
        sequence: what to show.
        color_space: Blender's name of the files' colour space; None leaves what Blender finds out.

    Returns:
        The image data-block.
    """
    node = tree.nodes[IMAGE]
    old = node.image
    image = bpy.data.images.new(sequence.stem, 1, 1, alpha=True, float_buffer=True)
    image.source, image.alpha_mode = "SEQUENCE", "PREMUL"
    if color_space is not None:
        image.colorspace_settings.name = color_space
    node.image = image
    path = from_file(sequence.path(sequence.first))
    image.filepath_raw = path  # which reads nothing: that is for whoever draws or renders
    node.frame_start, node.frame_duration = sequence.first + sequence.shift, sequence.last - sequence.first + 1
    node.frame_offset = sequence.first - 1
    node.use_auto_refresh, node.use_cyclic = True, False
    _show_range(tree, sequence.first + sequence.shift, sequence.last + sequence.shift)
    if old is not None and old.users == 0:
        bpy.data.images.remove(old)
    return image


def from_file(path: Path) -> str:
    """A path as Blender keeps it, seen from the file where that can be, so that both can move together."""
    if bpy.data.is_saved and Path(bpy.data.filepath).anchor == path.anchor:
        return str(bpy.path.relpath(str(path)))
    return str(path)


def shows(tree: Any) -> bool:
    """Whether an inner tree shows a sequence."""
    node = tree.nodes.get(IMAGE)
    return node is not None and node.image is not None


def shown_sequence(tree: Any) -> tuple[Any, Sequence]:
    """The image data-block and the sequence that an inner tree shows, which has to be one."""
    node = tree.nodes[IMAGE]
    path = Path(bpy.path.abspath(node.image.filepath))
    stem, digits, _ = path.name.rsplit(".", 2)
    first, frames = node.frame_offset + 1, node.frame_duration
    shift = node.frame_start - first
    return node.image, Sequence(path.parent, stem, first, first + frames - 1, shift, len(digits))


def add_dump(tree: Any, folder: Path, plate: str, motion: str | None) -> None:
    """Let every render write what is linked to the node.

    Args:
        tree: the inner tree.
        folder: for the files.
        plate: their name before the number.
        motion: the same of the files with vectors and depth; None for no such files.
    """
    remove_dump(tree)
    inputs = next(node for node in tree.nodes if node.bl_idname == "NodeGroupInput")
    writer = new_plate_writer(tree, folder, plate)
    writer.name = _PLATE
    tree.links.new(inputs.outputs["Image"], writer.inputs[0])
    if motion is not None:
        writer = new_motion_writer(tree, folder, motion)
        writer.name = _MOTION
        for socket in MOTION:
            tree.links.new(inputs.outputs[socket], writer.inputs[socket])


def remove_dump(tree: Any) -> None:
    """Let renders write nothing again."""
    for name in (_PLATE, _MOTION):
        node = tree.nodes.get(name)
        if node is not None:
            tree.nodes.remove(node)


def find_node(uid: str) -> tuple[Any, Any] | None:
    """The tree and the node of an identity; None where it was deleted."""
    for tree in compositor_trees():
        for node in tree.nodes:
            if getattr(node, "uid", None) == uid:
                return tree, node
    return None


def _show_range(tree: Any, first: int, last: int) -> None:
    tree.nodes[FIRST].inputs[1].default_value = first - _HALF
    tree.nodes[LAST].inputs[1].default_value = last + _HALF

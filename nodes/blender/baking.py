"""A node turned into a plain group, which renders where the add-on is not installed."""

from __future__ import annotations

from typing import Any

from .tree import remove_dump
from .versions import OWN, animation_curves


def bake(tree: Any, node: Any) -> Any:
    """Put a plain group with the same inside, links, values, animation and name in a node's place.

    Returns:
        The group's node.
    """
    name = node.name
    group = tree.nodes.new("CompositorNodeGroup")
    group.node_tree = node.node_tree.copy()
    group.node_tree.name, group.node_tree.use_fake_user = f"{name} (baked)", False
    remove_dump(group.node_tree)  # which is there while Blender renders the plate
    group.node_tree.pop(OWN, None)  # no longer that of a node which can be deleted with it
    group.location, group.width, group.mute = node.location, node.width, node.mute
    group.label = node.label or name
    for old, new in zip(node.inputs, group.inputs):
        if hasattr(old, "default_value"):
            new.default_value = old.default_value
        for link in list(old.links):
            tree.links.new(link.from_socket, new)
    for old, new in zip(node.outputs, group.outputs):
        for link in list(old.links):
            tree.links.new(new, link.to_socket)
    before, after = (f'nodes["{_escaped(part.name)}"].inputs' for part in (node, group))
    for curve in animation_curves(tree):
        if curve.data_path.startswith(before):
            curve.data_path = after + curve.data_path[len(before) :]
    tree.nodes.remove(node)
    group.name = name  # which Blender follows in the animation
    return group


def _escaped(name: str) -> str:
    return name.replace("\\", "\\\\").replace('"', '\\"')

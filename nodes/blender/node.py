"""The compositor node, and its place in the Add menu."""

from __future__ import annotations

import uuid
from typing import Any

import bpy  # type: ignore[import-not-found]
from bpy import props

from .panel import draw_node
from .properties import VST_PG_settings, with_properties
from .tree import new_tree
from .versions import OWN, compositor_trees


@with_properties(uid=props.StringProperty(options={"HIDDEN"}), settings=props.PointerProperty(type=VST_PG_settings))
class VST_ND_stylize(bpy.types.CompositorNodeCustomGroup):  # type: ignore[misc] # noqa: N801 - Blender's way
    """Shows a stylised version of the shot that is linked to it."""

    bl_idname = "VST_ND_stylize"
    bl_label = "Stylize"
    bl_icon = "BRUSH_DATA"

    @classmethod
    def poll(cls, tree: Any) -> bool:
        """Whether it can be in a tree: one node in one place, since a run renders what is linked to it."""
        return bool(tree.bl_idname == "CompositorNodeTree")

    def init(self, _context: Any) -> None:
        """Called by Blender for a new node."""
        self.node_tree = own(new_tree(".Stylize"))
        self.uid = uuid.uuid4().hex
        self.width = 220
        self.settings.styles.add()

    def copy(self, original: Any) -> None:
        """Called by Blender for a copy: what it shows is its own."""
        if original.node_tree is not None:
            self.node_tree = own(original.node_tree.copy())
        self.uid = uuid.uuid4().hex

    def free(self) -> None:
        """Called by Blender before the node goes."""
        inner = self.node_tree
        if inner is not None and inner.library is None and _users(inner) <= 1:
            bpy.data.node_groups.remove(inner)

    def draw_label(self) -> str:
        """The node's title."""
        return "Stylize"

    def draw_buttons(self, context: Any, layout: Any) -> None:
        """The buttons on the node."""
        draw_node(context, layout, self)


def own(tree: Any) -> Any:
    """Mark an inner tree as that of a node, and have it saved whatever Blender counts.

    Where a whole scene is copied, Blender counts one user too few for the tree of the node that is copied.
    """
    tree[OWN] = True
    tree.use_fake_user = True
    return tree


def drop_orphans() -> None:
    """Remove the inner trees of nodes that went with their scene."""
    for tree in list(bpy.data.node_groups):
        if tree.get(OWN) and tree.library is None and _users(tree) == 0:
            bpy.data.node_groups.remove(tree)


def _users(tree: Any) -> int:
    nodes = (node for outer in compositor_trees() for node in outer.nodes)
    return sum(getattr(node, "node_tree", None) == tree for node in nodes)


def draw_menu(menu: Any, context: Any) -> None:
    """The entry in the compositor's Add menu."""
    if context.space_data.tree_type == "CompositorNodeTree":
        menu.layout.separator()
        entry = menu.layout.operator("node.add_node", text=VST_ND_stylize.bl_label, icon=VST_ND_stylize.bl_icon)
        entry.type, entry.use_transform = VST_ND_stylize.bl_idname, True


CLASSES = (VST_ND_stylize,)

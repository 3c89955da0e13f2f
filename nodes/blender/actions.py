"""The buttons that are done at once: Bake to Plain Group, To Sequencer, Open Log, and the list of styles."""

from __future__ import annotations

from typing import Any

import bpy  # type: ignore[import-not-found]
from bpy import props

from ..folders import last_log
from .baking import bake
from .properties import UID, with_properties
from .sequencer import to_sequencer
from .shot import output_root
from .tree import find_node, shows
from .versions import scene_of
from .workers import worker_log


class _OnNode:
    """An operator that does something with the node of its identity."""

    uid: str

    def execute(self, context: Any) -> set[str]:
        """Called by Blender."""
        found = find_node(self.uid)
        return {"CANCELLED"} if found is None else self.act(context, *found)

    def act(self, context: Any, tree: Any, node: Any) -> set[str]:
        """Do it."""
        raise NotImplementedError


@with_properties(uid=UID)
class VST_OT_bake(_OnNode, bpy.types.Operator):  # type: ignore[misc] # noqa: N801 - Blender's way
    """Turn the node into a plain group that shows the same, so that the file renders without this add-on."""

    bl_idname = "vst.bake"
    bl_label = "Bake to Plain Group"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012 - Blender's way

    def act(self, context: Any, tree: Any, node: Any) -> set[str]:  # noqa: ARG002 - for all the same
        """Do it."""
        bake(tree, node)
        return {"FINISHED"}


@with_properties(uid=UID)
class VST_OT_to_sequencer(_OnNode, bpy.types.Operator):  # type: ignore[misc] # noqa: N801 - Blender's way
    """Put the stylised frames on the timeline of the sequencer."""

    bl_idname = "vst.to_sequencer"
    bl_label = "To Sequencer"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012 - Blender's way

    def act(self, context: Any, tree: Any, node: Any) -> set[str]:
        """Do it."""
        if node.node_tree is None or not shows(node.node_tree):
            self.report({"WARNING"}, "there are no stylised frames; press Stylize Shot first")
            return {"CANCELLED"}
        to_sequencer(scene_of(tree, context.scene), node.node_tree)
        return {"FINISHED"}


@with_properties(uid=UID)
class VST_OT_open_log(_OnNode, bpy.types.Operator):  # type: ignore[misc] # noqa: N801 - Blender's way
    """Open the log of the last run."""

    bl_idname = "vst.open_log"
    bl_label = "Open Log"

    def act(self, context: Any, tree: Any, node: Any) -> set[str]:  # noqa: ARG002 - for all the same
        """Do it."""
        log = last_log(output_root(node)) or worker_log()
        if not log.is_file():
            self.report({"WARNING"}, "there is no log yet; press Stylize Shot first")
            return {"CANCELLED"}
        bpy.ops.wm.path_open(filepath=str(log))
        return {"FINISHED"}


@with_properties(uid=UID)
class VST_OT_add_style(_OnNode, bpy.types.Operator):  # type: ignore[misc] # noqa: N801 - Blender's way
    """Mix in one more style."""

    bl_idname = "vst.add_style"
    bl_label = "Add Style"
    bl_options = {"UNDO"}  # noqa: RUF012 - Blender's way

    def act(self, context: Any, tree: Any, node: Any) -> set[str]:  # noqa: ARG002 - for all the same
        """Do it."""
        node.settings.styles.add()
        return {"FINISHED"}


@with_properties(uid=UID, index=props.IntProperty(options={"HIDDEN", "SKIP_SAVE"}))
class VST_OT_remove_style(_OnNode, bpy.types.Operator):  # type: ignore[misc] # noqa: N801 - Blender's way
    """Take this style out of the mix."""

    bl_idname = "vst.remove_style"
    bl_label = "Remove Style"
    bl_options = {"UNDO"}  # noqa: RUF012 - Blender's way

    def act(self, context: Any, tree: Any, node: Any) -> set[str]:  # noqa: ARG002 - for all the same
        """Do it."""
        node.settings.styles.remove(self.index)
        return {"FINISHED"}


CLASSES = (
    VST_OT_bake,
    VST_OT_to_sequencer,
    VST_OT_open_log,
    VST_OT_add_style,
    VST_OT_remove_style,
)

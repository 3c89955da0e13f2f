"""What the Stylize nodes of a file show."""

from pathlib import Path

import pyblish.api
from vst_publish.shots import collect


class CollectBlenderShots(pyblish.api.ContextPlugin):
    """What the Stylize nodes of a file show."""

    label = "Shots of the nodes"
    order = pyblish.api.CollectorOrder
    hosts = ["blender"]

    def process(self, context):
        """Make an instance of each."""
        import bpy

        for scene in bpy.data.scenes:
            tree = getattr(scene, "compositing_node_group", None) or getattr(scene, "node_tree", None)
            for node in [each for each in (tree.nodes if tree else ()) if each.bl_idname == "VST_ND_stylize"]:
                shown = node.node_tree.nodes.get("Stylized") if node.node_tree else None
                if shown is not None and shown.image is not None:
                    collect(context, str(Path(bpy.path.abspath(shown.image.filepath)).parent))

"""What the VST_Stylize nodes of a script show."""

from pathlib import Path

import pyblish.api
from vst_publish.shots import collect


class CollectNukeShots(pyblish.api.ContextPlugin):
    """What the VST_Stylize nodes of a script show."""

    label = "Shots of the nodes"
    order = pyblish.api.CollectorOrder
    hosts = ["nuke"]

    def process(self, context):
        """Make an instance of each, and of each view."""
        import nuke

        for node in nuke.allNodes("Group", recurseGroups=True):
            result = node.node("Result") if "vst_version" in node.knobs() else None
            if result is not None and result["file"].value():
                collect(context, str(Path(result["file"].value()).parent))

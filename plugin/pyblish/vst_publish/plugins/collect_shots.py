"""Shots that were named on the command line, or by whoever made the context."""

import pyblish.api
from vst_publish.shots import collect


class CollectShots(pyblish.api.ContextPlugin):
    """Shots that were named on the command line, or by whoever made the context."""

    label = "Named shots"
    order = pyblish.api.CollectorOrder

    def process(self, context):
        """Make an instance of each."""
        for output in context.data.get("vst_outputs", ()):
            collect(context, output)

"""The manifest goes with the frames."""

from pathlib import Path

import pyblish.api
from vst_publish import FAMILY
from vst_publish.versions import add


class ExtractManifest(pyblish.api.InstancePlugin):
    """The manifest goes with the frames."""

    label = "Manifest"
    order = pyblish.api.ExtractorOrder
    families = [FAMILY]

    def process(self, instance):
        """Copy it into the version."""
        add(instance, Path(instance.data["vst_manifest"]))

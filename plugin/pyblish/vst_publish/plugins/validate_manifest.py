"""Every frame is what the manifest says, byte for byte, and made from the one before it."""

import pyblish.api
from vst_publish import FAMILY
from vst_publish.checks import MakeAgain, refuse


class ValidateManifest(pyblish.api.InstancePlugin):
    """Every frame is what the manifest says, byte for byte, and made from the one before it."""

    label = "Manifest"
    order = pyblish.api.ValidatorOrder
    families = [FAMILY]
    actions = [MakeAgain]

    def process(self, instance):
        """Fail with what was found."""
        refuse(instance, "manifest", "content", "chain")

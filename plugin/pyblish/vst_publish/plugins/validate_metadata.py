"""No metadata of the plate is lost."""

import pyblish.api
from vst_publish import FAMILY
from vst_publish.checks import MakeAgain, refuse


class ValidateMetadata(pyblish.api.InstancePlugin):
    """No metadata of the plate is lost."""

    label = "Metadata"
    order = pyblish.api.ValidatorOrder
    families = [FAMILY]
    actions = [MakeAgain]

    def process(self, instance):
        """Fail with what was found."""
        refuse(instance, "metadata")

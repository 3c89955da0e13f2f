"""No frame is missing."""

import pyblish.api
from vst_publish import FAMILY
from vst_publish.checks import MakeAgain, refuse


class ValidateComplete(pyblish.api.InstancePlugin):
    """No frame is missing."""

    label = "Complete"
    order = pyblish.api.ValidatorOrder
    families = [FAMILY]
    actions = [MakeAgain]

    def process(self, instance):
        """Fail with what was found."""
        refuse(instance, "complete")

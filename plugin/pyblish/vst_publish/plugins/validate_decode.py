"""Every frame can be read whole."""

import pyblish.api
from vst_publish import FAMILY
from vst_publish.checks import MakeAgain, refuse


class ValidateDecode(pyblish.api.InstancePlugin):
    """Every frame can be read whole."""

    label = "Readable"
    order = pyblish.api.ValidatorOrder
    families = [FAMILY]
    actions = [MakeAgain]

    def process(self, instance):
        """Fail with what was found."""
        refuse(instance, "decode")

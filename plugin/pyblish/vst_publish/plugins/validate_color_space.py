"""The colour space is known."""

import pyblish.api
from vst_publish import FAMILY
from vst_publish.checks import refuse


class ValidateColorSpace(pyblish.api.InstancePlugin):
    """The colour space is known."""

    label = "Colour space"
    order = pyblish.api.ValidatorOrder
    families = [FAMILY]

    def process(self, instance):
        """Fail with what was found."""
        refuse(instance, "color_space")

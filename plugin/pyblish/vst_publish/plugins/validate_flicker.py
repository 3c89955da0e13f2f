"""The warping error is below the limit of the shot."""

import pyblish.api
from vst_publish import FAMILY
from vst_publish.checks import refuse


class ValidateFlicker(pyblish.api.InstancePlugin):
    """The warping error is below the limit of the shot."""

    label = "Flicker"
    order = pyblish.api.ValidatorOrder
    families = [FAMILY]

    def process(self, instance):
        """Fail with what was found."""
        refuse(instance, "flicker")

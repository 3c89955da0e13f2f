"""The plate is there to compare with."""

import pyblish.api
from vst_publish import FAMILY
from vst_publish.checks import refuse


class ValidatePlate(pyblish.api.InstancePlugin):
    """The plate is there to compare with."""

    label = "Plate"
    order = pyblish.api.ValidatorOrder
    families = [FAMILY]

    def process(self, instance):
        """Fail with what was found."""
        refuse(instance, "plate")

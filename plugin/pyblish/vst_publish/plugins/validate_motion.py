"""Enough of every frame follows the one before it."""

import pyblish.api
from vst_publish import FAMILY
from vst_publish.checks import refuse


class ValidateMotion(pyblish.api.InstancePlugin):
    """Enough of every frame follows the one before it."""

    label = "Motion"
    order = pyblish.api.ValidatorOrder
    families = [FAMILY]

    def process(self, instance):
        """Fail with what was found."""
        refuse(instance, "motion")

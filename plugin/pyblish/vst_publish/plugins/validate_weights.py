"""Weights and style images are proven by their SHA-256."""

import pyblish.api
from vst_publish import FAMILY
from vst_publish.checks import refuse


class ValidateWeights(pyblish.api.InstancePlugin):
    """Weights and style images are proven by their SHA-256."""

    label = "Weights"
    order = pyblish.api.ValidatorOrder
    families = [FAMILY]

    def process(self, instance):
        """Fail with what was found."""
        refuse(instance, "weights")

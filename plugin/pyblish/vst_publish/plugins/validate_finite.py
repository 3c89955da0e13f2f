"""Colour and alpha have neither NaN nor infinity."""

import pyblish.api
from vst_publish import FAMILY
from vst_publish.checks import MakeAgain, refuse


class ValidateFinite(pyblish.api.InstancePlugin):
    """Colour and alpha have neither NaN nor infinity."""

    label = "Finite"
    order = pyblish.api.ValidatorOrder
    families = [FAMILY]
    actions = [MakeAgain]

    def process(self, instance):
        """Fail with what was found."""
        refuse(instance, "finite")

"""Channels are those of the plate, and all that is no colour is the same to the bit."""

import pyblish.api
from vst_publish import FAMILY
from vst_publish.checks import MakeAgain, refuse


class ValidateChannels(pyblish.api.InstancePlugin):
    """Channels are those of the plate, and all that is no colour is the same to the bit."""

    label = "Channels"
    order = pyblish.api.ValidatorOrder
    families = [FAMILY]
    actions = [MakeAgain]

    def process(self, instance):
        """Fail with what was found."""
        refuse(instance, "channels", "passed_on")

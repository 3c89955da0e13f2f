"""Size and windows are those of the plate."""

import pyblish.api
from vst_publish import FAMILY
from vst_publish.checks import MakeAgain, refuse


class ValidateWindows(pyblish.api.InstancePlugin):
    """Size and windows are those of the plate."""

    label = "Windows"
    order = pyblish.api.ValidatorOrder
    families = [FAMILY]
    actions = [MakeAgain]

    def process(self, instance):
        """Fail with what was found."""
        refuse(instance, "window")

"""A contact sheet: the plate above, what was made of it below."""

import pyblish.api
from vst_publish import FAMILY, engine
from vst_publish.versions import staging


class ExtractContactSheet(pyblish.api.InstancePlugin):
    """A contact sheet: the plate above, what was made of it below."""

    label = "Contact sheet"
    order = pyblish.api.ExtractorOrder
    families = [FAMILY]

    def process(self, instance):
        """Write it into the version."""
        settings = instance.data["vst_settings"]
        patterns = settings["plate"], instance.data["vst_pattern"]
        named = {"--layer": settings.get("layer"), "--color-space": settings.get("color_space")}
        how = [word for option, name in named.items() if name for word in (option, name)]
        sheet = staging(instance) / f"{instance.data['name']}.sheet.png"
        frames = instance.data["vst_range"]
        engine.run(instance.context, "sheet", *patterns, "--frames", frames, "-o", str(sheet), *how)

"""A movie to look at the shot in motion."""

import pyblish.api
from vst_publish import FAMILY, engine
from vst_publish.versions import staging


class ExtractReviewMovie(pyblish.api.InstancePlugin):
    """A movie to look at the shot in motion."""

    label = "Review movie"
    order = pyblish.api.ExtractorOrder
    families = [FAMILY]

    def process(self, instance):
        """Write it into the version."""
        movie = staging(instance) / f"{instance.data['name']}.review.mp4"
        settings = instance.data["vst_settings"]
        layer = settings.get("layer") if settings["output"]["layers"] == "plate" else None
        how = ["--layer", layer] if layer else []
        rate = str(instance.context.data.get("vst_rate", 24))
        engine.run(instance.context, "movie", instance.data["vst_pattern"], "-o", str(movie), "--rate", rate, *how)

"""The shot becomes a version that is there all at once or not at all, with a clip for the editor's timeline."""

from pathlib import Path

import pyblish.api
from vst_publish import FAMILY, engine
from vst_publish.versions import add, check_passed, commit


class IntegrateVersion(pyblish.api.InstancePlugin):
    """The shot becomes a version that is there all at once or not at all, with a clip for the editor's timeline."""

    label = "Version"
    order = pyblish.api.IntegratorOrder
    families = [FAMILY]

    def process(self, instance):
        """Copy the frames, each proven by its hash, write the clip, and give the version its number."""
        check_passed(instance)
        manifest, rate = Path(instance.data["vst_manifest"]), str(instance.context.data.get("vst_rate", 24))
        for name, sha256 in instance.data["vst_frames"].items():
            add(instance, manifest.parent / name, sha256)

        def write_clip(folder, final):
            clip = str(folder / f"{instance.data['name']}.otio")
            engine.run(instance.context, "clip", str(manifest), "-o", clip, "--at", str(final), "--rate", rate)

        instance.data["vst_version"] = str(commit(instance, write_clip))

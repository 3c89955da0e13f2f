"""The colour space that a script works in, as the engine knows it."""

from __future__ import annotations

import os
import re

import nuke

_REC709 = "lin_rec709_scene"
_KNOWN = {"acescg": "lin_ap1_scene", "aces2065-1": "lin_ap0_scene", "rec.709": _REC709, "rec709": _REC709}
_ROLES = ("scene_linear", "linear", "default")
_IN_ROLE = re.compile(r"[\w ]+ \((?P<space>[^()]+)\)")


def working_space() -> tuple[str, dict[str, str]]:
    """The working space of the script, and environment variables that the worker needs to know it."""
    root = nuke.root()
    if root["colorManagement"].value() != "OCIO":
        return _REC709, {}
    name = str(root["workingSpaceLUT"].value())
    within = _IN_ROLE.fullmatch(name)  # a role is shown with the space that it stands for
    name = within["space"] if within else name
    if os.environ.get("OCIO"):  # which Nuke follows, and so does the worker
        return name, {}
    config = str(root["OCIO_config"].value())
    if config == "custom":
        return name, {"OCIO": str(root["customOCIOConfigPath"].value())}
    for part, space in _KNOWN.items():
        if part in name.lower():
            return space, {}
    if name in _ROLES:  # of the configurations that come with Nuke: all are ACES but one
        return (_REC709 if config == "nuke-default" else "lin_ap1_scene"), {}
    return name, {}

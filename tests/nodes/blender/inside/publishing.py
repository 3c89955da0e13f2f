"""A node's shot through the publish gate, as an artist's pyblish runs it."""

from __future__ import annotations

from typing import Any

import bpy  # type: ignore[import-not-found]
import pyblish.api
import pyblish.util
import vst_publish
from blender_scenes import new_node, new_scene


def shown_shots(frames: list[str], to: str, skip: list[str]) -> dict[str, Any]:
    """Let nodes show frames on disk, and publish what the scene has."""
    vst_publish.register("blender")
    _, tree = new_scene()
    new_node(tree)
    for frame in frames:
        new_node(tree).node_tree.nodes["Stylized"].image = bpy.data.images.load(frame)
    context = pyblish.api.Context()
    context.data.update(vst_publish_to=to, vst_limits={"flicker": 1.0})
    found = pyblish.api.discover()
    pyblish.util.publish(context, [plugin for plugin in found if plugin.__name__ not in skip])
    results = context.data["results"]
    return {
        "found": [plugin.__name__ for plugin in found],
        "run": len(results),
        "errors": [str(result["error"]) for result in results if result["error"]],
        "expected": vst_publish.expected("blender"),
        "versions": [instance.data.get("vst_version") for instance in context],
    }

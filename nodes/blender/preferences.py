"""The add-on's preferences."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import bpy  # type: ignore[import-not-found]
from bpy import props

from ..environment import find_worker, log_folder
from ..errors import WorkerError
from .properties import with_properties

LOG = logging.getLogger("vst.blender")
_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
_addon = ""


def _set_level(preferences: Any, _context: Any = None) -> None:
    LOG.setLevel(preferences.log_level)


@with_properties(
    worker_path=props.StringProperty(
        name="Worker",
        description="The program vst, or the folder of its virtual environment; empty finds it",
        subtype="FILE_PATH",
    ),
    device=props.StringProperty(
        name="Device",
        description="What the worker computes on: auto, cpu, cuda or cuda:N",
        default="auto",
        search=lambda _self, _context, _text: ["auto", "cpu", "cuda"],
        search_options={"SUGGESTION"},
    ),
    cache_folder=props.StringProperty(
        name="Cache", description="Folder for the worker's log; empty takes the user's own", subtype="DIR_PATH"
    ),
    log_level=props.EnumProperty(
        name="Log Level",
        description="What is printed in the terminal",
        items=[(level, level.capitalize(), "") for level in _LEVELS],
        default="INFO",
        update=_set_level,
    ),
)
class VST_AP_preferences(bpy.types.AddonPreferences):  # type: ignore[misc] # noqa: N801 - Blender's way
    """What is the same for all shots of a user."""

    def draw(self, _context: Any) -> None:
        """Called by Blender for its preferences."""
        layout = self.layout
        layout.use_property_split = True
        layout.prop(self, "worker_path")
        try:
            layout.label(text=f"Found: {find_worker(bpy.path.abspath(self.worker_path))}", icon="CHECKMARK")
        except WorkerError as error:
            layout.label(text=str(error), icon="ERROR")
        for name in ("device", "cache_folder", "log_level"):
            layout.prop(self, name)
        layout.operator("vst.test_worker", icon="PLAY")
        layout.label(text=bpy.context.window_manager.vst_trial)


class Defaults:
    """The preferences where the nodes are registered by a script, and not as an add-on."""

    worker_path = ""
    device = "auto"
    cache_folder = ""
    log_level = "WARNING"


def use_addon(name: str) -> None:
    """Take the preferences of an add-on, by the name of its module; empty for none."""
    global _addon
    _addon = name
    VST_AP_preferences.bl_idname = name or __name__
    if not LOG.handlers:
        LOG.addHandler(logging.StreamHandler())
    LOG.propagate = False


def preferences() -> Any:
    """The user's preferences."""
    addon = bpy.context.preferences.addons.get(_addon) if _addon else None
    found = addon.preferences if addon is not None and addon.preferences is not None else Defaults()
    _set_level(found)
    return found


def cache_folder() -> Path:
    """The folder for what belongs to no shot."""
    chosen = preferences().cache_folder
    if chosen:
        return Path(bpy.path.abspath(chosen))
    if _addon.startswith("bl_ext."):
        return Path(bpy.utils.extension_path_user(_addon, create=False))
    return log_folder()


CLASSES = (VST_AP_preferences,)

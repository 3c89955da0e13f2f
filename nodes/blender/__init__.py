"""The node of Blender's compositor. It runs in Blender's Python; the engine is a process of its own.

``versions`` knows what differs between Blenders; ``properties``, ``styles`` and ``preferences`` are what can be set;
``tree`` and ``node`` are the node; ``preflight`` finds what is wrong and ``mending`` mends it; ``shot``, ``borrowed``
and ``dump`` make a ``run``, which ``operators``, ``panel`` and ``batch`` show.
"""

from __future__ import annotations

import bpy  # type: ignore[import-not-found]

from . import actions, batch, borrowed, node, operators, panel, preferences, properties
from .run import close_runs
from .styles import drop_thumbnails, load_thumbnails
from .workers import close_client

_CLASSES = (
    *properties.CLASSES,
    *preferences.CLASSES,
    *operators.CLASSES,
    *actions.CLASSES,
    *panel.CLASSES,
    *node.CLASSES,
)
_commands: list[object] = []


@bpy.app.handlers.persistent  # type: ignore[untyped-decorator]
def _before_load(*_: object) -> None:
    """Another file: what runs belongs to this one."""
    close_runs()


@bpy.app.handlers.persistent  # type: ignore[untyped-decorator]
def _before_save(*_: object) -> None:
    """What belongs to no node any more is not saved."""
    node.drop_orphans()


def register(addon: str = "") -> None:
    """Show the node in Blender.

    Args:
        addon: module of the add-on whose preferences these are; empty where a script registers the nodes.
    """
    preferences.use_addon(addon)
    load_thumbnails()
    for each in _CLASSES:
        if addon or each is not preferences.VST_AP_preferences:
            bpy.utils.register_class(each)
    bpy.types.WindowManager.vst_trial = bpy.props.StringProperty(options={"SKIP_SAVE"})
    bpy.types.NODE_MT_add.append(node.draw_menu)
    bpy.app.handlers.load_pre.append(_before_load)
    bpy.app.handlers.save_pre.append(_before_save)
    borrowed.watch()
    _commands.append(bpy.utils.register_cli_command(batch.COMMAND, batch.stylize_file))


def unregister() -> None:
    """Take it away again, and end the worker."""
    close_runs()
    close_client()
    while _commands:
        bpy.utils.unregister_cli_command(_commands.pop())
    borrowed.stop_watching()
    bpy.app.handlers.load_pre.remove(_before_load)
    bpy.app.handlers.save_pre.remove(_before_save)
    bpy.types.NODE_MT_add.remove(node.draw_menu)
    del bpy.types.WindowManager.vst_trial
    for each in reversed(_CLASSES):
        if each.is_registered:
            bpy.utils.unregister_class(each)
    drop_thumbnails()

"""The extension for Blender: it registers the node, and takes it away again."""

from __future__ import annotations

from .nodes import blender


def register() -> None:
    """Called by Blender when the add-on is enabled."""
    blender.register(__package__ or "")


def unregister() -> None:
    """Called by Blender when the add-on is disabled."""
    blender.unregister()

"""The node of Nuke. It runs in Nuke's Python; the engine is a process of its own.

``group`` and ``panel`` are the node; ``shot``, ``motion`` and ``color`` say what a run is about; ``dump`` writes the
plate; ``run`` waits for the engine; ``window`` does that beside Nuke's window and ``batch`` without one.

The functions here are what the buttons of a node call: their names are in saved scripts.
"""

from __future__ import annotations

import nuke

from . import batch, window
from .group import create, open_log, reload_frames

__all__ = ["cancel", "create", "open_log", "register", "reload_frames", "stylize"]

register = window.register
cancel = window.cancel


def stylize(node: nuke.Node) -> None:
    """Stylise the shot of a node: beside the window, or, where there is none, in one go."""
    if nuke.GUI:
        window.start(node)
    else:
        batch.stylize_node(node)

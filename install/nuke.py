"""The node for Nuke: a folder of its own, which a marked block in the user's ``init.py`` names to Nuke.

A studio gives ``--prefix`` a folder that ``NUKE_PATH`` names for everybody; then no file of a user is touched.
"""

from __future__ import annotations

from pathlib import Path

from .places import nuke_folder
from .plan import SHIPPED, Plan

IGNORED = ("blender", "make_knobs.py", "knob_table.py")
"""What is not for Nuke among the nodes."""
OWN = "vst"
"""The folder that is Nuke's to read: ``NUKE_PATH`` names it, or the block."""
_BLOCK = 'import nuke\n\nnuke.pluginAddPath("./vst")\n'


def plan(prefix: Path | None) -> Plan:
    """What belongs where.

    Args:
        prefix: folder for everybody; the user's own when left out.
    """
    plugin = SHIPPED / "plugin" / "nuke"
    sources = {name: plugin / name for name in ("init.py", "menu.py", "stylize.py")}
    return Plan(
        host="Nuke",
        folder=nuke_folder() if prefix is None else prefix,
        own=OWN,
        sources=sources | {"vst_nodes": SHIPPED / "nodes"},
        ignored=IGNORED,
        blocks={"init.py": _BLOCK} if prefix is None else {},
    )


def hint(prefix: Path | None) -> str:
    """What there is left to do."""
    if prefix is None:
        return "Nuke: start it; VST_Stylize is in the toolbar under VST"
    return f"Nuke: let NUKE_PATH name {(prefix / OWN).resolve()}"

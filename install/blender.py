"""The extension for Blender: what belongs into a user's folder, and whether Blender sees it.

An extension counts once the preferences name it, and those are a file of Blender's own. So a script that Blender runs
when it starts names it, for as long as that script is there; nothing is saved on the user's behalf.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path

from .errors import INPUT, OUTPUT, InstallError
from .places import Blender, ask_blender, find_blenders, run_blender
from .plan import SHIPPED, Plan, copy

MODULE = "bl_ext.user_default.vst"
IGNORED = ("nuke", "make_knobs.py", "knob_table.py")
"""What is not for Blender among the nodes."""
_PLUGIN = SHIPPED / "plugin" / "blender"
_SOURCES = {name: _PLUGIN / name for name in ("blender_manifest.toml", "__init__.py")} | {"nodes": SHIPPED / "nodes"}
"""What the extension consists of, by name."""
_OWN = "extensions/user_default/vst"
_STARTUP = "scripts/startup/vst_startup.py"
_STARTUP_TEXT = f'''\
"""Enables the extension of vst whenever Blender starts; "vst install blender" put it here."""

import bpy

MODULE = "{MODULE}"


def register():
    preferences = bpy.context.preferences
    if MODULE not in preferences.addons:
        unsaved = preferences.is_dirty
        preferences.addons.new().module = MODULE
        preferences.is_dirty = unsaved  # it is not the user's wish to save them


def unregister():
    pass
'''
_CHECK = f"""\
import importlib, json, os, shutil, sys
import bpy

def look():
    if "{MODULE}" not in bpy.context.preferences.addons:
        return {{"error": "the extension is not enabled"}}
    tree = bpy.data.node_groups.new("vst", "CompositorNodeTree")
    node = tree.nodes.new("VST_ND_stylize")
    if node.node_tree is None:
        return {{"error": "the node is empty"}}
    environment = importlib.import_module("{MODULE}.nodes.environment")
    return {{"worker": str(environment.find_worker())}}

try:
    told = look()
except Exception as error:
    told = {{"error": " ".join(f"{{type(error).__name__}}: {{error}}".split())}}
told["version"] = bpy.app.version_string
print("VST|" + json.dumps(told))
sys.stdout.flush()
bpy.ops.preferences.addon_disable(module="{MODULE}")
shutil.rmtree(bpy.app.tempdir, ignore_errors=True)  # the exit below leaves it
os._exit(0)
"""


def find(prefix: Path | None, program: Path | None) -> list[Blender]:
    """The Blenders that are meant.

    Args:
        prefix: user's folder of the one that is meant; all that are found when left out.
        program: that of the one that is meant.

    Raises:
        InstallError: there is none.
    """
    if program is not None:
        try:
            version, folder = ask_blender(program)
        except (OSError, ValueError) as error:
            raise InstallError(
                f"cannot be run ({error})", where=program, remedy="name a Blender with --program"
            ) from None
        return [Blender(version, prefix or folder, program)]
    if prefix is not None:
        return [Blender("", prefix, None)]
    found = find_blenders()
    if not found:
        raise InstallError(
            "no Blender from 4.2 on was found",
            remedy="start it once, or name it with --program, or its user's folder with --prefix",
            exit_code=INPUT,
        )
    return found


def plan(host: Blender) -> Plan:
    """What belongs into one of them."""
    return Plan(
        host=host.name,
        folder=host.folder,
        own=_OWN,
        sources=_SOURCES,
        ignored=IGNORED,
        files={_STARTUP: _STARTUP_TEXT},
        made_by_host=("scripts/startup/__pycache__/vst_startup.*.pyc", "extensions/.user/user_default/vst"),
        host_folders=("scripts/startup/__pycache__", "extensions/.user/user_default"),
        caches=("extensions/.cache/compat.dat",),
    )


def version() -> str:
    """Of the extension, which is that of the engine."""
    manifest = _SOURCES["blender_manifest.toml"].read_text(encoding="utf-8")
    found = re.search(r'^version = "(.+)"$', manifest, re.MULTILINE)
    assert found is not None
    return found[1]


def check(host: Blender) -> str:
    """Start the Blender without a window and look whether the node is there.

    Returns:
        What was seen, a line.

    Raises:
        InstallError: it is not there.
    """
    if host.program is None:
        return f"{host.name}: not checked: its program was not found; name it with --program"
    environment = {**os.environ, "BLENDER_USER_RESOURCES": str(host.folder)}
    if host.program.stem.lower().startswith("python"):  # bpy reads no user's scripts
        environment["BLENDER_SYSTEM_SCRIPTS"] = str(host.folder / "scripts")
    try:
        told = run_blender(host.program, _CHECK, environment)
    except OSError as error:
        told = f'VST|{{"error": {json.dumps(str(error))}}}'
    found = re.search(r"^VST\|(.+)$", told, re.MULTILINE)
    seen = json.loads(found[1]) if found else {"error": (told.strip().splitlines() or ["it printed nothing"])[-1]}
    if "error" in seen:
        raise InstallError(
            f"does not see the node ({seen['error']})", where=host.program, remedy="start it and read its console"
        )
    return f"Blender {seen['version']}: sees the node, which runs {seen['worker']}"


def make_zip(target: Path) -> Path:
    """Write the extension as a zip, to be dropped into Blender's window.

    Args:
        target: folder, or the name of the file.

    Raises:
        InstallError: it cannot be written.
    """
    if target.suffix != ".zip":
        target = target / f"vst-{version()}.zip"
    staged = target.with_name(f".{target.stem}")
    try:
        staged.mkdir(parents=True)
        for name, source in _SOURCES.items():
            copy(source, staged / name, IGNORED)
        return Path(shutil.make_archive(str(target.with_suffix("")), "zip", staged))
    except OSError as error:
        raise InstallError(f"cannot be written ({error.strerror})", where=target, exit_code=OUTPUT) from None
    finally:
        shutil.rmtree(staged, ignore_errors=True)

"""The extension for Blender, built and judged by Blender's own tool, and installed into a Blender of its own."""

from __future__ import annotations

import os
import subprocess
import zipfile
from pathlib import Path

import pytest
from real_blender import VST, find_blender

ROOT = Path(__file__).parents[3]
INSTALL = """
import os, sys, types, bpy
archive, worker, inside = sys.argv[1:]
sys.path.append(inside)
from strict_layout import StrictLayout
os.environ["VST_WORKER"] = worker
bpy.ops.extensions.package_install_files(filepath=archive, repo="user_default", enable_on_install=True)
module = "bl_ext.user_default.vst"
print("ENABLED", module in bpy.context.preferences.addons)
preferences = bpy.context.preferences.addons[module].preferences
print("PREFERENCES", preferences.device)
layout = StrictLayout([])
shown = types.SimpleNamespace(layout=layout, bl_rna=preferences.bl_rna, worker_path=preferences.worker_path)
type(preferences).draw(shown, bpy.context)
print("DRAWN", layout.drawn)
tree = bpy.data.node_groups.new("tree", "CompositorNodeTree")
node = tree.nodes.new("VST_ND_stylize")
print("NODE", node.node_tree is not None, "torch" in sys.modules)
bpy.ops.preferences.addon_disable(module=module)
print("DISABLED", module not in bpy.context.preferences.addons, hasattr(bpy.types, "VST_ND_stylize"))
sys.stdout.flush()
os._exit(0)
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with ``vst`` and its zip."""
    folder = tmp_path_factory.mktemp("extension")
    subprocess.run([VST, "install", "blender", "--zip", str(folder)], check=True)
    (archive,) = folder.glob("vst-*.zip")
    zipfile.ZipFile(archive).extractall(folder / "vst")
    return folder


@pytest.fixture(scope="module")
def tool() -> list[str]:
    """The command of Blender's tool for extensions."""
    python = find_blender()
    program = "import bpy; print(bpy.utils.system_resource('SCRIPTS'))"
    scripts = subprocess.run([python, "-c", program], capture_output=True, text=True, check=True).stdout.splitlines()
    found = Path(scripts[-1]) / "addons_core" / "bl_pkg" / "cli" / "blender_ext.py"
    assert found.is_file()
    return [python, str(found)]


def test_the_zip_has_the_nodes_and_nothing_else(built: Path) -> None:
    (archive,) = built.glob("vst-*.zip")
    names = {name for name in zipfile.ZipFile(archive).namelist() if not name.endswith("/")}
    assert {"blender_manifest.toml", "__init__.py", "nodes/client.py", "nodes/knobs.json"} <= names
    assert {"nodes/blender/node.py", "nodes/blender/thumbnails/oil.jpg"} <= names
    assert not [name for name in names if "nuke" in name or "__pycache__" in name or "torch" in name]
    assert archive.stat().st_size < 1_000_000


def test_blenders_own_tool_finds_it_valid_and_builds_it(built: Path, tool: list[str], tmp_path: Path) -> None:
    (archive,) = built.glob("vst-*.zip")
    for command in (
        ["validate", str(archive)],
        ["build", "--source-dir", str(built / "vst"), "--output-dir", str(tmp_path)],
    ):
        done = subprocess.run([*tool, *command], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "error" not in done.stdout.lower()
    (own,) = tmp_path.glob("*.zip")

    def files(path: Path) -> set[str]:
        return {name for name in zipfile.ZipFile(path).namelist() if not name.endswith("/")}

    assert files(own) == files(archive)


def test_it_installs_into_blender_and_goes_away_again(built: Path, tmp_path: Path) -> None:
    (archive,) = built.glob("vst-*.zip")
    environment = {**os.environ, "BLENDER_USER_RESOURCES": str(tmp_path)}
    inside = Path(__file__).parent / "inside"
    command = [find_blender(), "-c", INSTALL, str(archive), str(tmp_path / "none"), str(inside)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=240, check=False)
    lines = done.stdout.splitlines()
    assert "ENABLED True" in lines, done.stdout + done.stderr
    assert "PREFERENCES auto" in lines
    (drawn,) = [line for line in lines if line.startswith("DRAWN ")]
    assert "/none as the worker, which does not exist" in drawn
    assert all(each in drawn for each in ("worker_path", "device", "cache_folder", "log_level", "Test Worker"))
    assert "NODE True False" in lines
    assert "DISABLED True False" in lines
    assert "Traceback" not in done.stderr

"""Into a real Blender and out of it again."""

from __future__ import annotations

import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from blender_frames import color, stylized
from folders import snapshot
from real_blender import VST, blender_environment, find_blender
from small_shot import Outcome, SmallShot

Run = Callable[..., Outcome]

RENDER = """
import importlib, json, os, sys
import bpy
blend, pattern, seen = sys.argv[1:]
module = "bl_ext.user_default.vst"
nodes = importlib.import_module(module + ".nodes.blender")
scene = bpy.context.scene
scene.frame_start, scene.frame_end = 1001, 1002
scene.frame_set(1001)
bpy.ops.wm.save_as_mainfile(filepath=blend)
versions = importlib.import_module(module + ".nodes.blender.versions")
if versions.IS_5:
    scene.compositing_node_group = bpy.data.node_groups.new("tree", "CompositorNodeTree")
else:
    scene.use_nodes = True
    scene.node_tree.nodes.clear()
node = versions.compositor_tree(scene).nodes.new("VST_ND_stylize")
node.settings.source, node.settings.pattern, node.settings.network = "SEQUENCE", pattern, "fast"
node.settings.flow_source, node.settings.threads = "none", 1
code = nodes.batch.stylize_scene(scene)
tree, image = node.id_data, scene.render.image_settings
if versions.IS_5:
    tree.interface.new_socket("Image", in_out="OUTPUT", socket_type="NodeSocketColor")
    image.media_type = "IMAGE"
shown = tree.nodes.new("NodeGroupOutput" if versions.IS_5 else "CompositorNodeComposite")
tree.links.new(node.outputs["Image"], shown.inputs[0])
image.file_format, image.color_depth, scene.render.filepath = "OPEN_EXR", "32", seen
scene.render.engine, scene.cycles.samples = "CYCLES", 1
scene.render.resolution_x, scene.render.resolution_y = 80, 45
bpy.ops.render.render(write_still=True)
preferences = bpy.context.preferences
print("CODE", code, module in preferences.addons, preferences.is_dirty, node.node_tree.nodes["Stylized"].frame_duration)
bpy.ops.preferences.addon_disable(module=module)
sys.stdout.flush()
os._exit(0)
"""


def use(folder: Path, *arguments: str) -> str:
    """What a Blender with that folder prints when it runs ``RENDER``, or nothing but its start."""
    command = [find_blender(), "-c", RENDER if arguments else "import bpy, os; os._exit(0)", *arguments]
    environment = blender_environment(folder)
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=240, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout


@pytest.mark.parametrize("used", [False, True])
def test_the_node_is_seen_and_renders_and_goes_away_without_a_trace(
    used: bool, vst: Run, tmp_path: Path, small_shot: SmallShot
) -> None:
    folder = tmp_path / "user" / "blender"
    if used:
        (folder / "extensions" / "user_default" / "another").mkdir(parents=True)
        (folder / "extensions" / "user_default" / "another" / "blender_manifest.toml").write_text("schema_version = 1")
        (folder / "scripts" / "startup").mkdir(parents=True)
        (folder / "scripts" / "startup" / "mine.py").write_text("def register():\n    pass\n")
        (folder / "config").mkdir()
        (folder / "config" / "userpref.blend").write_bytes(b"preferences")
        use(folder)
    (tmp_path / "user").mkdir(exist_ok=True)
    before = snapshot(tmp_path / "user")
    into = ("install", "blender", "--prefix", folder, "--program", find_blender())
    installed = vst(*into)
    assert (installed.code, installed.err) == (0, "")
    assert f"installed in {folder}" in installed.out
    assert f"sees the node, which runs {VST}\n" in installed.out
    seen = tmp_path / "seen.exr"
    told = use(folder, str(tmp_path / "shot.blend"), str(small_shot.pattern), str(seen))
    assert "CODE 0 True False 2" in told, told
    assert np.array_equal(color(seen), color(stylized(tmp_path, 1001, "shot")))
    assert vst(*into, "--uninstall").code == 0
    assert snapshot(tmp_path / "user") == before


def test_where_blender_does_not_see_the_node_the_command_says_so(vst: Run, tmp_path: Path) -> None:
    into = ("install", "blender", "--prefix", tmp_path, "--program", find_blender())
    failed = vst(*into, "--worker", tmp_path / "none")
    assert failed.code == 3
    assert "does not see the node" in failed.complaint
    assert f"the installation names {tmp_path / 'none'} as the worker, which does not exist" in failed.complaint


def test_the_files_can_be_linked_for_development(vst: Run, tmp_path: Path) -> None:
    before = snapshot(tmp_path)
    into = ("install", "blender", "--prefix", tmp_path, "--program", find_blender(), "--link")
    installed = vst(*into)
    assert (installed.code, installed.err) == (0, "")
    assert f"sees the node, which runs {VST}\n" in installed.out
    assert (tmp_path / "extensions" / "user_default" / "vst" / "nodes").is_symlink()
    assert vst(*into, "--uninstall").code == 0
    assert snapshot(tmp_path) == before


def test_the_zip_has_the_nodes_and_no_worker_of_this_machine(vst: Run, tmp_path: Path) -> None:
    made = vst("install", "blender", "--zip", tmp_path / "vst.zip")
    assert made == Outcome(0, f"{tmp_path / 'vst.zip'}\n", "")
    assert [path.name for path in tmp_path.iterdir()] == ["vst.zip"]
    names = zipfile.ZipFile(tmp_path / "vst.zip").namelist()
    assert {"blender_manifest.toml", "__init__.py", "nodes/blender/node.py"} <= set(names)
    assert not [name for name in names if "nuke" in name or "worker.txt" in name]

"""What happens to a node and its inside when the artist edits, undoes and takes them to another file."""

from __future__ import annotations

from typing import Any

import bpy  # type: ignore[import-not-found]
from blender_scenes import new_node, new_scene, saved_scene, sequence_node

from nodes.blender.preflight import find_problems
from nodes.blender.tree import find_node, shows
from nodes.blender.versions import IS_5, compositor_tree


def copy_and_delete(out: str) -> dict[str, Any]:
    """Copy the node's tree, delete the copy, save, open, and delete the node."""
    _, tree = new_scene()
    node = new_node(tree)
    inner = len(bpy.data.node_groups)
    bpy.context.view_layer.update()
    twin = tree.copy().nodes[node.name] if IS_5 else bpy.context.scene.copy().node_tree.nodes[node.name]
    apart = {"uid": twin.uid != node.uid, "tree": twin.node_tree != node.node_tree, "settings": twin.settings.network}
    twin.id_data.nodes.remove(twin)
    grown = len(bpy.data.node_groups) - inner - (1 if IS_5 else 0)
    bpy.ops.wm.save_as_mainfile(filepath=f"{out}/life.blend")
    bpy.ops.wm.read_homefile(use_empty=True)
    bpy.ops.wm.open_mainfile(filepath=f"{out}/life.blend")
    tree = compositor_tree(bpy.context.scene)
    tree.nodes.remove(tree.nodes["Stylize"])
    return {"apart": apart, "grown": grown, "left": _insides()}


def take_over(file: str, way: str) -> dict[str, Any]:
    """Append a saved node, or link it, into a new file."""
    bpy.ops.wm.read_homefile(use_empty=True)
    kind = "node_groups" if IS_5 else "scenes"
    with bpy.data.libraries.load(file, link=way == "link") as (there, here):
        names = [name for name in getattr(there, kind) if not name.startswith(".")]
        setattr(here, kind, names[:1])
    (outer,) = here.node_groups if IS_5 else (here.scenes[0].node_tree,)
    node = outer.nodes["Stylize"]
    found = find_node(node.uid)
    lines = [problem.line for problem in find_problems(bpy.context.scene, outer, node)]
    return {"inside": node.node_tree is not None, "found": found == (outer, node), "lines": lines}


def undo(out: str) -> dict[str, Any]:
    """Undo and redo a change, the deletion of a node, and a node."""
    _, tree = new_scene()
    bpy.ops.wm.save_as_mainfile(filepath=f"{out}/undo.blend")
    _push("Begin")
    uid = new_node(tree).uid
    _push("Add")
    bpy.ops.vst.add_style(uid=uid)
    _push("Style")
    found: dict[str, Any] = {"changed": _state(uid)}
    _step("undo")
    found["undone"] = _state(uid)
    _step("redo")
    found["redone"] = _state(uid)
    tree = compositor_tree(bpy.context.scene)
    tree.nodes.remove(tree.nodes["Stylize"])
    _push("Delete")
    found["deleted"] = _state(uid)
    _step("undo")
    found["back"] = _state(uid)
    for _ in range(2):
        _step("undo")
    found["never added"] = _state(uid)
    return found


def undo_after_run(plate: str, out: str) -> bool:
    """Stylise, change the strength, undo that: whether the node still shows the frames."""
    _, tree = saved_scene(out, "undone", (1, 1))
    node = sequence_node(tree, plate)
    _push("Begin")
    assert bpy.ops.vst.stylize(uid=node.uid) == {"FINISHED"}
    node.inputs["Strength"].default_value = 0.5
    _push("Strength")
    _step("undo")
    node = compositor_tree(bpy.context.scene).nodes["Stylize"]
    return node.inputs["Strength"].default_value == 1.0 and shows(node.node_tree)


def _push(step: str) -> None:
    bpy.ops.ed.undo_push(message=step)


def _step(way: str) -> None:
    with bpy.context.temp_override(window=bpy.context.window_manager.windows[0]):
        assert getattr(bpy.ops.ed, way)() == {"FINISHED"}


def _state(uid: str) -> list[Any]:
    """How many styles the node has, whether its inside is there, and how many insides there are at all."""
    found = find_node(uid)
    return [found and len(found[1].settings.styles), found and found[1].node_tree is not None, len(_insides())]


def _insides() -> list[str]:
    return [group.name for group in bpy.data.node_groups if group.name.startswith(".Stylize")]

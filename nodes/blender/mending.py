"""What mends the problems of the preflight, and the look at what is linked to a node."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import bpy  # type: ignore[import-not-found]

from .versions import IS_5

_MOST_STEPS = 1000


def linked_to(node: Any, socket: str) -> Any:
    """The output that is linked to an input of a node, or None; one that its node no longer has counts as none."""
    links = [link for link in node.inputs[socket].links if link.is_valid and not link.is_muted]
    return links[0].from_socket if links and links[0].from_socket.enabled else None


def render_layers(node: Any) -> Any:
    """The Render Layers node that the node's image comes from, through whatever lies between; or None."""
    waiting, seen = [node.inputs["Image"]], 0
    while waiting and seen < _MOST_STEPS:
        seen += 1
        for link in waiting.pop(0).links:
            if link.from_node.bl_idname == "CompositorNodeRLayers":
                return link.from_node
            waiting.extend(link.from_node.inputs)
    return None


def view_layer(layers: Any) -> Any:
    """The view layer of a Render Layers node."""
    scene = layers.scene or bpy.context.scene
    return scene.view_layers.get(layers.layer) or scene.view_layers[0]


def camera_moves(camera: Any) -> bool:
    """Whether anything could move a camera or change its scale."""
    return any(_is_animated(part) for part in (*_with_parents(camera), camera.data)) or bool(camera.constraints)


def _with_parents(part: Any) -> Iterator[Any]:
    while part is not None:
        yield part
        part = part.parent


def _is_animated(data: Any) -> bool:
    animation = data.animation_data
    if animation is None:
        return False
    return animation.action is not None or len(animation.drivers) > 0 or len(animation.nla_tracks) > 0


def _link_layers(scene: Any, tree: Any, node: Any) -> None:
    layers = next((other for other in tree.nodes if other.bl_idname == "CompositorNodeRLayers"), None)
    if layers is None:
        layers = tree.nodes.new("CompositorNodeRLayers")
        layers.scene = scene
        layers.location = node.location.x - 300, node.location.y
    tree.links.new(layers.outputs["Image"], node.inputs["Image"])
    if node.settings.flow_source == "vectors":
        _link_vectors(scene, tree, node)


def _link_vectors(_scene: Any, tree: Any, node: Any) -> None:
    layers = render_layers(node)
    passes = view_layer(layers)
    passes.use_pass_vector = passes.use_pass_z = True
    for name in ("Vector", "Depth"):
        tree.links.new(layers.outputs[name], node.inputs[name])


def _use_layer(_scene: Any, _tree: Any, node: Any) -> None:
    view_layer(render_layers(node)).use = True


def _use_compositor(scene: Any, _tree: Any, _node: Any) -> None:
    scene.render.use_compositing = True
    if not IS_5:
        scene.use_nodes = True


def _set(owner: str, name: str, value: Any) -> Callable[[Any, Any, Any], None]:
    """What sets one thing of ``scene``, ``render``, ``node`` or ``settings``."""

    def mend(scene: Any, _tree: Any, node: Any) -> None:
        owners = {"scene": scene, "render": scene.render, "node": node, "settings": node.settings}
        setattr(owners[owner], name, value)

    return mend


def _add_style(_scene: Any, _tree: Any, node: Any) -> None:
    node.settings.styles.add()


def _save(_scene: Any, _tree: Any, _node: Any) -> None:
    bpy.ops.wm.save_as_mainfile("INVOKE_DEFAULT")


def _open_preferences(_scene: Any, _tree: Any, _node: Any) -> None:
    bpy.ops.screen.userpref_show("INVOKE_DEFAULT", section="ADDONS")


MENDS: dict[str, Callable[[Any, Any, Any], None]] = {
    "save": _save,
    "folder": _set("settings", "folder", "//stylized/"),
    "preferences": _open_preferences,
    "range": _set("settings", "use_scene_range", True),
    "step": _set("scene", "frame_step", 1),
    "style": _add_style,
    "method": _set("settings", "method", "feedforward"),
    "inputs": _set("settings", "source", "RENDER"),
    "link": _link_layers,
    "compositing": _use_compositor,
    "unmute": _set("node", "mute", False),
    "estimate": _set("settings", "flow_source", "dis"),
    "vectors": _link_vectors,
    "stereo": _set("render", "use_multiview", False),
    "layer": _use_layer,
    "blur": _set("render", "use_motion_blur", False),
    "space": _set("settings", "color_space", "lin_rec709_scene"),
}
"""What mends a problem, by its name, given scene, tree and node."""

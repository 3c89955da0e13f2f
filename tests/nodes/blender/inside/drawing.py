"""What is drawn, on a layout that takes what Blender's own would."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import bpy  # type: ignore[import-not-found]
from blender_scenes import finish, new_node, render_node, saved_scene, sequence_node
from strict_layout import StrictLayout

from nodes.blender import panel
from nodes.blender.node import draw_menu
from nodes.blender.run import Run


def _sidebar(node: Any) -> list[str]:
    layout = StrictLayout([])
    context = SimpleNamespace(active_node=node, scene=bpy.context.scene)
    sidebar: Any = panel.VST_PT_stylize
    assert sidebar.poll(context)
    sidebar.draw(SimpleNamespace(layout=layout), context)
    return layout.drawn


def _buttons(node: Any) -> list[str]:
    layout = StrictLayout([])
    panel.draw_node(bpy.context, layout, node)
    return layout.drawn


def _menu(tree_type: str) -> list[str]:
    layout = StrictLayout([])
    draw_menu(SimpleNamespace(layout=layout), SimpleNamespace(space_data=SimpleNamespace(tree_type=tree_type)))
    return layout.drawn


def life(plate: str, out: str) -> dict[str, list[str]]:
    """What is drawn before, in and after a run, and where there is something to mend."""
    scene, tree = saved_scene(out, "drawn", (1, 2))
    found = {"menu": _menu("CompositorNodeTree"), "elsewhere": _menu("ShaderNodeTree")}
    found["wrong"] = _sidebar(new_node(tree))
    node = sequence_node(tree, plate)
    found["before"] = _sidebar(node)
    run = Run(scene, tree, node)
    while run.doing != "stylize":
        run.step()
    found["in"] = _buttons(node)
    run.cancel()
    finish(run)
    found["cancelled"] = _buttons(node)
    node.settings.styles[0].style = "ink"
    found["another style"] = _buttons(node)
    node.settings.styles[0].style = "oil"
    finish(Run(scene, tree, node))
    found["after"] = _buttons(node)
    node.settings.styles.add()
    node.settings.styles[1].style = "FILE"
    node.settings.method, node.settings.source, node.settings.use_scene_range = "optimization", "CLIP", False
    found["much"] = _sidebar(node)
    found["render"] = _sidebar(render_node(scene, tree))
    return found

"""Draws ``blender_node.png``: the node in the compositor of a real Blender, after a shot was stylised by its button.

It needs a Blender with a window, the worker, and on a machine without a screen Xvfb; whatever takes a picture of the
screen is called with the file's name::

    blender --factory-startup --window-geometry 0 0 1600 1000 --python docs/blender_window.py -- \
        docs/blender_node.png import -window root

``import`` is ImageMagick's. The picture in the README was drawn by Debian's Blender 4.3.2.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import bpy

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "samples")]

from node_scene import compositor, sample_scene  # noqa: E402 - the path comes first

from nodes import blender as add_on  # noqa: E402
from nodes.blender.run import RUNS  # noqa: E402

FRAMES, SHOWN = range(1006, 1009), 1007
SIZE, SAMPLES = (640, 360), 16
DRAWN = 0.5  # seconds after which everything is on the screen
COMPOSED = 5.0  # seconds after which the viewer has its picture
CLOSER = 3  # steps of the wheel, since the view of all nodes leaves much around them


def area_of(kind: str) -> Any:
    """The largest area of a kind."""
    areas = bpy.context.window_manager.windows[0].screen.areas
    return max((area for area in areas if area.type == kind), key=lambda area: area.width * area.height)


def within(area: Any, operator: Callable[..., Any], *way: str, **values: Any) -> None:
    """Call an operator as if its button in an area had been pressed."""
    region = next(region for region in area.regions if region.type == "WINDOW")
    with bpy.context.temp_override(window=bpy.context.window_manager.windows[0], area=area, region=region):
        operator(*way, **values)


def link_up(scene: Any) -> Any:
    """The compositor: render layers, the node, what shows and keeps its result; returns the node."""
    tree = compositor(scene)
    layers, node = tree.nodes.new("CompositorNodeRLayers"), tree.nodes.new("VST_ND_stylize")
    viewer, output = tree.nodes.new("CompositorNodeViewer"), tree.nodes.new("CompositorNodeComposite")
    layers.location, node.location, viewer.location, output.location = (-300, 40), (0, 100), (270, 60), (270, -80)
    for name in ("Image", "Vector", "Depth"):
        tree.links.new(layers.outputs[name], node.inputs[name])
    for target in (viewer, output):
        tree.links.new(node.outputs["Image"], target.inputs["Image"])
    for each in tree.nodes:
        each.select = each == node
    tree.nodes.active = node
    return node


def divide() -> Iterator[float]:
    """Two areas above, one below, all of them the compositor; Blender has to draw after every change."""
    for kind in ("OUTLINER", "PROPERTIES", "DOPESHEET_EDITOR", "DOPESHEET_EDITOR"):
        within(area_of(kind), bpy.ops.screen.area_close)
        yield DRAWN
    within(area_of("NODE_EDITOR"), bpy.ops.screen.area_split, direction="HORIZONTAL", factor=0.55)
    yield DRAWN
    areas = bpy.context.window_manager.windows[0].screen.areas
    within(max(areas, key=lambda area: area.y), bpy.ops.screen.area_split, direction="VERTICAL", factor=0.5)
    yield DRAWN


def arrange(node: Any) -> tuple[Any, Any, Any]:
    """Two pictures above, the compositor with its sidebar below; returns the three areas."""
    areas = bpy.context.window_manager.windows[0].screen.areas
    *pictures, nodes = sorted(areas, key=lambda area: (-area.y, area.x))
    for area in pictures:
        area.ui_type = "IMAGE_EDITOR"
    nodes.spaces.active.show_region_ui, nodes.spaces.active.show_backdrop = True, False
    node.id_data.nodes.active = node
    return pictures[0], pictures[1], nodes


def show(area: Any, image: Any) -> None:
    """A picture, as large as its area allows."""
    area.spaces.active.image = image
    within(area, bpy.ops.image.view_all, fit_view=True)


def steps(picture: Path, camera: list[str], folder: str) -> Iterator[float]:
    """All that is done, and how many seconds Blender may draw in between."""
    add_on.register()
    scene = sample_scene(FRAMES, SIZE, SAMPLES)
    scene.view_settings.view_transform = "Standard"
    bpy.ops.wm.save_as_mainfile(filepath=f"{folder}/theatre.blend")
    bpy.context.window_manager.windows[0].workspace = bpy.data.workspaces["Compositing"]
    yield DRAWN
    node = link_up(scene)
    yield from divide()
    before, after, nodes = arrange(node)
    yield DRAWN
    region = next(region for region in nodes.regions if region.type == "UI")
    region.active_panel_category = "Stylize"
    within(nodes, bpy.ops.node.view_all)
    yield DRAWN
    for _ in range(CLOSER):
        within(nodes, bpy.ops.view2d.zoom_in)
    scene.frame_set(SHOWN)
    show(after, bpy.data.images["Viewer Node"])  # Blender computes it only where it is shown
    within(nodes, bpy.ops.vst.stylize, "INVOKE_DEFAULT", uid=node.uid)
    while not RUNS[node.uid].over:
        yield DRAWN
    plate = RUNS[node.uid].version.plate
    show(before, bpy.data.images.load(str(plate / f"plate.{SHOWN}.exr")))
    yield COMPOSED
    show(after, bpy.data.images["Viewer Node"])
    yield DRAWN
    subprocess.run([*camera, str(picture)], check=True)  # noqa: S603 - what the caller named


def main() -> None:
    """Begin; the rest is done by a timer, which lets Blender draw."""
    given = sys.argv[sys.argv.index("--") + 1 :]
    folder = tempfile.TemporaryDirectory()
    work = steps(Path(given[0]), given[1:], folder.name)

    def go_on() -> float | None:
        try:
            with bpy.context.temp_override(window=bpy.context.window_manager.windows[0]):
                return next(work)
        except StopIteration:
            bpy.ops.wm.quit_blender()
        except BaseException:
            folder.cleanup()
            bpy.ops.wm.quit_blender()
            raise
        return None

    bpy.context.preferences.view.show_splash = False
    bpy.context.preferences.view.ui_scale = 1.2
    bpy.app.timers.register(go_on, first_interval=DRAWN)


main()

"""How long a run holds Blender's window: the longest call of the add-on, and the gaps between two beats of the window.

Runs in a Blender with a window, on a machine without a screen in one of Xvfb::

    VST_WORKER=.venv/bin/vst xvfb-run blender --factory-startup --python bench/bench_window.py

The gaps have in them what Blender itself does, above all its drawing, which without a graphics card takes long. So they
are measured in three phases with the same drawing: without a run, with one of a sequence on disk, and with one whose
plate Blender renders.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import bpy

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "samples")]

from node_scene import LAYERED, compositor, sample_scene  # noqa: E402 - the path comes first

from nodes import blender as add_on  # noqa: E402
from nodes.blender.mending import MENDS  # noqa: E402
from nodes.blender.operators import LOOK  # noqa: E402
from nodes.blender.run import RUNS  # noqa: E402

FRAMES, RUNS_EACH, IDLE = range(1001, 1009), 3, 5.0
calls: dict[tuple[str, str], list[float]] = {}
gaps: dict[str, list[float]] = {}
phase = "start"


def time_calls(owner: Any, name: str, label: str) -> None:
    """Have every call of a method that Blender calls noted."""
    method: Callable[..., Any] = getattr(owner, name)

    def timed(*given: Any) -> Any:
        begun = time.perf_counter()
        try:
            return method(*given)
        finally:
            calls.setdefault((phase, label), []).append(time.perf_counter() - begun)

    setattr(owner, name, timed)


def beats() -> Callable[[], float]:
    """A timer that notes how long the window's loop took to come round."""
    last = time.perf_counter()

    def beat() -> float:
        nonlocal last
        now = time.perf_counter()
        gaps.setdefault(phase, []).append(now - last)
        last = now
        return 0.001

    return beat


def node_area() -> Any:
    """The window's largest area, which shows the compositor."""
    area = max(bpy.context.window_manager.windows[0].screen.areas, key=lambda area: area.width * area.height)
    area.ui_type = "CompositorNodeTree"
    area.spaces.active.show_region_ui = True
    return area


def press(area: Any, node: Any) -> Iterator[float]:
    """Press the button, and wait for the end."""
    region = next(region for region in area.regions if region.type == "WINDOW")
    with bpy.context.temp_override(window=bpy.context.window_manager.windows[0], area=area, region=region):
        bpy.ops.vst.stylize("INVOKE_DEFAULT", uid=node.uid, resume=False)
    while not RUNS[node.uid].over:
        yield LOOK
    assert RUNS[node.uid].exit_code == 0, RUNS[node.uid].message
    yield 0.5


def work(folder: str) -> Iterator[float]:
    """The three phases; yields how long Blender may go on by itself."""
    global phase
    scene = sample_scene(FRAMES)
    scene.frame_set(FRAMES.start)
    tree = compositor(scene)
    bpy.ops.wm.save_as_mainfile(filepath=f"{folder}/bench.blend")
    node, viewer = tree.nodes.new("VST_ND_stylize"), tree.nodes.new("CompositorNodeViewer")
    MENDS["link"](scene, tree, node)
    tree.links.new(node.outputs["Image"], viewer.inputs["Image"])
    tree.nodes.active, node.settings.network = node, "fast"
    area = node_area()
    yield 1.0
    yield from press(area, node)  # warms the worker
    bpy.app.timers.register(beats())
    phase, end = "no run", time.monotonic() + IDLE
    while time.monotonic() < end:
        area.tag_redraw()
        yield LOOK
    phase = "a sequence on disk"
    node.settings.source, node.settings.pattern = "SEQUENCE", str(LAYERED)
    for _ in range(RUNS_EACH):
        yield from press(area, node)
    phase, node.settings.source = "a plate that is rendered", "RENDER"
    for _ in range(RUNS_EACH):
        yield from press(area, node)


def report() -> None:
    """Print the tables."""
    print(f"\nBlender {bpy.app.version_string}, {len(FRAMES)} frames of the sample shot, network fast")
    print("\nbetween two beats of the window      99 of 100 below   longest")
    for name, values in gaps.items():
        if name != "start":
            ordered = sorted(values)
            print(f"{name:<36} {1e3 * ordered[len(ordered) * 99 // 100]:12.0f} ms {1e3 * ordered[-1]:6.0f} ms")
    print("\ncalls of the add-on                          times   median   longest")
    for (name, label), values in calls.items():
        if name not in ("start", "no run"):
            ordered = sorted(values)
            row = f"{len(ordered):5} {1e3 * ordered[len(ordered) // 2]:5.1f} ms {1e3 * ordered[-1]:6.1f} ms"
            print(f"{name:<26} {label:<17} {row}")
    sys.stdout.flush()


def main() -> None:
    """Begin; the rest is done by a timer, so that the window goes on."""
    add_on.register()
    for owner, name, label in (
        (bpy.types.VST_OT_stylize, "invoke", "press"),
        (bpy.types.VST_OT_stylize, "modal", "step"),
        (bpy.types.VST_PT_stylize, "draw", "draw the sidebar"),
        (bpy.types.VST_ND_stylize, "draw_buttons", "draw the node"),
    ):
        time_calls(owner, name, label)
    folder = tempfile.TemporaryDirectory()
    steps = work(folder.name)

    def go_on() -> float | None:
        try:
            with bpy.context.temp_override(window=bpy.context.window_manager.windows[0]):
                return next(steps)
        except StopIteration:
            report()
        except BaseException:
            bpy.ops.wm.quit_blender()
            raise
        folder.cleanup()
        bpy.ops.wm.quit_blender()
        return None

    bpy.context.preferences.view.show_splash = False
    bpy.app.timers.register(go_on, first_interval=1.0)


main()

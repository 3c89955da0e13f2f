"""How long a run holds Blender's window: the longest call of the add-on, and the gaps between two beats of the window.

Runs in a Blender with a window, on a machine without a screen in one of Xvfb::

    VST_WORKER=.venv/bin/vst xvfb-run blender --factory-startup --python bench/bench_window.py

The gaps have in them what Blender itself does, above all its drawing, which without a graphics card takes long. So they
are measured in three phases: without a run, with one of a sequence on disk, and with one whose plate Blender renders.
The last column is a call's own processor time, without the wait for a processor that others keep busy.
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
from nodes.blender import node, operators, panel  # noqa: E402
from nodes.blender.mending import MENDS  # noqa: E402
from nodes.blender.operators import LOOK  # noqa: E402
from nodes.blender.run import RUNS  # noqa: E402

FRAMES, RUNS_EACH, IDLE = range(1001, 1007), 2, 5.0
DRAWN = 0.1  # seconds; about as often as a run has it drawn
calls: dict[tuple[str, str], list[tuple[float, float]]] = {}
gaps: dict[str, list[float]] = {}
phase = "start"


def time_calls(owner: Any, name: str, label: str) -> None:
    """Have every call of a method that Blender calls noted."""
    method: Callable[..., Any] = getattr(owner, name)

    def timed(*given: Any) -> Any:
        begun, computed = time.perf_counter(), time.thread_time()
        try:
            return method(*given)
        finally:
            spent = time.perf_counter() - begun, time.thread_time() - computed
            calls.setdefault((phase, label), []).append(spent)

    # Blender counts the arguments that it gives.
    ways = {2: lambda self, context: timed(self, context), 3: lambda self, context, third: timed(self, context, third)}
    setattr(owner, name, ways[method.__code__.co_argcount])


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


def press(area: Any, uid: str) -> Iterator[float]:
    """Press the button, and wait for the end."""
    region = next(region for region in area.regions if region.type == "WINDOW")
    while bpy.app.is_job_running("RENDER_PREVIEW"):  # while it lasts, timers may press nothing
        yield LOOK
    with bpy.context.temp_override(window=bpy.context.window_manager.windows[0], area=area, region=region):
        bpy.ops.vst.stylize("INVOKE_DEFAULT", uid=uid, resume=False)
    while not RUNS[uid].over:
        yield LOOK
    assert RUNS[uid].exit_code == 0, RUNS[uid].message
    yield 0.5


def work(folder: str) -> Iterator[float]:
    """The three phases; yields how long Blender may go on by itself."""
    global phase
    scene = sample_scene(FRAMES)
    scene.frame_set(FRAMES.start)
    tree = compositor(scene)
    bpy.ops.wm.save_as_mainfile(filepath=f"{folder}/bench.blend")
    painter, viewer = tree.nodes.new("VST_ND_stylize"), tree.nodes.new("CompositorNodeViewer")
    MENDS["link"](scene, tree, painter)
    tree.links.new(painter.outputs["Image"], viewer.inputs["Image"])
    tree.nodes.active, painter.settings.network = painter, "fast"
    area = node_area()
    yield 1.0
    next(region for region in area.regions if region.type == "UI").active_panel_category = "Stylize"
    yield from press(area, painter.uid)  # warms the worker
    bpy.app.timers.register(beats())
    phase, end = "no run", time.monotonic() + IDLE
    while time.monotonic() < end:
        area.tag_redraw()
        yield DRAWN
    phase = "a sequence on disk"
    painter.settings.source, painter.settings.pattern = "SEQUENCE", str(LAYERED)
    for _ in range(RUNS_EACH):
        yield from press(area, painter.uid)
    phase, painter.settings.source = "a plate that is rendered", "RENDER"
    for _ in range(RUNS_EACH):
        yield from press(area, painter.uid)


def report() -> None:
    """Print the tables."""
    print(f"\nBlender {bpy.app.version_string}, {len(FRAMES)} frames of the sample shot, network fast")
    print("\nbetween two beats of the window      99 of 100 below   longest")
    for name, values in gaps.items():
        if name != "start":
            ordered = sorted(values)
            print(f"{name:<36} {1e3 * ordered[len(ordered) * 99 // 100]:12.0f} ms {1e3 * ordered[-1]:6.0f} ms")
    print("\ncalls of the add-on                          times   median   longest   longest without waiting")
    for (name, label), values in calls.items():
        if name not in ("start", "no run"):
            spent = sorted(value for value, _ in values)
            row = f"{len(spent):5} {1e3 * spent[len(spent) // 2]:5.1f} ms {1e3 * spent[-1]:6.1f} ms"
            print(f"{name:<26} {label:<17} {row} {1e3 * max(computed for _, computed in values):6.1f} ms")
    sys.stdout.flush()


def main() -> None:
    """Begin; the rest is done by a timer, so that the window goes on."""
    add_on.register()
    for owner, name, label in (
        (operators.VST_OT_stylize, "invoke", "press"),
        (operators.VST_OT_stylize, "modal", "step"),
        (panel.VST_PT_stylize, "draw", "draw the sidebar"),
        (node.VST_ND_stylize, "draw_buttons", "draw the node"),
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

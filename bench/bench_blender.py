"""What Blender adds to the worker: the way from the button to the first stylised frame, how long a step holds Blender,
and what rendering the plate costs beside an ordinary render.

Runs in a Python that has bpy, with ``$VST_WORKER`` or the ``.venv`` beside it: ``make bench-blender``. The steps are
those that the modal operator takes from its timer in a window; bpy has none, so what Blender draws is not in them.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import bpy

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "samples")]

from node_scene import LAYERED, compositor, sample_scene  # noqa: E402 - the path comes first

from nodes import blender as add_on  # noqa: E402
from nodes.blender import workers  # noqa: E402
from nodes.blender.dump import dump_plate  # noqa: E402
from nodes.blender.mending import MENDS  # noqa: E402
from nodes.blender.operators import LOOK  # noqa: E402
from nodes.blender.run import Run  # noqa: E402
from nodes.blender.shot import read_shot  # noqa: E402

FIRST, LAST, RUNS, KEPT = 1001, 1004, 5, 400
Steps = dict[str, list[float]]


def worker_alone(settings: dict[str, Any], folder: Path) -> float:
    """Seconds from the request to the first frame, of the warm worker without a host."""
    client = workers.get_client()
    begun = time.perf_counter()
    job = client.submit("render", {**settings, "output": {"pattern": str(folder / "alone.####.exr")}})
    first, events = 0.0, []
    while not any(event["event"] in ("done", "error", "cancelled") for event in events):
        events = client.take(job)
        if not first and any(event["event"] == "frame" for event in events):
            first = time.perf_counter() - begun
        time.sleep(0.001)
    return first


def button(start: Callable[[], Run], steps: Steps, kind: str = "") -> tuple[float, Run]:
    """Seconds from the press to the first stylised frame, as the timer of the operator drives it."""
    begun = time.perf_counter()
    run = start()
    steps.setdefault(f"{kind}press", []).append(time.perf_counter() - begun)
    first = 0.0
    while not run.over:
        time.sleep(LOOK)
        doing, before = run.doing, time.perf_counter()
        run.step()
        now = time.perf_counter()
        steps.setdefault(kind + ("end" if run.over else doing), []).append(now - before)
        if not first and run.doing != "start" and run.done:
            first = now - begun
    assert run.exit_code == 0, run.message
    return first, run


def gone_on_with(scene: Any, tree: Any, node: Any, folder: Path, steps: Steps) -> None:
    """Resume a version of which nearly everything is there: all those frames are told of at once."""
    pattern = folder / "long.####.exr"
    for number in range(1, KEPT + 1):
        Path(str(pattern).replace("####", f"{number:04d}")).symlink_to(str(LAYERED).replace("####", "1001"))
    node.settings.pattern, node.settings.temporal = str(pattern), False
    node.settings.scale, node.settings.use_scene_range = 0.1, False
    node.settings.first, node.settings.last = 1, KEPT
    _, run = button(lambda: Run(scene, tree, node), {})
    run.version.note(run.shot.identity, "started")
    _, again = button(lambda: Run(scene, tree, node), steps, "resumed: ")
    assert again.kept == KEPT, again.kept


def plate_cost(folder: Path) -> tuple[float, float]:
    """Seconds for a frame of the plate, and for one of an ordinary animation of the same scene."""
    scene = sample_scene(range(FIRST, LAST + 1))
    tree = compositor(scene)
    node = tree.nodes.new("VST_ND_stylize")
    MENDS["link"](scene, tree, node)
    frames = LAST - FIRST + 1
    spent: tuple[list[float], list[float]] = [], []
    for number in range(3):
        begun = time.perf_counter()
        for _ in dump_plate(read_shot(scene, node), folder / f"plate{number}", windowed=False):
            pass
        between = time.perf_counter()
        scene.render.filepath = str(folder / f"plain{number}" / "frame.")
        bpy.ops.render.render(animation=True)
        spent[0].append((between - begun) / frames)
        spent[1].append((time.perf_counter() - between) / frames)
    return median(spent[0]), median(spent[1])


def main() -> None:
    """Print the tables."""
    add_on.register()
    steps: Steps = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        scene = bpy.context.scene
        scene.frame_start, scene.frame_end = FIRST, LAST
        tree = compositor(scene)
        bpy.ops.wm.save_as_mainfile(filepath=f"{folder}/bench.blend")
        node = tree.nodes.new("VST_ND_stylize")
        node.settings.source, node.settings.pattern, node.settings.network = "SEQUENCE", str(LAYERED), "fast"
        button(lambda: Run(scene, tree, node), {})  # warms the worker
        pressed, alone = [], []
        for number in range(RUNS):
            seconds, run = button(lambda: Run(scene, tree, node, resume=False), steps)
            pressed.append(seconds)
            settings = run.shot.engine_settings(run.version.folder, run.version.plate)
            alone.append(worker_alone(settings, folder / str(number)))
        over = median(a - b for a, b in zip(pressed, alone, strict=True))
        gone_on_with(scene, tree, node, folder, steps)
        dumped, plain = plate_cost(folder)
    add_on.unregister()
    print(f"Blender {bpy.app.version_string}, sample shot {FIRST}-{LAST}, network fast, {RUNS} runs, medians")
    print(f"button to first stylised frame  {median(pressed):7.3f} s")
    print(f"the worker alone                {median(alone):7.3f} s")
    print(f"what Blender adds               {over:7.3f} s")
    print(f"\na frame of the plate            {dumped:7.3f} s")
    print(f"a frame of an ordinary render   {plain:7.3f} s")
    print(f"\n{'step':<20} times   median   longest")
    for doing, values in steps.items():
        print(f"{doing:<20} {len(values):5} {1e3 * median(values):5.1f} ms {1e3 * max(values):6.1f} ms")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
    os._exit(0)  # a Python that has had a node does not always leave in peace

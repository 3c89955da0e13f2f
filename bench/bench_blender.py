"""What Blender adds to the worker: the way from the button to the first stylised frame, and how long a step holds it.

Runs in a Python that has bpy, with ``$VST_WORKER`` or the ``.venv`` beside it: ``make bench-blender``. The steps are
those that the modal operator takes from its timer in a window; bpy has none, so what Blender draws is not in them.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

import bpy

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from nodes import blender as add_on  # noqa: E402 - the path comes first
from nodes.blender import workers  # noqa: E402
from nodes.blender.operators import _LOOK  # noqa: E402
from nodes.blender.run import Run  # noqa: E402
from nodes.blender.versions import own_tree  # noqa: E402

PLATE = ROOT / "samples" / "shot" / "shot.####.exr"
FIRST, LAST, RUNS = 1001, 1004, 5


def sample_node(folder: str) -> tuple[Any, Any, Any]:
    """A scene, its tree and a node that paints the sample shot."""
    scene = bpy.context.scene
    scene.frame_start, scene.frame_end = FIRST, LAST
    tree = own_tree(scene)
    if hasattr(scene, "compositing_node_group"):
        scene.compositing_node_group = tree
    bpy.ops.wm.save_as_mainfile(filepath=f"{folder}/bench.blend")
    node = tree.nodes.new("VST_ND_stylize")
    node.settings.source, node.settings.pattern, node.settings.network = "SEQUENCE", str(PLATE), "fast"
    return scene, tree, node


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


def button(scene: Any, tree: Any, node: Any, steps: dict[str, list[float]]) -> tuple[float, Run]:
    """Seconds from the press to the first stylised frame, as the timer of the operator drives it."""
    begun = time.perf_counter()
    run = Run(scene, tree, node, resume=False)
    steps.setdefault("press", []).append(time.perf_counter() - begun)
    first = 0.0
    while not run.over:
        time.sleep(_LOOK)
        doing, before = run.doing, time.perf_counter()
        run.step()
        now = time.perf_counter()
        steps.setdefault("end" if run.over else doing, []).append(now - before)
        if not first and run.doing != "start" and run.done:
            first = now - begun
    assert run.exit_code == 0, run.message
    return first, run


def main() -> None:
    """Print the table."""
    add_on.register()
    steps: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        scene, tree, node = sample_node(folder)
        button(scene, tree, node, {})  # warms the worker
        pressed, alone = [], []
        for number in range(RUNS):
            seconds, run = button(scene, tree, node, steps)
            pressed.append(seconds)
            settings = run.shot.engine_settings(run.version.folder, run.version.plate)
            alone.append(worker_alone(settings, Path(folder) / str(number)))
        over = median(a - b for a, b in zip(pressed, alone, strict=True))
    add_on.unregister()
    print(f"Blender {bpy.app.version_string}, sample shot {FIRST}-{LAST}, network fast, {RUNS} runs, medians")
    print(f"button to first stylised frame  {median(pressed):7.3f} s")
    print(f"the worker alone                {median(alone):7.3f} s")
    print(f"what Blender adds               {over:7.3f} s")
    print("\nstep      times   median   longest")
    for doing, values in steps.items():
        print(f"{doing:<8} {len(values):6} {1e3 * median(values):5.1f} ms {1e3 * max(values):6.1f} ms")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
    os._exit(0)  # a Python that has had a node does not always leave in peace

"""Stylising without a window, as a command of Blender's own: ``blender --command stylize shot.blend``."""

from __future__ import annotations

import argparse
import signal
import time
from collections.abc import Sequence

import bpy  # type: ignore[import-not-found]

from ..errors import WorkerError
from .run import OUTPUT, RUNS, USAGE, Run, spell
from .versions import compositor_tree

COMMAND = "stylize"
_ABOUT = "Open a file, stylise the shot of each of its nodes, and save it. The exit codes are those of vst render."
_LOOK = 0.02  # seconds between two looks at the worker


def stylize_file(arguments: Sequence[str]) -> int:
    """Open a file, stylise the shot of each of its nodes, and save it, unless nothing was begun.

    Returns:
        The exit code: 0, or as that of ``vst render``.
    """
    parser = argparse.ArgumentParser(prog=f"blender --command {COMMAND}", description=_ABOUT)
    parser.add_argument("file", help="the .blend file")
    parser.add_argument("--node", help="the one node to stylise, by its name; all when left out")
    parser.add_argument("--new-version", action="store_true", help="do not resume an unfinished version")
    given = parser.parse_args(list(arguments))
    try:
        bpy.ops.wm.open_mainfile(filepath=given.file)
    except RuntimeError as error:
        print(f"vst: {' '.join(str(error).split())}", flush=True)  # noqa: T201 - a command line
        return USAGE
    code = stylize_scene(bpy.context.scene, given.node, resume=not given.new_version)
    try:
        if RUNS:
            bpy.ops.wm.save_mainfile()
    except RuntimeError as error:
        line = f"the file cannot be saved, the frames stay ({' '.join(str(error).split())})"
        print(f"vst: {line}", flush=True)  # noqa: T201 - see above
        return code or OUTPUT
    return code


def stylize_scene(scene: object, name: str | None = None, *, resume: bool = True) -> int:
    """Stylise the shots of a scene's nodes, and print the progress.

    Args:
        scene: the scene.
        name: of the one node; None for all.
        resume: go on with an unfinished version.

    Returns:
        The first exit code that is not 0, or 0.
    """
    tree = compositor_tree(scene)
    nodes = [node for node in (tree.nodes if tree else ()) if node.bl_idname == "VST_ND_stylize"]
    names = [node.name for node in nodes if name in (None, node.name)]
    if not names:
        print("vst: there is no such Stylize node in the compositor of this scene", flush=True)  # noqa: T201 - see above
        return USAGE
    for each in names:
        try:
            run = Run(scene, tree, tree.nodes[each], resume=resume)
        except WorkerError as error:
            print(f"vst: {each}: {error}", flush=True)  # noqa: T201 - see above
            return USAGE
        follow(run)
        if run.exit_code:
            return run.exit_code
    return 0


def follow(run: Run) -> None:
    """Wait for the end of a run, and print what it is at; Ctrl-C cancels it."""
    # Blender has a handler of its own, and an exception in the middle of a step would leave the run without an end.
    before = signal.signal(signal.SIGINT, lambda *_: run.cancel())
    try:
        _print_steps(run)
    finally:
        signal.signal(signal.SIGINT, before or signal.default_int_handler)
    for note in run.notes:
        print(f"vst: {note}", flush=True)  # noqa: T201 - see above


def _print_steps(run: Run) -> None:
    told = ""
    while not run.over:
        run.step()
        line = run.message if run.over else spell(run)
        if line != told:
            told = line
            print(f"vst: {line}", flush=True)  # noqa: T201 - see above
        time.sleep(_LOOK)

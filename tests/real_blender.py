"""A real Blender, as a child process that runs a function and hands back what that returns."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

_ROOT = Path(__file__).parents[1]
_INSIDE = _ROOT / "tests" / "nodes" / "blender" / "inside"
_PATIENCE = 240.0
VST = Path(sys.executable).with_name("vst")
MARK = "RESULT "


def find_blender() -> str:
    """A Python that has bpy: the one that ``$VST_BPY`` names, or one that make installed; a test is skipped without."""
    installed = sorted(str(python) for python in (_ROOT / ".blender").glob("*/bin/python"))
    named = os.environ.get("VST_BPY") or next(iter(installed), None)
    if named is None:
        pytest.skip("there is no Blender here: make test-blender installs one")
    return named


def blender_environment(folder: Path) -> dict[str, str]:
    """The environment of a Blender with a user's folder of its own, as it is started by hand.

    ``bpy`` leaves a user's scripts alone, but not those of a studio.
    """
    foreign = {"PYTHONPATH", "PYTHONDONTWRITEBYTECODE", "VST_WORKER"}
    environment = {name: value for name, value in os.environ.items() if name not in foreign}
    return environment | {"BLENDER_USER_RESOURCES": str(folder), "BLENDER_SYSTEM_SCRIPTS": str(folder / "scripts")}


def blender(
    function: str, *arguments: object, worker: Path | str = VST, log: Path | None = None, path: Sequence[Path] = ()
) -> Any:
    """What a function returns.

    Args:
        function: as ``module.name``, the module one of those in ``inside``.
        arguments: for it; JSON has to know them, or they are paths.
        worker: the program of the worker.
        log: file for all that Blender prints.
        path: more folders that its Python imports from.
    """
    given = [str(argument) if isinstance(argument, Path) else argument for argument in arguments]
    command = [find_blender(), str(_INSIDE / "in_blender.py"), function, json.dumps(given)]
    folders = os.pathsep.join(map(str, (_ROOT, *path)))
    environment = {**os.environ, "VST_WORKER": str(worker), "PYTHONPATH": folders}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=_PATIENCE, check=False)
    if log is not None:
        log.write_text(done.stdout)
    results = [line for line in done.stdout.splitlines() if line.startswith(MARK)]
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(results) == 1, done.stdout + done.stderr
    return json.loads(results[0].removeprefix(MARK))

"""Runs ``vst`` as a process: a host's Python has neither torch nor OpenImageIO, and must not be made to."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from types import ModuleType
from typing import Any

_ROOT = Path(__file__).absolute().parents[3]
_NO_WINDOW = 0x08000000  # of Windows: no console pops up over the host
_BESIDE_WHEEL = Path("Scripts", "vst.exe") if os.name == "nt" else Path("bin", "vst")


class EngineError(Exception):
    """``vst`` could not be run, or refused; one line."""


def run(context: Any, *arguments: str) -> list[dict[str, Any]]:
    """Run ``vst`` to its end.

    Args:
        context: of the publish; who is ``vst`` himself gives it a way to do it as ``vst_run``.
        arguments: of ``vst``.

    Returns:
        The events that it printed; lines that are no JSON are left out.

    Raises:
        EngineError: it failed; that a shot was looked at to the end, and something is wrong with it, is no failure.
    """
    code, printed, complaint = (context.data.get("vst_run") or _start)(*arguments)
    events = [event for line in printed.splitlines() if (event := _event(line))]
    ends = [event for event in events if event["event"] in ("verified", "error")]  # a repair looks before it, too
    if code and not (ends and ends[-1]["event"] == "verified" and ends[-1]["exit_code"] == code):
        told = (ends[-1].get("message") if ends else "") or complaint
        raise EngineError(told or f"vst {arguments[0]} ended with exit code {code} and said nothing")
    return events


def program() -> str:
    """The program ``vst``: of the installation that this file belongs to, or as the nodes find it.

    Raises:
        EngineError: there is none.
    """
    if _ROOT.name == "_shipped" and not os.environ.get("VST_WORKER"):
        for folder in _ROOT.parents[1:5]:
            if (folder / _BESIDE_WHEEL).is_file():
                return str(folder / _BESIDE_WHEEL)
    environment = _environment()
    try:
        return str(environment.find_worker())
    except environment.WorkerError as error:
        raise EngineError(str(error)) from None


def _start(*arguments: str) -> tuple[int, str, str]:
    """Exit code, what was printed, and the last line of the complaints."""
    command, environment = [program(), *arguments], _environment().scrubbed(os.environ)
    options: dict[str, Any] = {"encoding": "utf-8", "errors": "replace"}  # Windows may write in a code page
    with tempfile.TemporaryFile("w+", **options) as complaints:
        if os.name == "nt":
            options["creationflags"] = _NO_WINDOW
        try:
            done = subprocess.run(  # noqa: S603 - our own program
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=complaints,
                env=environment,
                check=False,
                **options,
            )
        except OSError as error:
            raise EngineError(f"{command[0]} cannot be started ({error.strerror})") from None
        complaints.seek(0)
        said = [line for line in complaints.read().splitlines() if line.strip()]
    last = said[-1] if said else ""
    return done.returncode, done.stdout, last[len("vst: ") :] if last.startswith("vst: ") else last


def _event(line: str) -> dict[str, Any] | None:
    try:
        event = json.loads(line)
    except ValueError:
        return None
    return event if isinstance(event, dict) and "event" in event else None


def _environment() -> ModuleType:
    """The module of the nodes that knows where the engine is; they lie beside the plug-ins."""
    if "vst_nodes" not in sys.modules:
        folder = _ROOT / "nodes"
        spec = importlib.util.spec_from_file_location(
            "vst_nodes", folder / "__init__.py", submodule_search_locations=[str(folder)]
        )
        assert spec is not None
        assert spec.loader is not None
        sys.modules["vst_nodes"] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules["vst_nodes"])
    return importlib.import_module("vst_nodes.environment")

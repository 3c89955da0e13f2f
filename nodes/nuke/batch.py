"""Stylising without a window: ``nuke -t stylize.py shot.nk``, or ``stylize_node`` in a script of one's own."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence

import nuke

from ..errors import WorkerError
from .dump import DumpCancelledError
from .group import is_ours
from .prepare import finish, prepare, tell
from .run import CANCELLED, OUTPUT, USAGE, Outcome, Report, Run

_RANGE = re.compile(r"(-?\d+)(?:-(-?\d+))?")


def main(arguments: Sequence[str]) -> int:
    """Open a script, stylise the shot of each of its nodes, and save it.

    Returns:
        The exit code: 0, or as that of ``vst render``.
    """
    parser = argparse.ArgumentParser(prog="nuke -t stylize.py", description=main.__doc__)
    parser.add_argument("script", help="the .nk file")
    parser.add_argument("--node", help="the one node to stylise, by its name; all when left out")
    parser.add_argument("--frames", type=_frames, help="FIRST-LAST, written as --frames=1001-1100, or Nuke takes it")
    parser.add_argument("--new-version", action="store_true", help="do not resume an unfinished version")
    given = parser.parse_args(list(arguments))
    try:
        nuke.scriptOpen(given.script)
    except RuntimeError as error:
        _say(" ".join(str(error).split()))
        return USAGE
    nodes = [node for node in nuke.allNodes("Group", recurseGroups=True) if is_ours(node)]
    nodes = [node for node in nodes if given.node in (None, node.name(), node.fullName())]
    if not nodes:
        _say(f"{given.script} has no such VST_Stylize node")
        return USAGE
    codes = []
    for node in nodes:
        codes.append(stylize_node(node, given.frames, resume=not given.new_version))
        if codes[-1]:
            break
    try:
        nuke.scriptSave()
    except RuntimeError as error:
        _say(f"{given.script} cannot be saved ({' '.join(str(error).split())}); the frames are there")
        return codes[-1] or OUTPUT
    return codes[-1]


def stylize_node(node: nuke.Node, frames: tuple[int, int] | None = None, *, resume: bool = True) -> int:
    """Stylise the shot of a node, print the progress, and wait for the end; Ctrl-C cancels it.

    Args:
        node: the node.
        frames: first and last frame, where they are not those of the node.
        resume: go on with an unfinished version.

    Returns:
        The exit code: 0, or as that of ``vst render``.
    """
    try:
        run = prepare(node, frames, resume=resume)
    except DumpCancelledError:
        return CANCELLED
    except WorkerError as error:
        tell(node, str(error))
        _say(f"{node.name()}: {error}")
        return USAGE
    outcome = _follow(run)
    finish(node, run, outcome)
    for line in (outcome.message, *outcome.notes):
        _say(f"{node.name()}: {line}")
    return outcome.exit_code


def _follow(run: Run) -> Outcome:
    report = _printer()
    try:
        return run.follow(report)
    except KeyboardInterrupt:
        run.cancel()
        return run.follow(report)


def _printer() -> Report:
    told = ""

    def report(_fraction: float, text: str) -> None:
        nonlocal told
        if text != told:
            told = text
            _say(text)

    return report


def _say(line: str) -> None:
    sys.stdout.write(f"vst: {line}\n")
    sys.stdout.flush()


def _frames(text: str) -> tuple[int, int]:
    found = _RANGE.fullmatch(text)
    if found is None:
        raise ValueError
    return int(found[1]), int(found[2] or found[1])

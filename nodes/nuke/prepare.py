"""What comes before a run and after it, in Nuke's main thread."""

from __future__ import annotations

import nuke

from ..errors import WorkerError
from ..folders import open_version
from .dump import connect_motion, dump_plate
from .group import show
from .run import Outcome, Run
from .shot import read_shot
from .workers import get_client


def prepare(node: nuke.Node, frames: tuple[int, int] | None = None, *, resume: bool = True) -> Run:
    """Write the plate of a node's shot, and make ready what stylises it.

    Args:
        node: the node.
        frames: first and last frame, where they are not those of the node.
        resume: go on with a version that did not come to its end.

    Raises:
        WorkerError: something is wrong; the message says what.
        DumpCancelledError: the artist cancelled the writing.
    """
    shot = read_shot(node, frames)
    connect_motion(node, shot)
    client = get_client(shot.program, shot.variables)  # starts while Nuke renders
    version = open_version(shot.root, shot.identity, resume=resume)
    version.note(shot.identity, "started")
    dump_plate(node, shot, version)
    return Run(shot, version, client)


def finish(node: nuke.Node, run: Run, outcome: Outcome) -> None:
    """Show in the node what a run has made, and say how it ended."""
    lines = [outcome.message, *outcome.notes]
    if outcome.last is not None:
        try:
            show(node, run.shot.result(run.version, "%V", "%04d"), run.shot.first, outcome.last)
        except WorkerError as error:  # the artist took the inside apart meanwhile
            lines.append(str(error))
    tell(node, "\n".join(lines))


def tell(node: nuke.Node, message: str) -> None:
    """Write a message on the node."""
    node["status"].setValue(message)

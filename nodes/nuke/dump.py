"""The plate: Nuke writes what is connected to the node, one file for each frame and view."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import nuke

from ..errors import WorkerError
from ..exr_header import is_whole
from ..folders import Version
from .group import INPUTS, MOTION, PLATE, inner
from .motion import vector_copies
from .panel import TO_NEXT
from .shot import Shot


class DumpCancelledError(Exception):
    """The artist cancelled Nuke's own rendering."""


def connect_motion(node: nuke.Node, shot: Shot) -> None:
    """Bring the motion vectors into the layers that the engine knows.

    Raises:
        WorkerError: there are none.
    """
    flow = shot.settings.get("flow", {})
    wanted = shot.settings.get("temporal", True) and flow.get("source", "vectors") == "vectors"
    source = MOTION if node.input(MOTION) is not None else PLATE
    layer = str(node["flow_layer"].value())
    clear, vectors = inner(node, "Clear"), inner(node, "Vectors")
    copied = bool(wanted and (source == MOTION or layer))
    if wanted:
        upstream = cast("nuke.Node", node.input(source))
        to_next = node["flow_direction"].value() == TO_NEXT
        pairs = vector_copies(upstream.channels(), layer, to_next=to_next, where=upstream.name())
        pairs += [("none", "none")] * (4 - len(pairs))
        for index, (name, target) in enumerate(pairs):
            vectors[f"from{index}"].setValue(name)
            vectors[f"to{index}"].setValue(target)
        vectors.setInput(1, inner(node, INPUTS[source]))
    for each in (clear, vectors):
        each["disable"].setValue(not copied)


def dump_plate(node: nuke.Node, shot: Shot, version: Version) -> None:
    """Write the plate's frames that are not there yet; Nuke shows its own progress.

    Raises:
        DumpCancelledError: the artist cancelled it.
        WorkerError: a frame was only partly written.
    """
    first = next((frame for frame in range(shot.first, shot.last + 1) if _missing(shot, version, frame)), None)
    if first is None:
        return
    dump = inner(node, "Dump")
    dump["file"].setValue(shot.plate(version, "%V", "%04d"))
    with _enabled(dump), _full_size():
        try:
            nuke.execute(dump, first, shot.last, 1, list(shot.views))
        except RuntimeError as error:
            if str(error).startswith("Cancelled"):
                raise DumpCancelledError from None
            line = " ".join(str(error).split()) or type(error).__name__
            raise WorkerError(f"Nuke cannot render the plate ({line}); render the frame yourself to see why") from None
    for frame in range(first, shot.last + 1):
        missing = _missing(shot, version, frame)
        if missing is not None:
            raise WorkerError(f"frame {frame}: {missing} was only partly written; check the free space")


def _missing(shot: Shot, version: Version, frame: int) -> Path | None:
    """The file of the first view that is not there, or not whole."""
    files = (Path(shot.plate(version, view, f"{frame:04d}")) for view in shot.views)
    return next((file for file in files if not is_whole(file)), None)


@contextlib.contextmanager
def _enabled(dump: nuke.Node) -> Iterator[None]:
    """Only now: a render of all Write nodes must not meet it."""
    dump["disable"].setValue(False)
    try:
        yield
    finally:
        with contextlib.suppress(ValueError):  # the script was closed meanwhile, and the node with it
            dump["disable"].setValue(True)


@contextlib.contextmanager
def _full_size() -> Iterator[None]:
    """Vectors are in pixels of the full size, so proxies are off meanwhile."""
    proxy = nuke.root()["proxy"]
    before = proxy.value()
    proxy.setValue(False)
    try:
        yield
    finally:
        proxy.setValue(before)

"""A shot as a node describes it: its frames and views, what they are made with, and where the results go."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import nuke

from ..errors import WorkerError
from ..folders import Version, is_writable, safe_name, without_upwards
from .color import working_space
from .panel import engine_settings, styles

_PLATE = 0


@dataclass(frozen=True)
class Shot:
    """What a run needs to know, taken from Nuke once.

    Attributes:
        first: the first frame.
        last: the last one.
        views: names of the views, each of which is rendered on its own.
        root: folder of the versions.
        stem: name of the files.
        settings: of the engine, without plate and output.
        inputs: what the inputs look like in all frames, as a hash: another one is another shot.
        variables: environment variables for the worker.
        program: where the worker is; empty where it is to be found.
    """

    first: int
    last: int
    views: tuple[str, ...]
    root: Path
    stem: str
    settings: dict[str, Any]
    inputs: str
    variables: dict[str, str]
    program: str

    @property
    def frames(self) -> int:
        """How many there are of a view."""
        return self.last - self.first + 1

    @property
    def identity(self) -> dict[str, Any]:
        """What decides whether an unfinished version can be gone on with."""
        return {**self.settings, "inputs": self.inputs, "views": list(self.views)}

    def plate(self, version: Version, view: str, frame: str) -> str:
        """The plate's files, given how view and frame are spelled."""
        return (version.plate / f"plate.{view}.{frame}.exr").as_posix()

    def result(self, version: Version, view: str, frame: str) -> str:
        """The stylised files, likewise."""
        return (version.folder / f"{self.stem}.{view}.{frame}.exr").as_posix()

    def engine_settings(self, version: Version, view: str) -> dict[str, Any]:
        """The settings of the render of a view."""
        output = {**self.settings.get("output", {}), "pattern": self.result(version, view, "####")}
        return {**self.settings, "plate": self.plate(version, view, "####"), "output": output}


def read_shot(node: nuke.Node, frames: tuple[int, int] | None = None) -> Shot:
    """The shot of a node, taken as it is now.

    Args:
        node: the node.
        frames: first and last frame, where they are not those of the node.

    Raises:
        WorkerError: something that belongs to it is not there, or fits nothing.
    """
    plate = node.input(_PLATE)
    if plate is None:
        raise WorkerError("nothing is connected to plate; connect the shot")
    settings = engine_settings(node)
    _check_styles(node, settings.get("method"))
    first, last = frames or _frame_range(node)
    _check_range(plate, first, last)
    space, variables = working_space()
    settings = {"color_space": space, **settings, "frames": f"{first}-{last}"}
    return Shot(
        first=first,
        last=last,
        views=_views(node),
        root=output_root(node),
        stem=safe_name(f"{_script_name()}.{node.name()}"),
        settings=settings,
        inputs=_inputs(node, first, last),
        variables=variables,
        program=cast("nuke.File_Knob", node["worker"]).evaluate() or "",
    )


def output_root(node: nuke.Node) -> Path:
    """Folder of the versions of a node.

    Raises:
        WorkerError: there is none that could be written.
    """
    folder = Path(cast("nuke.File_Knob", node["folder"]).evaluate() or "")
    if not folder.is_absolute():
        if "root.name" in str(node["folder"].value()) and not nuke.root()["name"].value():
            raise WorkerError("the script has never been saved, so it has no folder for the frames; save it")
        raise WorkerError(f"the output folder {folder} is not an absolute path; choose one that is")
    if not is_writable(folder):
        raise WorkerError(f"{folder} cannot be written; choose another output folder")
    return without_upwards(folder) / safe_name(node.fullName())


def _inputs(node: nuke.Node, first: int, last: int) -> str:
    """Nuke's hashes are those of the frame it stands at, and of the knobs at that frame."""
    sources = [source for index in range(2) if (source := node.input(index)) is not None]
    playhead, digest = nuke.root()["frame"], hashlib.sha256()
    before = playhead.value()
    try:
        for frame in range(first, last + 1):
            playhead.setValue(frame)
            for source in sources:
                source.forceValidate()
                digest.update(str(source.opHashes()).encode())
    finally:
        playhead.setValue(before)
    return digest.hexdigest()


def _frame_range(node: nuke.Node) -> tuple[int, int]:
    if node["use_script_range"].value():
        root = nuke.root()
        return int(root["first_frame"].value()), int(root["last_frame"].value())
    return int(node["first"].value()), int(node["last"].value())


def _check_range(plate: nuke.Node, first: int, last: int) -> None:
    if first > last:
        raise WorkerError(f"the range {first}-{last} has no frame; correct it")
    if first < plate.firstFrame() or last > plate.lastFrame():
        there = f"{plate.firstFrame()}-{plate.lastFrame()}"
        raise WorkerError(f"the range {first}-{last} goes beyond the plate, which has {there}; correct the range")


def _check_styles(node: nuke.Node, method: str | None) -> None:
    for style in styles(node)[0]:
        if not style:
            raise WorkerError("a style is set to other and has no file or name; give it one")
        if method == "optimization" and not Path(style).is_file():
            what = f"the optimisation paints after an image, and {style!r} is none"
            raise WorkerError(f"{what}; choose other and a file, or the method feedforward")


def _views(node: nuke.Node) -> tuple[str, ...]:
    known = nuke.views()
    named = str(node["views"].value()).split()
    unknown = [view for view in named if view not in known]
    if unknown:
        raise WorkerError(f"the script has no view {unknown[0]!r}, only {', '.join(known)}; correct Views")
    return tuple(named or known)


def _script_name() -> str:
    return Path(str(nuke.root()["name"].value())).stem or "untitled"

"""The fake Nuke with the plug-in loaded, a small shot to stylise, and what an artist does with it."""

from __future__ import annotations

import importlib
import runpy
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import fake_nuke
import numpy as np
from fake_nuke import _graph
from fake_nuke._state import State, idle
from flow_scenes import grid, pattern
from nuke_files import Box, Picture, write_nuke

PLUGIN = Path(__file__).parents[3] / "plugin" / "nuke"
FRAMES = range(1001, 1004)
FORMAT = (64, 48)
BOX = (0, 0, *FORMAT)
STEP = (4.0, -2.0)
"""What the picture moves by from frame to frame, in pixels, y down."""
COLORS = ("rgba.red", "rgba.green", "rgba.blue")
_PATIENCE = 120.0

Step = tuple[float, float]


def picture(frame: int, *, box: Box = BOX, step: Step = STEP, vectors: Mapping[str, tuple[float, float]]) -> Picture:
    """A frame of the plate; ``vectors`` are the layers with their two channels' signs, of the step with y up."""
    x, y = grid(box[3], box[2])
    steps = frame - FRAMES[0]
    image = pattern(x + box[0] - step[0] * steps, y + box[1] - step[1] * steps)[0].numpy() * 1.5
    channels = dict(zip(COLORS, image, strict=True))
    channels["rgba.alpha"] = np.ones_like(image[0])
    channels["depth.Z"] = np.full_like(image[0], frame)
    for name, signs in vectors.items():
        layer, _, axes = name.partition(":")
        for axis, length, sign in zip(axes or "uv", (step[0], -step[1]), signs, strict=True):
            channels[f"{layer}.{axis}"] = np.full_like(image[0], length * sign)
    return Picture(channels, box, FORMAT)


BOTH = {"forward": (1.0, 1.0), "backward": (-1.0, -1.0)}
"""Vectors as Nuke has them: where the next and the previous frame show the same."""


class NukeApp:
    """A Nuke with its plug-in.

    Attributes:
        state: what it has besides nodes.
        folder: for files.
        vst: the node's package, as Nuke has loaded it.
    """

    def __init__(self, folder: Path, *, gui: bool = True) -> None:
        sys.modules["nuke"] = fake_nuke
        self.folder = folder
        self.state: State = fake_nuke._start(gui=gui)
        runpy.run_path(str(PLUGIN / "init.py"))
        if gui:
            runpy.run_path(str(PLUGIN / "menu.py"))
        modules = (importlib.import_module(f"vst_nodes.nuke{name}") for name in ("", ".window", ".workers"))
        self.vst, self.window, self.workers = modules

    def plate(
        self, name: str = "plate", *, views: Mapping[str, Step] | None = None, box: Box = BOX, **options: Any
    ) -> Any:
        """A Read of a shot that is made here; ``options`` as for ``picture``."""
        options = {"vectors": BOTH} | options
        for frame in FRAMES:
            for view, step in (views or {"main": STEP}).items():
                path = self.folder / f"{name}.{view}.{frame}.exr"
                write_nuke(path, {view: picture(frame, box=box, step=step, **options)})
        read: Any = fake_nuke.nodes.Read(name=name)
        read["file"].fromUserText(f"{self.folder}/{name}.%V.%04d.exr {FRAMES[0]}-{FRAMES[-1]}")
        return read

    def script(self, **knobs: Any) -> Any:
        """A saved script with a node on a plate, set to what is quick; ``knobs`` are further values of it."""
        plate = knobs.pop("plate", None) or self.plate()
        fake_nuke.root()["first_frame"].setValue(FRAMES[0])
        fake_nuke.root()["last_frame"].setValue(FRAMES[-1])
        fake_nuke.scriptSaveAs(str(self.folder / "shot.nk"), overwrite=True)
        plate.setSelected(True)
        node = self.vst.create()
        for name, value in ({"network": "fast", "threads": 1, "precision": "float32"} | knobs).items():
            node[name].setValue(value)
        return node

    def press(self, node: Any, button: str) -> None:
        """Press a button of a node."""
        node[button].execute()

    def wait(self) -> None:
        """Until nothing runs any more, the main thread doing its part."""
        end = time.monotonic() + _PATIENCE
        while self.window._current is not None:
            idle()
            time.sleep(0.01)
            assert time.monotonic() < end, self.state.bars[-1:]
        idle()

    def stylize(self, node: Any) -> str:
        """Press Stylize and wait; returns what the node says then."""
        self.press(node, "stylize")
        self.wait()
        return status(node)

    def version(self, node: Any, number: int = 1) -> Path:
        """Folder of a version of a node."""
        return self.folder / "stylized" / str(node.fullName()) / f"v{number:03d}"


def status(node: Any) -> str:
    """What a node says."""
    return str(node["status"].value())


def shown(node: Any, frame: int, view: str = "main") -> Picture:
    """What a node gives."""
    return _graph.picture(node, frame, view)


def color(made: Picture) -> Any:
    """(3, H, W)."""
    return np.stack([made.channels[name] for name in COLORS])


def run_threads() -> list[str]:
    """Threads of runs that are alive."""
    return [thread.name for thread in threading.enumerate() if thread.name == "vst-run"]

"""Renders that are killed at any moment, each a process of its own, forked from one that has the engine loaded."""

from __future__ import annotations

import multiprocessing
import os
import random
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from flow_scenes import grid, pattern
from small_shot import differing, leftovers, outputs, write_channels

from vst_core import FrameRange, RenderSettings, render_shot
from vst_core.pipeline.render import FrameProgress
from vst_core.pipeline.verify import verify_shot
from vst_core.sequence import FrameSequence

HEIGHT, WIDTH = 32, 40
STEP = 2.0
"""Pixels that the picture moves a frame to the right."""
_KILLED = -9
_SHARE = 4
"""A render is let begin a quarter of the shot's frames at most, so that a shot is killed several times."""

_children = multiprocessing.get_context("forkserver")
_children.set_forkserver_preload(["vst_core.pipeline.render", "vst_core.pipeline.verify", "OpenEXR"])


def write_moving_shot(folder: Path, frames: FrameRange) -> str:
    """Small frames with the vectors that Blender would write; returns their pattern."""
    folder.mkdir()
    x, y = grid(HEIGHT, WIDTH)
    vectors = {f"ViewLayer.Vector.{axis}": np.full((HEIGHT, WIDTH), -STEP * (axis in "XZ"), "f4") for axis in "XYZW"}
    for frame in frames:
        picture = pattern(x - STEP * (frame - frames.first), y)[0].numpy().astype(np.float16)
        color = {f"ViewLayer.Combined.{name}": values for name, values in zip("RGB", picture, strict=True)}
        write_channels(folder / f"shot.{frame}.exr", color | vectors)
    return str(folder / "shot.####.exr")


@dataclass
class Toll:
    """What kills cost.

    Attributes:
        kills: how many there were.
        renders: how many times the shot was finished all the same.
        begun_again: for each kill, the frames at work or being written, which the next render begins again.
        half_written: for each kill, whether one had its state on disk and not its name.
    """

    kills: int = 0
    renders: int = 0
    begun_again: list[int] = field(default_factory=list)
    half_written: list[int] = field(default_factory=list)

    def __str__(self) -> str:
        lost, half = np.array(self.begun_again), np.array(self.half_written)
        return (
            f"{self.kills} kills over {self.renders} renders; frames with a name that were made again: 0; with a state "
            f"and no name: {half.max()} at most, {half.mean():.2f} on average; begun and not written: {lost.max()} at "
            f"most, {lost.mean():.2f} on average"
        )


class Tormentor:
    """Kills the render of a shot over and over, and looks at what is on the disk each time.

    Args:
        settings: of the render into a folder.
        frames: of the shot.
        folder: for everything.
    """

    def __init__(self, settings: RenderSettings, frames: FrameRange, folder: Path) -> None:
        self._settings, self._frames, self._folder = settings, frames, folder
        self._reference = folder / "undisturbed"
        self._log = folder / "log"
        self._start(self._reference).join()  # the process that others are forked from loads the engine first
        shutil.rmtree(self._reference)
        start = time.monotonic()
        child = self._start(self._reference)
        self._wait(child, 1)
        self._first = time.monotonic() - start
        child.join()
        assert child.exitcode == 0
        self._each = (time.monotonic() - start - self._first) / len(frames)

    def torment(self, kills: int, chance: random.Random) -> Toll:
        """So many kills; the last shot is finished, too.

        Raises:
            AssertionError: something was lost, came twice, or is not what an undisturbed render gives.
        """
        toll = Toll()
        while toll.kills < kills:
            self._finish(self._folder / f"killed{toll.renders}", kills, toll, chance)
            toll.renders += 1
        return toll

    def _finish(self, folder: Path, kills: int, toll: Toll, chance: random.Random) -> None:
        named: dict[str, tuple[int, int]] = {}
        while True:
            rubbish = leftovers(folder)
            child = self._start(folder)
            if toll.kills < kills:
                after = chance.randint(0, len(self._frames) // _SHARE)
                self._wait(child, after)
                child.join(chance.uniform(0, 3 * self._each if after else self._first))
                child.kill()
            child.join()
            assert child.exitcode in (0, _KILLED)
            begun = self._begun()
            now = dict(_signatures(folder)) if folder.is_dir() else {}
            assert named.items() <= now.items(), "a frame that had its name was touched"
            for name in now.keys() - named.keys():
                frame = int(name.split(".")[1])
                assert frame in begun
                assert differing(self._reference, folder, FrameRange(frame, frame)) == []
            if begun:
                assert not [path for path in rubbish if path.exists()], "a start left what a kill had left"
            named = now
            if child.exitcode == 0:
                break
            toll.kills += 1
            toll.begun_again.append(len(begun - {int(name.split(".")[1]) for name in named}))
            assert toll.begun_again[-1] <= 2, "more than the frame at work and one finished one were lost"
            toll.half_written.append(len(_states(folder) - {int(name.split(".")[1]) for name in named}))
            assert toll.half_written[-1] <= 1
        assert len(named) == len(self._frames)
        assert leftovers(folder) == []
        assert verify_shot(FrameSequence.parse(folder / "out.####.exr")).findings == ()

    def _start(self, folder: Path) -> multiprocessing.process.BaseProcess:
        self._log.write_bytes(b"")
        output = self._settings.output.model_copy(update={"pattern": str(folder / "out.####.exr")})
        settings = self._settings.model_copy(update={"output": output})
        child = _children.Process(target=_render, args=(settings.model_dump_json(), str(self._log)))
        child.start()
        return child

    def _wait(self, child: multiprocessing.process.BaseProcess, frames: int) -> None:
        """Until a render has begun so many frames, or is over."""
        while len(self._begun()) < frames and child.is_alive():
            time.sleep(0.002)

    def _begun(self) -> set[int]:
        return {int(line) for line in self._log.read_text().split()}


def _render(settings: str, log: str) -> None:
    """What the child does; it says which frames it begins."""
    descriptor = os.open(log, os.O_WRONLY | os.O_APPEND)

    def note(progress: FrameProgress) -> None:
        os.write(descriptor, b"%d\n" % progress.frame)

    for _ in render_shot(RenderSettings.model_validate_json(settings), note):
        pass


def _signatures(folder: Path) -> Iterator[tuple[str, tuple[int, int]]]:
    for name in outputs(folder):
        found = (folder / name).stat()
        yield name, (found.st_ino, found.st_mtime_ns)


def _states(folder: Path) -> set[int]:
    return {int(path.stem) for path in folder.glob(".out.vst/*.safetensors") if not path.name.startswith(".")}

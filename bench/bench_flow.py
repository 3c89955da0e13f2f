"""How well each source of motion explains the sample shot, and what it costs.

python bench/bench_flow.py
"""

from __future__ import annotations

import itertools
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import cv2
import numpy as np
import torch
from bench_frame import enlarge
from table import Table, show

from vst_core.flow import FlowFrame, MotionFinder, vector_motion, warp
from vst_core.flow.sky import shown_sky_of
from vst_core.frame_io import read_frame, read_header
from vst_core.pipeline.plate import PlateReader, open_transform
from vst_core.pipeline.render import render_shot
from vst_core.pipeline.sequences import plate_frames
from vst_core.sequence import FrameSequence
from vst_core.settings import FlowSettings, RenderSettings

ROOT = Path(__file__).parent.parent
SOURCES = ("vectors", "deepflow", "dis", "farneback", "none")
NOTE = """Each flow warps the previous plate frame onto the current one. The error is the root mean square of the
difference, RGB, display [0, 1], over the same pixels for all sources: those visible in both frames by the renderer's
vectors. The own error is that over the pixels that a source itself trusts; the own share is how many these are. The
time is for a pair of frames, both directions and masks included."""
SKY_NOTE = """The sample shot, enlarged, with grain: each pixel multiplied by random noise of that standard deviation,
different in every frame. Its camera moves but never turns, so that its sky stands still. The error is the root mean
square of the motion found in the sky; the time is for a pair of frames and all of its motion. Flicker is the root mean
square of the difference between neighbouring painted frames, display, over the sky visible in both, without its rim;
network `quality` in `oil`. The plate's flicker is that of the grain alone."""
RIM = 9  # pixels, across: what silhouettes leave of themselves in a sky
GRAINS = (0.0, 0.02, 0.05)


def read_shot(pattern: str = str(ROOT / "samples/shot/shot.####.exr")) -> list[FlowFrame]:
    """The frames of the sample shot, or of another."""
    plate = FrameSequence.parse(pattern)
    frames = plate_frames(plate, None)
    transform = open_transform(read_header(plate.path(frames.first)), None)
    reader = PlateReader(plate, None, transform, FlowSettings(), plate)
    return [reader.read(frame).view.motion for frame in frames]


def tables(*, quick: bool = False) -> Iterator[Table]:
    """Sources of motion."""
    shot = read_shot()[: 4 if quick else None]
    pairs = list(zip(shot[1:], shot, strict=False))
    height, width = shot[0].image.shape[-2:]
    table = Table(
        f"Sources of motion, {len(pairs)} pairs of {width}x{height}",
        NOTE,
        ("`--flow`", "error", "own error", "own share", "ms a pair"),
    )
    truth = MotionFinder("vectors")
    visible = [truth(current, previous).valid for current, previous in pairs]
    for source in SOURCES:
        finder = MotionFinder(source)
        sums = torch.zeros(4, dtype=torch.float64)
        seconds = 0.0
        for (current, previous), mask in zip(pairs, visible, strict=True):
            start = time.perf_counter()
            motion = finder(current, previous)
            seconds += time.perf_counter() - start
            squared = (current.image - warp(previous.image, motion.backward_flow)).square().mean(1, keepdim=True)
            terms = ((mask * squared).sum(), mask.sum(), (motion.valid * squared).sum(), motion.valid.sum())
            sums += torch.stack(terms).double()
        same, own = float((sums[0] / sums[1]).sqrt()), float((sums[2] / sums[3]).sqrt())
        share, spent = float(sums[3]) / (len(pairs) * visible[0].numel()), seconds / len(pairs) * 1000
        table.add(source, f"{same:.4f}", f"{own:.4f}", f"{share:.1%}", f"{spent:.1f}", error=same, milliseconds=spent)
    yield table
    yield sky_table((640, 360), 3 if quick else 9)


def sky_table(size: tuple[int, int], frames: int) -> Table:
    """The motion of a sky by the camera's turn and by the estimate, and what a painted one makes of it."""
    columns = "grain, the sky's motion from", "error, pixels", "ms a pair", "flicker", "the plate's"
    table = Table("A sky that stands still, {}x{}, {} frames".format(*size, frames), SKY_NOTE, columns)
    for grain in GRAINS:
        with tempfile.TemporaryDirectory() as name:
            for number in range(1001, 1001 + frames):
                enlarge(number, Path(name) / f"plate.{number}.exr", *size, grain)
            found = sky_by("camera", Path(name))
            table.add(f"{grain:.2f}, the camera", *found)
            with patch.object(vector_motion, "camera_turn", lambda *_: None):
                table.add(f"{grain:.2f}, the estimate alone", *sky_by("estimate", Path(name)))
    return table


def sky_by(name: str, folder: Path) -> tuple[str, ...]:
    """Error and time of the motion, flicker of the painted sky and of the plate's."""
    shot = read_shot(str(folder / "plate.####.exr"))
    finder, errors, seconds, flicker = MotionFinder(), [], 0.0, []
    settings = {"style": {"styles": ["oil"]}, "output": {"pattern": str(folder / f"{name}.####.exr")}}
    for _ in render_shot(RenderSettings.of(settings | {"plate": str(folder / "plate.####.exr")})):
        pass
    for previous, current in itertools.pairwise(shot):
        start = time.perf_counter()
        motion = finder(current, previous)
        seconds += time.perf_counter() - start
        skies = [sky for frame in (current, previous) if (sky := shown_sky_of(frame.depth)) is not None]
        there = torch.from_numpy(cv2.erode(np.all(skies, 0).astype(np.uint8), np.ones((RIM, RIM), np.uint8)) > 0)
        errors.append(float(motion.backward_flow[0, :, there].square().sum(0).mean()))
        painted = (display(folder / f"{name}.{frame.frame}.exr") for frame in (current, previous))
        pairs = painted, (frame.image for frame in (current, previous))
        flicker.append([float((now - before)[0, :, there].square().mean()) for now, before in pairs])
    own, plates = torch.tensor(flicker).mean(0).sqrt().tolist()
    error = torch.tensor(errors).mean().sqrt()
    return f"{error:.3f}", f"{seconds / len(errors) * 1000:.0f}", f"{own:.4f}", f"{plates:.4f}"


def display(path: Path) -> torch.Tensor:
    """A frame as a network sees it, (1, 3, H, W)."""
    frame = read_frame(path)
    return open_transform(read_header(path), None).to_display(frame.color, frame.alpha).pixels


if __name__ == "__main__":
    show(tables())

"""How well each source of motion explains the sample shot, and what it costs.

python bench/bench_flow.py
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import torch
from table import Table, show

from vst_core.flow import FlowFrame, MotionFinder, warp
from vst_core.frame_io import read_header
from vst_core.pipeline.plate import PlateReader, open_transform
from vst_core.pipeline.sequences import plate_frames
from vst_core.sequence import FrameSequence
from vst_core.settings import FlowSettings

ROOT = Path(__file__).parent.parent
SOURCES = ("vectors", "deepflow", "dis", "farneback", "none")
NOTE = """Every flow warps the previous plate frame onto the current one. The error is the root mean square of the
difference, RGB, display [0, 1], over the same pixels for all: those that the vectors call visible in both frames. The
own error is that over the pixels that a source itself trusts, beside their share of the frame. The time is that for a
pair, both directions and the masks included."""


def read_shot() -> list[FlowFrame]:
    """The frames of the sample shot."""
    plate = FrameSequence.parse(ROOT / "samples/shot/shot.####.exr")
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


if __name__ == "__main__":
    show(tables())

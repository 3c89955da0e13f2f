"""How well each source of motion explains the sample shot, and what it costs.

    python bench/bench_flow.py

Every flow warps the previous plate frame onto the current one; the error is sqrt(mean squared difference), RGB,
display [0, 1], over the same pixels for all: those that the vectors call visible in both frames. "own" is the
error over the pixels that a source itself trusts, with their share.
"""

from __future__ import annotations

import time
from pathlib import Path

import torch

from vst_core.flow import MotionFinder, warp
from vst_core.frame_io import read_header
from vst_core.pipeline.plate import PlateReader
from vst_core.pipeline.shot import open_transform, plate_frames
from vst_core.sequence import FrameSequence
from vst_core.settings import FlowSettings

ROOT = Path(__file__).parent.parent
SOURCES = ("vectors", "deepflow", "dis", "farneback", "none")


def main() -> None:
    """Print the table."""
    plate = FrameSequence.parse(ROOT / "samples/shot/shot.####.exr")
    frames = plate_frames(plate, None)
    transform = open_transform(read_header(plate.path(frames.first)), None)
    reader = PlateReader(plate, None, transform, FlowSettings(), plate)
    shot = [reader.read(frame).view.motion for frame in frames]
    pairs = list(zip(shot[1:], shot, strict=False))
    truth = MotionFinder("vectors")
    visible = [truth(current, previous).valid for current, previous in pairs]
    print(f"{len(pairs)} pairs of {shot[0].image.shape[-1]}x{shot[0].image.shape[-2]}\n")
    print("source     error  own error  own share  ms a pair")
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
        same, own = (sums[0] / sums[1]).sqrt(), (sums[2] / sums[3]).sqrt()
        share = sums[3] / (len(pairs) * visible[0].numel())
        print(f"{source:<9}  {same:.4f}     {own:.4f}     {share:6.1%}  {seconds / len(pairs) * 1000:9.1f}")


if __name__ == "__main__":
    main()

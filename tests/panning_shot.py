"""A shot that pans evenly, and a reader of it."""

from __future__ import annotations

from pathlib import Path

import torch
from flow_scenes import grid, pattern
from small_shot import write_channels

from vst_core.frame_io import read_header
from vst_core.pipeline.motion_source import vectors_sequence
from vst_core.pipeline.plate import PlateReader, open_transform
from vst_core.sequence import FrameSequence
from vst_core.settings import FlowSettings

SIZE = 250, 170
STEP = (3.0, -2.0)
"""Pixels that all of the picture moves in a frame, right and down."""
FRAMES = range(1001, 1006)


def write_panning_shot(folder: Path) -> str:
    """``shot.1001.exr`` onwards: a pan, with the vectors that Blender would write."""
    folder.mkdir(exist_ok=True)
    width, height = SIZE
    x, y = grid(height, width)
    for frame in FRAMES:
        right, down = (step * (frame - FRAMES[0]) for step in STEP)
        linear = (0.02 + 0.4 * pattern(x - right, y - down, 1)[0]).numpy()
        color = {f"ViewLayer.Combined.{name}": values for name, values in zip("RGB", linear, strict=True)}
        speeds = dict(zip("XYZW", (-STEP[0], STEP[1], -STEP[0], STEP[1]), strict=True))
        vectors = {f"ViewLayer.Vector.{axis}": torch.full(SIZE[::-1], speed).numpy() for axis, speed in speeds.items()}
        write_channels(folder / f"shot.{frame}.exr", color | vectors)
    return str(folder / "shot.####.exr")


def reader_of(pattern: str, flow: FlowSettings) -> PlateReader:
    """Reads the shot as a render would that looks for motion there."""
    plate = FrameSequence.parse(pattern)
    transform = open_transform(read_header(plate.path(FRAMES[0])), None)
    return PlateReader(plate, None, transform, flow, vectors_sequence(flow, plate))

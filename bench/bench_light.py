"""What becomes of the paint where all of a picture's light changes: a flash, and lamps that flicker.

python bench/bench_light.py
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import numpy as np
from bench_vectors import channels, write
from shots import PLATE, SHORT, SHOT, rendered
from table import Table, show

from vst_core import FrameRange
from vst_core.pipeline import motions
from vst_core.pipeline.measure import measure_shot
from vst_core.sequence import FrameSequence

FLASH, GAIN = (1006, 1007), 8.0
FLICKER = 0.3  # standard deviation, stops
NOTE = """The sample shot, `fast` in `oil`. A flash of two frames, three stops brighter: flicker is the warping error of
the frame after it against the one before it, three frames apart. Lamps that flicker: each frame brighter or darker by
some random part of a stop, standard deviation 0.3; flicker is that of lag 1 over the shot. "Taken for change" is the
way without what knows another exposure from another picture."""


def tables(*, quick: bool = False) -> Iterator[Table]:
    """One table."""
    table = Table(
        "Light that changes in the whole picture", NOTE, ("light, motion from", "steady", "taken for change", "known")
    )
    shot = SHORT if quick else SHOT
    flash = tuple(frame - (FLASH[0] - 1003 if quick else 0) for frame in FLASH)
    across = FrameRange(flash[0] - 1, flash[1] + 1)
    random = np.random.default_rng(1).normal(0, FLICKER, len(shot))
    lights = {
        "flash": (dict.fromkeys(flash, GAIN), across, 3),
        "lamps": (dict(zip(shot, 2**random, strict=True)), shot, 1),
    }
    for light, (gains, frames, lag) in lights.items():
        for flow in ("vectors", "dis"):
            ways = ({}, True), (gains, False), (gains, True)
            found = [flicker(each, flow, shot, frames, lag, known=known) for each, known in ways]
            table.add(f"{light}, {flow}", *(f"{value:.4f}" for value in found))
    yield table


def flicker(
    gains: dict[int, float], flow: str, shot: FrameRange, frames: FrameRange, lag: int, *, known: bool
) -> float:
    """Of some frames of the shot, painted in such light, by the motion of the plate."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for frame in shot:
            plate = channels(FrameSequence.parse(PLATE).path(frame))
            for each in "RGB":
                light = plate[f"ViewLayer.Combined.{each}"].astype(np.float32) * gains.get(frame, 1)
                plate[f"ViewLayer.Combined.{each}"] = light.astype(np.float16)
            write(folder / f"plate.{frame}.exr", plate)
        given = {"style": {"styles": ["oil"]}, "network": "fast", "flow": {"source": flow}}
        pattern = str(folder / "painted.####.exr")
        with patch.object(motions, "relit", motions.relit if known else lambda *_: None):
            rendered(str(folder / "plate.####.exr"), pattern, shot, **given)
        return measure_shot(pattern, PLATE, frames=frames, lags=(lag,)).warping[0].stylized


if __name__ == "__main__":
    show(tables())

"""The second shot, by a real Blender: everything is and moves as its path says, which benchmarks take for the truth."""

from __future__ import annotations

import runpy
import subprocess
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from real_blender import find_blender
from small_shot import read_channels

SAMPLES = Path(__file__).parents[1] / "samples"


def rendered(folder: Path, frames: str) -> None:
    command = [find_blender(), str(SAMPLES / "make_shot.py"), "--scene", "tram", "--output", str(folder)]
    more = ["--size", "160x90", "--samples", "1", "--frames", frames]
    subprocess.run([*command, *more], check=True, capture_output=True, timeout=240)


def read(folder: Path, frame: int, name: str) -> NDArray[np.float32]:
    channels = read_channels(folder / f"shot.{frame}.exr")
    values: NDArray[np.float32] = channels[f"ViewLayer.{name}"].astype(np.float32)
    return values


def test_the_tram_is_and_moves_as_its_path_says_and_hides(tmp_path: Path) -> None:
    path = runpy.run_path(str(SAMPLES / "tram_path.py"))
    distances, first, offset = path["AT"], path["FIRST"], path["offset"]
    turn = first + int(path["TURN"])
    rendered(tmp_path, f"{first}-{first + 1}")
    rendered(tmp_path, f"{turn}-{turn}")
    depth, moved = read(tmp_path, first + 1, "Depth.Z"), read(tmp_path, first + 1, "Vector.X")
    for name, distance in distances.items():
        shown = np.abs(depth - distance) < 0.01
        assert shown.sum() > 50, name
        expected = offset(distance, 0)[0] - offset(distance, 1)[0]  # previous less current
        assert abs(np.median(moved[shown]) - expected) < 0.02, name
    seen = [int((np.abs(read(tmp_path, frame, "Depth.Z") - distances["tram"]) < 0.01).sum()) for frame in (first, turn)]
    assert seen[0] > 200
    assert seen[1] == 0

"""What becomes of a renderer's vectors where the camera rolls or zooms, and where they are of one direction only.

python bench/bench_vectors.py
"""

from __future__ import annotations

import cmath
import itertools
import math
import tempfile
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import cv2
import numpy as np
import OpenEXR
import torch
from bench_flow import display
from numpy.typing import NDArray
from shots import PLATE, SHORT, SHOT, rendered
from table import Table, show

from vst_core import FrameRange
from vst_core.flow import occlusion, warp
from vst_core.pipeline.measure import measure_shot
from vst_core.sequence import FrameSequence

MOVES = {"roll, 6 degrees": cmath.rect(1, math.radians(6)), "zoom, 5 %": complex(1.05)}
WIDTH, HEIGHT = 640, 360
RINGS = (0, 10), (40, 120)
GIVEN = {"style": {"styles": ["oil"]}, "network": "fast"}
MOVES_NOTE = """A picture that the camera rolls over or zooms into, so far a frame, `fast` in `oil`. Flicker is the root
mean square of the difference between a painted frame and the one before it, moved to where it is now, display: within
10 pixels of the middle, and from 40 to 120. "As published" takes all that the published test finds for a motion
boundary, the middle too; known motion has one only where its gradient falls off within two pixels."""
WAYS_NOTE = """The sample shot, `fast` in `oil`, with its vectors under names of their own: of both directions, or of
one, from which the other is computed. All are measured by the vectors of both."""


def tables(*, quick: bool = False) -> Iterator[Table]:
    """Rolls and zooms, and vectors of one direction."""
    frames = FrameRange(1001, 1004 if quick else 1012)
    columns = ("move a frame", "middle, as published", "middle", "around", "the plate's")
    table = Table(f"The middle of a roll and of a zoom, {WIDTH}x{HEIGHT}, {len(frames)} frames", MOVES_NOTE, columns)
    for name, move in MOVES.items():
        published, _, _ = flicker(move, frames, published=True)
        middle, around, plate = flicker(move, frames)
        table.add(name, *(f"{value:.4f}" for value in (published, middle, around, plate)))
    yield table
    table = Table("Vectors of one direction", WAYS_NOTE, ("vectors", "lag 1", "lag 10"))
    for name, layers in (("both", ("back", "fore")), ("backward", ("back",)), ("forward", ("fore",))):
        table.add(name, *by_vectors(layers, SHORT if quick else SHOT))
    yield table


def flicker(move: complex, frames: FrameRange, *, published: bool = False) -> tuple[float, float, float]:
    """Of the painted frames in the middle and around it, and of the plate in the middle."""
    columns, rows = np.meshgrid(np.arange(WIDTH), np.arange(HEIGHT))
    here = columns - (WIDTH - 1) / 2 + 1j * (rows - (HEIGHT - 1) / 2)
    there = torch.from_numpy(parts(here * move - here))[None]
    test = occlusion._is_boundary
    as_published = (lambda flow, energy, _: test(flow, energy, known=False)) if published else test
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_moved(folder, here, move, frames)
        with patch.object(occlusion, "_is_boundary", as_published):
            rendered(str(folder / "plate.####.exr"), str(folder / "painted.####.exr"), frames, **GIVEN)
        squared = {}
        for stem in ("painted", "plate"):
            shown = [display(folder / f"{stem}.{frame}.exr") for frame in frames]
            pairs = list(itertools.pairwise(shown))[2:]
            squared[stem] = [(now - warp(before, there)).square().mean(1)[0].numpy() for before, now in pairs]
    inside, around = ((abs(here) >= low) & (abs(here) < high) for low, high in RINGS)
    found = (("painted", inside), ("painted", around), ("plate", inside))
    middle, ring, plate = (float(np.sqrt(np.mean([plane[where] for plane in squared[stem]]))) for stem, where in found)
    return middle, ring, plate


def write_moved(folder: Path, here: NDArray[np.complex128], move: complex, frames: FrameRange) -> None:
    """A frame of the sample shot, moved, with vectors of both directions as Nuke writes them."""
    source = channels(FrameSequence.parse(PLATE).path(frames.first))
    picture = np.stack([source[f"ViewLayer.Combined.{name}"].astype(np.float32) for name in "RGB"], -1)
    picture = cv2.resize(picture, (2 * WIDTH, 2 * HEIGHT), interpolation=cv2.INTER_AREA)
    vectors = {"backward": here * move - here, "forward": here / move - here}
    stored = {
        f"{name}.{axis}": part
        for name, flow in vectors.items()
        for axis, part in zip("uv", parts(flow.conj()), strict=True)  # y up
    }
    for frame in frames:
        x, y = parts(0.8 * here * move ** (frame - frames.first) + WIDTH + 1j * HEIGHT)
        moved = cv2.remap(picture, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
        write(folder / f"plate.{frame}.exr", dict(zip("RGB", moved.transpose(2, 0, 1), strict=True)) | stored)


def by_vectors(layers: tuple[str, ...], frames: FrameRange) -> tuple[str, ...]:
    """Warping errors of the sample shot, painted with vectors in layers of their own."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for frame in frames:
            plate = channels(FrameSequence.parse(PLATE).path(frame))
            x, y, z, w = (plate.pop(f"ViewLayer.Vector.{axis}") for axis in "XYZW")
            stored = {"back.x": x, "back.y": y, "fore.x": -z, "fore.y": -w}
            chosen = {name: values for name, values in stored.items() if name.partition(".")[0] in layers}
            write(folder / f"plate.{frame}.exr", plate | chosen)
        backward, forward = (layer if layer in layers else None for layer in ("back", "fore"))
        flow = {"layer": backward, "forward_layer": forward}
        pattern = str(folder / "painted.####.exr")
        rendered(str(folder / "plate.####.exr"), pattern, frames, flow=flow, **GIVEN)
        report = measure_shot(pattern, PLATE, lags=(1, min(10, len(frames) - 1)))
    first, last = report.warping
    return f"{first.stylized:.4f}", f"{last.stylized:.4f}"


def parts(field: NDArray[np.complex128]) -> NDArray[np.float32]:
    """X and y of a field, (2, H, W)."""
    return np.stack((field.real, field.imag)).astype(np.float32)


def channels(path: Path) -> dict[str, NDArray[np.generic]]:
    """All of a frame."""
    return {name: each.pixels for name, each in OpenEXR.File(str(path), separate_channels=True).channels().items()}


def write(path: Path, planes: dict[str, NDArray[np.generic]]) -> None:
    """A frame of these channels."""
    header = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}
    OpenEXR.File(header, {name: np.ascontiguousarray(plane) for name, plane in planes.items()}).write(str(path))


if __name__ == "__main__":
    show(tables())

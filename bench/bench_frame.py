"""What surrounds the method costs: one 1080p frame in and out, and a whole render beside its steps alone.

python bench/bench_frame.py
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import OpenImageIO as oiio  # noqa: N813 - its usual name
from paired import milliseconds, paired, ratio
from table import Table, show

from vst_core.flow import MotionFinder
from vst_core.frame_io import read_header, write_frame
from vst_core.methods import Optimization
from vst_core.pipeline.plate import PlateReader, open_transform
from vst_core.pipeline.render import render_shot
from vst_core.sequence import FrameSequence
from vst_core.settings import FlowSettings, RenderSettings

ROOT = Path(__file__).parent.parent
PREFIX = "ViewLayer."
NOTE = """The frames are those of the sample shot, enlarged, with grain so that they compress like a render: half
colour, float vectors and depth. "Bare" is OpenImageIO reading and writing all channels of the same file without
looking at them. "Frame" also brings the colour to display and back, flushes the file, reads it back and compares."""


def enlarge(frame: int, target: Path, width: int, height: int, grain: float = 0.02) -> None:
    """A frame of the sample shot at another size, with so much grain: Combined half, Depth and Vector float."""
    source = oiio.ImageInput.open(str(ROOT / f"samples/shot/shot.{frame}.exr"))
    names = list(source.spec().channelnames)
    pixels = source.read_image("float")
    wanted = [PREFIX + name for name in ("Combined.R", "Combined.G", "Combined.B", "Combined.A", "Depth.Z")]
    wanted += [PREFIX + f"Vector.{axis}" for axis in "XYZW"]
    scale = width / pixels.shape[1]
    planes = []
    for name in wanted:
        nearest = "Combined" not in name
        plane = np.ascontiguousarray(pixels[..., names.index(name)])
        mode = cv2.INTER_NEAREST if nearest else cv2.INTER_CUBIC
        plane = cv2.resize(plane, (width, height), interpolation=mode)
        planes.append(plane * (scale if "Vector" in name else 1))
    image = np.stack(planes, -1)
    image[..., :3] *= np.random.default_rng(frame).normal(1, grain, (height, width, 1)).astype(np.float32)
    image[..., :4] = np.maximum(image[..., :4], 0)
    spec = oiio.ImageSpec(width, height, len(wanted), "float")
    spec.channelnames = wanted
    spec.channelformats = tuple(oiio.TypeDesc("half" if "Combined" in name else "float") for name in wanted)
    spec.attribute("compression", "zips")
    output = oiio.ImageOutput.create(str(target))
    if not (output.open(str(target), spec) and output.write_image(image.astype(np.float32)) and output.close()):
        raise RuntimeError(output.geterror())


def frame_cost(folder: Path, *, quick: bool) -> Table:
    """One frame in and out."""
    width, height = (640, 360) if quick else (1920, 1080)
    for frame in (1007, 1008):
        enlarge(frame, folder / f"plate.{frame}.exr", width, height)
    plate = FrameSequence.parse(folder / "plate.####.exr")
    transform = open_transform(read_header(plate.path(1008)), None)
    reader = PlateReader(plate, None, transform, FlowSettings(), plate)
    previous = reader.read(1007).view.motion
    finder = MotionFinder("vectors")
    path, target = plate.path(1008), folder / "out.1008.exr"

    def bare() -> None:
        source = oiio.ImageInput.open(str(path))
        pixels = source.read_image(source.spec().format)
        output = oiio.ImageOutput.create("openexr")
        output.open(str(folder / "bare.exr"), source.spec())
        output.write_image(pixels)
        output.close()

    def ours(with_motion: bool) -> None:
        current = reader.read(1008)
        if with_motion:
            finder(current.view.motion, previous)
        color = transform.to_scene_linear(current.display.pixels, current.display)
        write_frame(target, current.frame.with_color(color), attributes={}, data_type=None, compression=None)

    variants = {"bare": bare, "frame": lambda: ours(False), "frame and motion": lambda: ours(True)}
    times = paired(variants, 2 if quick else 7, warmup=1)
    channels, size = len(read_header(path).channel_names), path.stat().st_size / 1e6
    title = f"A frame in and out, {width}x{height}, {channels} channels, {size:.1f} MB"
    table = Table(title, NOTE, ("what", "ms", "times bare"))
    for name in variants:
        table.add(name, f"{milliseconds(times, name):.0f}", f"{ratio(times, name, 'bare'):.2f}")
    return table


def render_cost(folder: Path, *, quick: bool) -> Table:
    """A whole render beside its steps."""
    steps = 0.0
    inner = Optimization.stylize

    def timed(*arguments: object) -> object:
        nonlocal steps
        start = time.perf_counter()
        try:
            return inner(*arguments)  # type: ignore[arg-type]
        finally:
            steps += time.perf_counter() - start

    settings = RenderSettings.of(
        {
            "plate": str(ROOT / "samples/shot/shot.####.exr"),
            "frames": "1005-1008",
            "method": "optimization",
            "style": {"styles": [str(ROOT / "samples/styles/oil.png")]},
            "output": {"pattern": str(folder / "painted.####.exr")},
            "features": "vgg16",
            "optimization": {"iterations": 8, "iterations_next": 4} if quick else {},
        }
    )
    Optimization.stylize = timed  # type: ignore[method-assign,assignment]
    start = time.perf_counter()
    frames = len(list(render_shot(settings)))
    whole = time.perf_counter() - start
    Optimization.stylize = inner  # type: ignore[method-assign]
    table = Table(
        f"A render by optimisation, compared with its steps alone, {frames} frames of 320x180",
        "The whole render is timed from the first file to the last, its steps within it.",
        ("what", "s", "times the steps"),
    )
    table.add("the steps", f"{steps:.1f}", "1.000")
    table.add("the whole render", f"{whole:.1f}", f"{whole / steps:.3f}")
    return table


def tables(*, quick: bool = False) -> Iterator[Table]:
    """A frame, and a render."""
    for cost in (frame_cost, render_cost):
        with tempfile.TemporaryDirectory() as name:
            yield cost(Path(name), quick=quick)


if __name__ == "__main__":
    show(tables())

"""What long memory and several passes are worth, on the sample shot and on the tram that hides and comes back.

    make tram                                            # renders the second shot, minutes
    python bench/bench_ruder.py networks optimization passes [--frames 24] [--scale 0.5]

Every pair differs in one setting. "Beyond the plate" is sqrt(error^2 - the plate's^2): what the paint adds to the
flicker of shadows and resampling. What re-appears is, by the tram's own geometry, what is hidden in the frame before
and was seen earlier; its distance is the mean difference to the result of the last frame that showed it.
"""

from __future__ import annotations

import argparse
import itertools
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from shots import STYLES, style_image
from torch import Tensor

from vst_core.flow import warp
from vst_core.frame_io import read_channels, read_header
from vst_core.pipeline.cache import RenderCache
from vst_core.pipeline.measure import Report, measure_shot
from vst_core.pipeline.motion_source import open_motion, vectors_sequence
from vst_core.pipeline.motions import Motions
from vst_core.pipeline.plate import PlateReader, open_transform
from vst_core.pipeline.render import render_shot
from vst_core.pipeline.views import Views
from vst_core.sequence import FrameSequence
from vst_core.settings import FlowSettings, RenderSettings

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "samples"))
from tram_path import AT, FIRST, offset  # noqa: E402 - beside the shots, not in a package

SHOTS = {"theatre": ROOT / "samples/shot/shot.####.exr", "tram": ROOT / "demo/tram/shot.####.exr"}
LAGS = (1, 2, 4, 10)
FARTHEST = 40
"""Frames back that a former look is looked for."""
_CACHE = RenderCache()


class Rendered:
    """A shot, rendered and measured.

    Attributes:
        report: flicker and style.
        seconds: a frame, all told.
        stages: seconds a frame of motion and of the method, where the frames were made.
    """

    def __init__(self, shot: str, frames: str, folder: Path, style: str = STYLES[0], **changes: object) -> None:
        name = "-".join([shot, style, *(f"{key}{value}" for key, value in changes.items() if key != "optimization")])
        self.shot, self.output = shot, f"{folder / name.replace(',', '')}-{time.monotonic_ns()}/o.####.exr"
        data = {"plate": str(SHOTS[shot]), "frames": frames, "threads": 1, "output": {"pattern": self.output}}
        picture = style_image(style)
        wanted = style if changes.get("method") != "optimization" else str(picture)
        settings = RenderSettings.of({**data, "style": {"styles": [wanted]}, "features": "vgg16", **changes})
        start = time.perf_counter()
        results = list(render_shot(settings, cache=_CACHE))
        self.seconds = (time.perf_counter() - start) / len(results)
        self.frames = [result.frame for result in results]
        made = [result.stages for result in results if result.stages is not None]
        self.stages = [float(np.mean([getattr(each, stage) for each in made])) for stage in ("motion", "method")]
        lags = tuple(lag for lag in LAGS if lag < len(results))
        self.report: Report = measure_shot(self.output, settings.plate, lags=lags, styles=(picture,), network="vgg16")

    def error(self, lag: int) -> tuple[float, float]:
        """Warping error at a lag, and what of it lies beyond the plate's."""
        found = next(each for each in self.report.warping if each.lag == lag)
        return found.stylized, max(0.0, found.stylized**2 - found.source**2) ** 0.5

    def line(self) -> str:
        """Flicker by lag, and distance to the style."""
        errors = "  ".join(f"{w.lag}: {w.stylized:.4f}" for w in self.report.warping)
        if self.report.style is not None:
            style = self.report.style["stylized"]
            errors += f"  Gram {style.gram:.4f}  W2 {style.wasserstein:.4f}"
        return f"{errors}  {self.seconds:.2f} s a frame"

    def pixels(self) -> dict[int, Tensor]:
        """(1, 3, H, W) by frame, display."""
        sequence = FrameSequence.parse(self.output)
        transform = open_transform(read_header(sequence.path(self.frames[0])), None)
        reader = PlateReader(sequence, None, transform, FlowSettings(), None)
        return {frame: reader.read(frame).display.pixels for frame in self.frames}


def both_ways(made: Rendered) -> tuple[float, float]:
    """Warping error between neighbours, forward and backward."""
    plate, flow = FrameSequence.parse(str(SHOTS[made.shot])), FlowSettings()
    transform = open_transform(read_header(plate.path(made.frames[0])), None)
    reader = PlateReader(plate, None, transform, flow, vectors_sequence(flow, plate))
    motions, pixels, found = Motions(Views(reader), open_motion(flow), flow), made.pixels(), []
    for lag in (1, -1):
        squares = count = 0.0
        for frame in made.frames:
            if frame - lag in pixels:
                motion = motions.between(frame, lag)
                valid = (motion.valid > 0.5).float()
                difference = pixels[frame] - warp(pixels[frame - lag], motion.backward_flow)
                squares, count = squares + float((valid * difference.square()).sum()), count + 3 * float(valid.sum())
        found.append((squares / count) ** 0.5)
    return found[0], found[1]


def papers(frame: int) -> NDArray[np.float64]:
    """(H, W), the distance of the paper that each pixel of the tram's shot shows."""
    depth = read_channels(FrameSequence.parse(str(SHOTS["tram"])).path(frame), ("ViewLayer.Depth.Z",))[..., 0]
    known = np.array(sorted(AT.values()))
    return known[np.abs(depth[..., None] - known).argmin(-1)]


def seen_before(
    now: NDArray[np.float64], was: NDArray[np.float64], frame: int, lag: int
) -> tuple[Tensor, NDArray[np.bool_]]:
    """The true flow to an earlier frame, and (H, W) where that frame shows the same paper."""
    scale = now.shape[1] / 160
    moved = np.zeros_like(now)
    for distance in AT.values():
        then, this = (offset(distance, number - FIRST)[0] for number in (frame - lag, frame))
        moved[now == distance] = (then - this) * scale
    rows, columns = np.mgrid[: now.shape[0], : now.shape[1]]
    x = columns + moved
    left = np.clip(np.floor(x).astype(int), 0, now.shape[1] - 1)
    right = np.clip(left + 1, 0, now.shape[1] - 1)
    there = (x >= 0) & (x <= now.shape[1] - 1) & (was[rows, left] == now) & (was[rows, right] == now)
    return torch.from_numpy(np.stack([moved, np.zeros_like(moved)])[None]).float(), there


def former_look(made: Rendered, farthest: int) -> tuple[float, int]:
    """Mean distance of what re-appears to its former look, and how many pixels that are in all frames."""
    pixels, shown = made.pixels(), {frame: papers(frame) for frame in made.frames}
    total, count = 0.0, 0
    for frame in made.frames[2:]:
        _, there = seen_before(shown[frame], shown[frame - 1], frame, 1)
        wanted = ~there
        for lag in range(2, min(farthest, frame - made.frames[0]) + 1):
            flow, there = seen_before(shown[frame], shown[frame - lag], frame, lag)
            found = torch.from_numpy(wanted & there)
            if bool(found.any()):
                away = (pixels[frame] - warp(pixels[frame - lag], flow)).abs().mean(1)[0]
                total, count = total + float(away[found].sum()), count + int(found.sum())
            wanted &= ~there
    return total / max(count, 1), count


def compare_memory(
    shots: Sequence[tuple[str, str]],
    folder: Path,
    name: str,
    memories: Mapping[str, Mapping[str, object]],
    **changes: object,
) -> None:
    """The same with longer and longer memory, each by its name."""
    for shot, frames in shots:
        print(f"\n{name}, {shot} {frames}", flush=True)
        base: Rendered | None = None
        for memory, settings in memories.items():
            made = Rendered(shot, frames, folder, **{**changes, **settings})
            base = base or made
            farthest = max(each.lag for each in made.report.warping)
            ratios = [
                ours / max(theirs, 1e-9)
                for ours, theirs in zip(made.error(farthest), base.error(farthest), strict=True)
            ]
            line = f"J {memory:<14} {made.line()}  lag {farthest} to J 1: {ratios[0]:.2f}"
            line += f", beyond the plate {ratios[1]:.2f}  motion to method {made.stages[0] / made.stages[1]:.2f}"
            print(line, flush=True)
            if shot == "tram":
                for reach in (4, 15, FARTHEST):
                    (away, count), (before, _) = former_look(made, reach), former_look(base, reach)
                    print(
                        f"  what was hidden for up to {reach - 1} frames: {away:.4f} from its former look,"
                        f" to J 1: {away / before:.2f}  ({count} pixels)",
                        flush=True,
                    )


def compare_passes(
    shot: tuple[str, str], folder: Path, name: str, passes: Sequence[int], style: str = STYLES[0], **changes: object
) -> None:
    """The same in one pass and in several: the steps of an optimisation, or a network."""
    print(f"\npasses, {name}, {style}, {' '.join(shot)}", flush=True)
    for number in passes:
        made = Rendered(*shot, folder, style, **changes, passes=number)
        forward, backward = both_ways(made)
        print(f"passes {number}  {made.line()}  forward {forward:.4f}  backward {backward:.4f}", end="")
        print(f"  differ by {abs(forward / backward - 1):.1%}", flush=True)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="+", choices=("networks", "optimization", "passes"))
    parser.add_argument("--tram", default=str(SHOTS["tram"]), metavar="PATTERN", help="the second shot, of any size")
    parser.add_argument("--frames", type=int, default=24, help="of the tram, in an optimisation")
    parser.add_argument("--scale", type=float, default=0.5, help="working size, in an optimisation")
    parser.add_argument("--steps", type=int, nargs=2, default=(100, 40), help="for the first frame and each one after")
    options = parser.parse_args()
    SHOTS["tram"] = Path(options.tram)
    steps = {"style_loss": "gram", "iterations": options.steps[0], "iterations_next": options.steps[1], "scales": 3}
    solved = {"method": "optimization", "optimization": steps, "scale": options.scale}
    shots = [("theatre", "1001-1016"), ("tram", f"1001-{1000 + options.frames}")]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if "networks" in options.parts:
            every = ",".join(map(str, range(1, 9)))
            for network in ("fast", "quality"):
                memories = {lags: {"lags": lags} for lags in ("1", "1,5", "1,2,4", "1,2,4,8,15", every)}
                compare_memory([shots[0], ("tram", "1001-1060")], folder, network, memories, network=network)
        if "optimization" in options.parts:
            # By c_long, and held to several results as much as to each of them alone.
            mean = {"optimization": {**steps, "long_term": "mean"}}
            optimized = {lags: {"lags": lags} for lags in ("1", "1,2,4")}
            optimized |= {f"{lags} mean": {"lags": lags, **mean} for lags in ("1,2,4", "1,2,3,4")}
            compare_memory(shots, folder, "optimisation", optimized, **solved)
        if "passes" in options.parts:
            compare_passes(shots[0], folder, "optimisation", (1, 2, 4), **solved)
            for network, style in itertools.product(("fast", "quality"), STYLES):
                compare_passes(shots[0], folder, network, (1, 2, 3), style, network=network)


if __name__ == "__main__":
    main()

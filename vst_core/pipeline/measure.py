"""What a stylised shot is worth, in numbers: flicker, drift, and the distances to style and content.

They are reported together, since a shot that is hardly stylised flickers least.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from vst_core.errors import InputError, SettingsError
from vst_core.frame_io import read_header
from vst_core.frames import FrameRange, counted
from vst_core.pipeline.distance import Distances, StyleMeter
from vst_core.pipeline.flicker import Moment, warping_errors, warping_sums
from vst_core.pipeline.motion_source import open_motion, vectors_sequence
from vst_core.pipeline.motions import Motions
from vst_core.pipeline.plate import PlateReader, named_frame, open_transform, painted_layer, painted_space
from vst_core.pipeline.sequences import check_frames, plate_frames
from vst_core.pipeline.views import Views
from vst_core.pipeline.windows import resize, working_size
from vst_core.sequence import FrameSequence
from vst_core.settings import FlowSettings, Network

# Rec.709 luma of display values.
_LUMA = (0.2126, 0.7152, 0.0722)
_LAGS = (1, 2, 5, 10)


@dataclass(frozen=True, slots=True)
class WarpingError:
    """Flicker at one distance in time.

    sqrt(mean over valid pixels of (x_t - warp(x_{t-lag}))^2), RGB, display [0, 1].

    Attributes:
        lag: distance in frames.
        stylized: of the stylised shot.
        source: of the plate itself, for comparison: what resampling, shadows and reflections amount to.
        valid: share of pixels that could be compared.
    """

    lag: int
    stylized: float
    source: float
    valid: float


@dataclass(frozen=True, slots=True)
class Report:
    """All measures of a shot.

    Attributes:
        frames: the range, as text.
        flow: the flow source.
        warping: by lag.
        luminance_drift: mean display luminance of the last frame less that of the first, less the plate's own change.
        style: distances to style and content, of the stylised shot and of the plate; None without a style.
        notes: what the flow source had to say.
    """

    frames: str
    flow: str
    warping: list[WarpingError]
    luminance_drift: float
    style: dict[str, Distances] | None = None
    notes: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """Plain data, for JSON."""
        return asdict(self)

    def as_text(self) -> str:
        """A table for people."""
        lines = [f"frames {self.frames}, flow {self.flow}", "", "lag  warping error  of the plate  pixels compared"]
        lines += [f"{w.lag:>3}  {w.stylized:>13.4f}  {w.source:>12.4f}  {w.valid:>14.1%}" for w in self.warping]
        lines += ["", f"luminance drift {self.luminance_drift:+.4f}"]
        if self.style:
            lines += ["", "distance            stylised      plate"]
            for name in Distances.__slots__:
                after, before = (getattr(self.style[key], name) for key in ("stylized", "plate"))
                lines.append(f"{name:<18}  {after:>8.4f}  {before:>9.4f}")
        return "\n".join([*lines, *(f"note: {note}" for note in self.notes)])


def measure_shot(
    stylized: str,
    plate: str,
    *,
    flow: FlowSettings | None = None,
    lags: tuple[int, ...] | None = None,
    styles: tuple[Path, ...] = (),
    frames: FrameRange | None = None,
    layer: str | None = None,
    color_space: str | None = None,
    network: Network = "vgg19",
    weights_path: Path | None = None,
) -> Report:
    """Measure a stylised shot against its plate.

    Args:
        stylized: pattern of the stylised frames.
        plate: pattern of the plate; flow and validity come from it alone.
        flow: where motion comes from; host vectors when left out. See ``Motions`` for how it comes to longer lags.
        lags: distances in frames; those of 1, 2, 5 and 10 that fit the shot when left out.
        styles: style images; distances are measured to their equal blend.
        frames: the frames of the stylised shot when left out.
        layer: layer whose colour is measured.
        color_space: the plate's colour space; read from the file when left out.
        network: feature network of the distances.
        weights_path: its weights.

    Raises:
        VstError: one line that names frame and file.
    """
    flow = flow or FlowSettings()
    result, source = FrameSequence.parse(stylized), FrameSequence.parse(plate)
    numbers = plate_frames(result, frames)
    if lags is None:
        lags = tuple(lag for lag in _LAGS if lag < len(numbers))
    _check_lags(lags, numbers)
    check_frames(flow, source, numbers)
    header = read_header(source.path(numbers.first))
    transform = open_transform(header, color_space)
    plates = PlateReader(source, layer, transform, flow, vectors_sequence(flow, source))
    painted_header = read_header(result.path(numbers.first))
    painted_transform = open_transform(painted_header, painted_space(painted_header, header, color_space))
    results = PlateReader(result, painted_layer(painted_header, layer), painted_transform, flow, None)
    meter = StyleMeter(network, weights_path, styles) if styles else None
    views = Views(plates)
    flicker = _Flicker(views, Motions(views, open_motion(flow), flow), lags)
    lumas: list[float] = []
    for number in numbers:
        original, painted = views.plate(number), results.read(number)
        if original.display.pixels.shape != painted.display.pixels.shape:
            raise InputError("is not the size of the plate", where=result.path(number))
        with named_frame(number), torch.no_grad():
            flicker.add(number, painted.display.pixels)
            lumas.append(_luma(painted.display.pixels) - _luma(original.display.pixels))
            if meter is not None:
                seen = working_size(original.view.window, 1.0, header.pixel_aspect)
                meter.add(*(resize(each.view.motion.image, seen) for each in (painted, original)))
    return Report(
        frames=str(numbers),
        flow=flow.source,
        warping=flicker.errors(),
        luminance_drift=lumas[-1] - lumas[0],
        style=None if meter is None else meter.means(),
        notes=flicker.notes,
    )


def _check_lags(lags: tuple[int, ...], frames: FrameRange) -> None:
    for lag in lags:
        if not 1 <= lag < len(frames):
            raise SettingsError(
                f"a lag of {lag} does not fit a shot of {counted(len(frames), 'frame')}",
                where="lags",
                remedy=f"give lags from 1 to {len(frames) - 1}",
            )


def _luma(image: Tensor) -> float:
    return float((image.mean((0, 2, 3)) * image.new_tensor(_LUMA)).sum())


class _Flicker:
    """Sums squared warping errors over a shot."""

    def __init__(self, views: Views, motions: Motions, lags: tuple[int, ...]) -> None:
        self._views, self._motions, self._lags = views, motions, sorted(set(lags))
        self._past: dict[int, Moment] = {}
        self._sums = {lag: torch.zeros(4, dtype=torch.float64) for lag in lags}
        self.notes: list[str] = []

    def add(self, frame: int, stylized: Tensor) -> None:
        """Take in the next frame; ``stylized`` covers the plate's data window."""
        first = frame - max(self._lags, default=0)
        self._past = {number: moment for number, moment in self._past.items() if number >= first}
        self._past[frame] = Moment(self._views.view(frame), stylized)
        for lag in self._lags:
            if frame - lag not in self._past:
                continue
            motion = self._motions.between(frame, lag)
            self.notes += [note for note in motion.notes if note not in self.notes]
            self._sums[lag] += warping_sums(self._past[frame], self._past[frame - lag], motion)
        self._motions.keep(first, frame)

    def errors(self) -> list[WarpingError]:
        """The result."""
        return [WarpingError(lag, *warping_errors(self._sums[lag])) for lag in self._lags]

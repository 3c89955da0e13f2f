"""A shot on disk against its plate: is it what such a plate has to become, and fit to be shown?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import torch

from vst_core import weights
from vst_core.color import ColorConfig
from vst_core.errors import VstError
from vst_core.flow import Motion, is_cut
from vst_core.frame_io import read_header
from vst_core.networks import ARCHITECTURES, find_checkpoint
from vst_core.pipeline.against_plate import compare
from vst_core.pipeline.findings import Check, Finding, in_order
from vst_core.pipeline.flicker import Moment, warping_errors, warping_sums
from vst_core.pipeline.limits import UNSEEN, Limits
from vst_core.pipeline.manifest import Asset, Run
from vst_core.pipeline.motion_source import open_motion, used_flow, vectors_sequence
from vst_core.pipeline.motions import Motions
from vst_core.pipeline.plate import Plate, PlateReader, open_transform, painted_space
from vst_core.pipeline.verify import Verification
from vst_core.pipeline.views import Views
from vst_core.sequence import FrameSequence
from vst_core.settings import RenderSettings

_PLATE_SHARE = 1.5
_COMPARABLE = 0.01
"""Share of a frame's pixels below which a warping error says nothing."""


def inspect_shot(
    found: Verification, limits: Limits, on_frame: Callable[[int], object] = lambda _: None
) -> Verification:
    """Compare the frames that are whole with their plates, and look at how they follow one another.

    Args:
        found: what ``verify_shot`` found.
        limits: of flicker and coverage.
        on_frame: called with the number of each frame that was looked at.

    Returns:
        The same with more findings.

    Raises:
        SettingsError: the manifest's settings are those of a vst that had others.
    """
    findings, spoiled = list(found.findings), {*found.broken, *found.missing}
    for run in found.manifest.runs:
        findings += _of_run(run)
    records = [record for record in found.manifest.frames if record.frame not in spoiled]
    for record in records:
        if record.coverage is not None and record.coverage < limits.coverage:
            what = f"follows the frame before it in less than {limits.coverage:.0%} of its pixels"
            findings.append(Finding("motion", what, record.frame, str(found.output.path(record.frame))))
    findings += _Inspection(found, limits).look_at([record.frame for record in records], on_frame)
    return replace(found, findings=in_order(findings))


class _Pair(NamedTuple):
    """A frame of the plate, what was made of it, and how it follows from the frame before; None where it does not."""

    plate: Plate
    stylized: Plate
    motion: Motion | None


class _Inspection:
    """The frames of a shot, whichever runs made them."""

    def __init__(self, found: Verification, limits: Limits) -> None:
        self._output, self._limits = found.output, limits
        runs = {run.id: RenderSettings.of(run.settings, where="manifest") for run in found.manifest.runs}
        self._settings = {record.frame: runs[record.run] for record in found.manifest.frames}
        self._reader: _Reader | None = None
        self._last: int | None = None
        self._before: Moment | None = None

    def look_at(self, frames: Sequence[int], on_frame: Callable[[int], object]) -> Iterator[Finding]:
        """Findings, frame by frame; a pair is read while the one before it is looked at."""
        if not frames:
            return
        with ThreadPoolExecutor(1) as pool:
            ahead = pool.submit(self._read, frames[0])
            for frame, following in zip(frames, [*frames[1:], None], strict=True):
                pair, ahead = ahead, ahead if following is None else pool.submit(self._read, following)
                try:
                    yield from self._compare(frame, pair.result())
                except VstError as error:
                    yield self._finding(frame, "plate", f"cannot be compared with its plate ({error.what})")
                on_frame(frame)

    def _read(self, frame: int) -> _Pair:
        settings = self._settings[frame]
        last, self._last = self._last, None
        if self._reader is None or not self._reader.serves(settings):
            self._reader = _Reader(self._output, settings, frame)
        pair = self._reader.read(frame, follows=last == frame - 1 and frame not in settings.cut_frames)
        self._last = frame
        return pair

    def _compare(self, frame: int, pair: _Pair) -> Iterator[Finding]:
        settings = self._settings[frame]
        before, self._before = self._before, None
        for check, what in compare(pair.plate.frame, pair.stylized.frame, settings.output):
            yield self._finding(frame, check, what)
        if pair.plate.display.pixels.shape != pair.stylized.display.pixels.shape:
            return
        self._before = now = Moment(pair.plate.view, pair.stylized.display.pixels)
        if before is None or before.view.motion.frame != frame - 1 or pair.motion is None:
            return
        with torch.no_grad():
            if settings.cuts == "auto" and is_cut(now.view.motion.image, pair.motion.valid):
                return
            error, source, compared = warping_errors(warping_sums(now, before, pair.motion))
        limit = self._limits.flicker or max(UNSEEN, _PLATE_SHARE * source)
        if compared > _COMPARABLE and error > limit:
            what = "flickers more than " + (
                "the plate does" if self._limits.flicker is None else f"{self._limits.flicker:g}"
            )
            yield replace(self._finding(frame, "flicker", what), value=error)

    def _finding(self, frame: int, check: Check, what: str) -> Finding:
        return Finding(check, what, frame, str(self._output.path(frame)))


class _Reader:
    """Reads frames beside their plates.

    Args:
        output: the frames.
        settings: that some were made with.
        frame: one of them.

    Raises:
        VstError: that one or its plate cannot be read, or there is no motion.
    """

    def __init__(self, output: FrameSequence, settings: RenderSettings, frame: int) -> None:
        source, flow = FrameSequence.parse(settings.plate), used_flow(settings)
        header = read_header(source.path(frame))
        transform = open_transform(header, settings.color_space)
        plates = PlateReader(source, settings.layer, transform, flow, vectors_sequence(flow, source))
        painted_header = read_header(output.path(frame))
        painted = open_transform(painted_header, painted_space(painted_header, header, settings.color_space))
        self._results = PlateReader(output, settings.written_layer, painted, flow, None)
        self._views = Views(plates)
        self._motions = Motions(self._views, open_motion(flow), flow)
        self._files = _files(settings)

    def serves(self, settings: RenderSettings) -> bool:
        """Whether frames that were made with these settings are read alike."""
        return _files(settings) == self._files

    def read(self, frame: int, *, follows: bool) -> _Pair:
        """A frame; ``follows`` where its motion from the frame before is wanted.

        Raises:
            VstError: it cannot be read.
        """
        plate, stylized = self._views.plate(frame), self._results.read(frame)
        motion = self._motions.seen(frame, 1) if follows else None
        self._motions.keep(frame, frame)
        return _Pair(plate, stylized, motion)


def _files(settings: RenderSettings) -> tuple[object, ...]:
    """What decides how frames and plates are read."""
    return settings.plate, settings.layer, settings.written_layer, settings.color_space, used_flow(settings)


def _of_run(run: Run) -> Iterator[Finding]:
    """What is wrong with weights, styles and colour space."""
    for asset in (*run.weights, *run.styles):
        what = _unproven(asset, str(run.settings.get("network", "")))
        if what:
            yield Finding("weights", what, None, asset.path)
    try:
        ColorConfig.load().resolve(run.color_space)
    except VstError as error:
        yield Finding("color_space", f"{run.color_space!r} is not a known colour space ({error.what})", None, "")


def _unproven(asset: Asset, network: str) -> str:
    """Why a file cannot be shown to be the one that the render was made with; empty where it can."""
    known = {each.file_name: each.sha256 for each in weights.KNOWN}
    if asset.name in known:
        return "" if asset.sha256.startswith(known[asset.name]) else "was not the known file of this name"
    places = [Path(asset.path)]
    if network in ARCHITECTURES:  # which every machine has a copy of
        places.append(find_checkpoint(network))
    there = [place for place in places if place.is_file()]
    if not there:
        return "is no longer there, and cannot be checked"
    same = any(weights.file_sha256(place) == asset.sha256 for place in there)
    return "" if same else "is no longer what the render was made with"

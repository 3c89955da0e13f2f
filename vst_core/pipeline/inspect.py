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
from vst_core.pipeline.findings import Check, Finding
from vst_core.pipeline.flicker import Moment, warping_errors, warping_sums
from vst_core.pipeline.limits import UNSEEN, Limits
from vst_core.pipeline.manifest import Asset, Run
from vst_core.pipeline.motion_source import open_motion, used_flow, vectors_sequence
from vst_core.pipeline.motions import Motions
from vst_core.pipeline.plate import Plate, PlateReader, open_transform
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
        records = [record for record in found.manifest.frames if record.run == run.id and record.frame not in spoiled]
        for record in records:
            if record.coverage is not None and record.coverage < limits.coverage:
                what = f"follows the frame before it in less than {limits.coverage:.0%} of its pixels"
                findings.append(Finding("motion", what, record.frame, str(found.output.path(record.frame))))
        findings += _Inspection(found.output, run, limits).look_at([record.frame for record in records], on_frame)
    return replace(found, findings=tuple(findings))


class _Pair(NamedTuple):
    """A frame of the plate, what was made of it, and how it follows from the frame before; None where it does not."""

    plate: Plate
    stylized: Plate
    motion: Motion | None


class _Inspection:
    """The frames of one run."""

    def __init__(self, output: FrameSequence, run: Run, limits: Limits) -> None:
        self._output, self._limits = output, limits
        self._settings = RenderSettings.of(run.settings, where="manifest")
        self._before: Moment | None = None

    def look_at(self, frames: Sequence[int], on_frame: Callable[[int], object]) -> Iterator[Finding]:
        """Findings, frame by frame; a pair is read while the one before it is looked at."""
        if not frames:
            return
        try:
            read = self._reader(frames)
        except VstError as error:
            yield self._finding(frames[0], "plate", f"cannot be compared with its plate ({error.what})")
            return
        with ThreadPoolExecutor(1) as pool:
            ahead = pool.submit(read, frames[0])
            for frame, following in zip(frames, [*frames[1:], None], strict=True):
                pair, ahead = ahead, ahead if following is None else pool.submit(read, following)
                try:
                    yield from self._compare(frame, pair.result())
                except VstError as error:
                    yield self._finding(frame, "plate", f"cannot be compared with its plate ({error.what})")
                on_frame(frame)

    def _reader(self, frames: Sequence[int]) -> Callable[[int], _Pair]:
        settings, flow, there = self._settings, used_flow(self._settings), set[int]()
        source = FrameSequence.parse(settings.plate)
        transform = open_transform(read_header(source.path(frames[0])), settings.color_space)
        plates = PlateReader(source, settings.layer, transform, flow, vectors_sequence(flow, source))
        painted = open_transform(read_header(self._output.path(frames[0])), settings.color_space)
        results = PlateReader(self._output, settings.written_layer, painted, flow, None)
        views = Views(plates)
        motions = Motions(views, open_motion(flow), flow)

        def read(frame: int) -> _Pair:
            plate, stylized, motion = views.plate(frame), results.read(frame), None
            if frame - 1 in there and frame not in settings.cut_frames:
                motion = motions.seen(frame, 1)
            motions.keep(frame, frame)
            there.add(frame)
            return _Pair(plate, stylized, motion)

        return read

    def _compare(self, frame: int, pair: _Pair) -> Iterator[Finding]:
        before, self._before = self._before, None
        for check, what in compare(pair.plate.frame, pair.stylized.frame, self._settings.output):
            yield self._finding(frame, check, what)
        if pair.plate.display.pixels.shape != pair.stylized.display.pixels.shape:
            return
        self._before = now = Moment(pair.plate.view, pair.stylized.display.pixels)
        if before is None or before.view.motion.frame != frame - 1 or pair.motion is None:
            return
        with torch.no_grad():
            if self._settings.cuts == "auto" and is_cut(now.view.motion.image, pair.motion.valid):
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


def _of_run(run: Run) -> Iterator[Finding]:
    """What is wrong with weights, styles and colour space."""
    for asset in (*run.weights, *run.styles):
        what = _unproven(asset, str(run.settings.get("network", "")))
        if what:
            yield Finding("weights", what, None, asset.path)
    try:
        ColorConfig.load().resolve(run.color_space)
    except VstError as error:
        yield Finding("color_space", f"{run.color_space!r} is no colour space here ({error.what})", None, "")


def _unproven(asset: Asset, network: str) -> str:
    """Why a file cannot be shown to be the one that the render was made with; empty where it can."""
    known = {each.file_name: each.sha256 for each in weights.KNOWN}
    if asset.name in known:
        return "" if asset.sha256.startswith(known[asset.name]) else "was not the file that goes by this name"
    places = [Path(asset.path)]
    if network in ARCHITECTURES:  # which every machine has a copy of
        places.append(find_checkpoint(network))
    there = [place for place in places if place.is_file()]
    if not there:
        return "is not there any more, and cannot be proven"
    same = any(weights.file_sha256(place) == asset.sha256 for place in there)
    return "" if same else "is not any more what the render was made with"

"""Making again what is wrong with a shot, with the settings that its manifest has."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vst_core.errors import OutputError
from vst_core.pipeline.cache import RenderCache
from vst_core.pipeline.journal import manifest_path
from vst_core.pipeline.manifest import Run
from vst_core.pipeline.render import FrameProgress, FrameResult, render_opened
from vst_core.pipeline.shot import open_shot
from vst_core.pipeline.verify import Verification
from vst_core.sequence import without_upwards
from vst_core.settings import RenderSettings


@dataclass(frozen=True, slots=True)
class Repair:
    """One render that mends frames.

    Attributes:
        run: the one that made them.
        settings: its own, for these files, device and threads.
        redo: frames that are on disk and do not stay.
        digests: of the states that its frames have to come to, by their numbers.
    """

    run: Run
    settings: RenderSettings
    redo: frozenset[int]
    digests: dict[int, str]


def plan_repair(found: Verification) -> list[Repair]:
    """What there is to do; nothing for frames that no run of the manifest made, or that other settings went on from.

    Raises:
        SettingsError: the settings are those of a vst that had others.
    """
    wanted: dict[tuple[str, str], tuple[Run, set[int]]] = {}
    records = found.manifest.by_frame
    redo = {each.frame for each in found.findings if each.frame is not None and each.mends}
    for frame in sorted({*redo, *found.missing}):
        run = found.manifest.run_of(records[frame]) if frame in records else _run_for(found, frame)
        known, frames = wanted.setdefault((run.fingerprint, _chunk(run)), (run, set()))
        if run.number > known.number:
            wanted[run.fingerprint, _chunk(run)] = (run, frames)
        frames.update({frame} & redo)
    return [
        Repair(run, _settings(found, run), frozenset(frames), dict(_digests(found, run)))
        for run, frames in wanted.values()
    ]


def repair_shot(
    repair: Repair,
    on_progress: Callable[[FrameProgress], None] = lambda _: None,
    cache: RenderCache | None = None,
) -> Iterator[FrameResult]:
    """Make again what is broken or missing, as it is recorded.

    Yields:
        Every frame of the shot, as ``render_shot`` does.

    Raises:
        OutputError: weights, style images, plate's name or device are not those that the frames were made with; or a
            frame would come out otherwise, and what is on disk stays.
        VstError: as ``render_shot``.
    """
    shot = open_shot(repair.settings, cache)
    if shot.fingerprint != repair.run.fingerprint:
        raise OutputError(
            "cannot be repaired here: the pixels would come out different",
            where=manifest_path(shot.sequences.output),
            remedy="weights, style images, colour configuration or vst differ from those of the render; start it over",
        )
    yield from render_opened(shot, on_progress, repair.redo, repair.digests)


def _digests(found: Verification, run: Run) -> Iterator[tuple[int, str]]:
    """What a repair has to come to, up to the first frame that was not made from the one before it: that one and those
    after it are made from another one now.
    """
    frames = run.frames if _chunk(run) else run.shot
    unchained = {each.frame for each in found.findings if each.check == "chain"}
    for record in found.manifest.frames:
        if record.frame in frames and found.manifest.run_of(record).fingerprint == run.fingerprint:
            if record.frame in unchained:
                return
            yield record.frame, record.state


def _run_for(found: Verification, frame: int) -> Run:
    """The latest run whose shot has a frame that was never made."""
    return next(run for run in reversed(found.manifest.runs) if frame in run.shot)


def _chunk(run: Run) -> str:
    """The frames of a run that is no part of a render of the whole shot."""
    return str(run.frames) if run.settings.get("preroll") is not None or run.settings.get("state") else ""


def _settings(found: Verification, run: Run) -> RenderSettings:
    data: dict[str, Any] = {
        **run.settings,
        "frames": str(run.shot),
        "device": run.device,
        "precision": run.precision,
        "threads": run.threads,
        "overwrite": False,
    }
    data["output"] = {**(data.get("output") or {}), "pattern": str(without_upwards(Path(found.output.pattern)))}
    if not _chunk(run):
        data |= {"chunk": None, "state": None}
    return RenderSettings.of(data, where=str(manifest_path(found.output)))

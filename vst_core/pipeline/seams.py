"""Seams of a shot that was rendered as draft chunks: how far apart two chunks are where one goes on for the other.

Both have painted the frame before the boundary: the one delivered it, the other painted it in its preroll and went on
from it. What they differ by there is the seam's error, which takes no render of the whole shot to know.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from vst_core.pipeline.journal import gather
from vst_core.pipeline.manifest import FrameRecord, Run
from vst_core.pipeline.state import State
from vst_core.pipeline.state_store import StateStore
from vst_core.sequence import FrameSequence
from vst_core.settings import RenderSettings


@dataclass(frozen=True, slots=True)
class Seam:
    """Where a draft chunk begins within a shot, and not at a cut.

    Attributes:
        frame: its first frame.
        preroll: frames that it computed before that.
        error: sqrt(mean((a - b)^2)) of two paintings of the frame before, RGB, display [0, 1], at working size, where
            the plate is transparent, too; None where there is no second one: without a preroll, or once the states
            are gone.
    """

    frame: int
    preroll: int
    error: float | None

    def __str__(self) -> str:
        error = "not known" if self.error is None else f"{self.error:.2%} of the range"
        return f"seam before frame {self.frame}, preroll {self.preroll}: {error}"


def find_seams(output: FrameSequence) -> Iterator[Seam]:
    """The seams of a shot on disk, in order; none where it is whole, or of exact chunks.

    Args:
        output: the frames.
    """
    manifest = gather(output)
    runs, records = {run.id: run for run in manifest.runs}, manifest.by_frame
    for record in manifest.frames:
        run, before = runs[record.run], records.get(record.frame - 1)
        if record.frame != run.frames.first or record.frame == run.shot.first:
            continue
        settings = RenderSettings.of(run.settings)
        if settings.preroll is None or record.frame in settings.cut_frames or (settings.preroll and _is_afresh(record)):
            continue
        error = None if before is None else _difference(output, runs[before.run], before, run, record)
        yield Seam(record.frame, settings.preroll, error)


def _is_afresh(record: FrameRecord) -> bool:
    """Whether a frame that was seen being made follows nothing, since a cut was found there."""
    return record.seconds is not None and record.coverage is None


def _difference(
    output: FrameSequence, first: Run, before: FrameRecord, second: Run, record: FrameRecord
) -> float | None:
    delivered = _state(output, first, before.frame, before.state)
    thrown_away = _state(output, second, before.frame, record.previous)
    if delivered is None or thrown_away is None or delivered.image.shape != thrown_away.image.shape:
        return None
    return float((delivered.image - thrown_away.image).square().mean().sqrt())


def _state(output: FrameSequence, run: Run, frame: int, digest: str) -> State | None:
    alone = RenderSettings.of(run.settings).stands_alone
    return StateStore(output, run.fingerprint, run.frames, alone=alone).load(frame, digest) if digest else None

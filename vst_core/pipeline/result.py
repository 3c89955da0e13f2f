"""What a render says and yields."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vst_core.methods import Progress
from vst_core.pipeline.manifest import Seconds


@dataclass(frozen=True, slots=True)
class FrameProgress:
    """Where a render is within one frame.

    Attributes:
        frame: its number.
        progress: where the method is.
        number: which time the shot is gone over, from 1.
        passes: how often it is.
    """

    frame: int
    progress: Progress
    number: int = 1
    passes: int = 1


@dataclass(slots=True)
class FrameReport:
    """Remembers a frame's last loss and passes progress on."""

    frame: int
    on_progress: Callable[[FrameProgress], None]
    number: int = 1
    passes: int = 1
    loss: dict[str, float] = field(default_factory=dict)

    def __call__(self, progress: Progress) -> None:
        """What a method calls."""
        self.loss = progress.loss
        self.on_progress(FrameProgress(self.frame, progress, self.number, self.passes))


@dataclass(frozen=True, slots=True)
class FrameResult:
    """A frame that lies on disk, verified.

    Attributes:
        frame: its number.
        path: its file.
        kept: it was there already, from an earlier run of the same render.
        loss: the objective's parts at the end, by name; empty for kept frames, and where a plate holds the one before.
        seconds: time the method took; 0 for kept frames.
        notes: what the user should know, for example a change of flow source.
        stages: time by stage; None for kept frames.
        coverage: share of its pixels that follow the frame before; None where none do.
    """

    frame: int
    path: Path
    kept: bool = False
    loss: dict[str, float] = field(default_factory=dict)
    seconds: float = 0.0
    notes: tuple[str, ...] = ()
    stages: Seconds | None = None
    coverage: float | None = None


def seconds_since(start: float) -> float:
    """Since ``start`` of ``time.perf_counter``."""
    return round(time.perf_counter() - start, 4)


def progress_values(progress: FrameProgress) -> dict[str, Any]:
    """What the event ``progress`` says, a worker's and with ``--json``."""
    inner, which = progress.progress, {"pass": progress.number, "passes": progress.passes}
    return {"frame": progress.frame, "step": inner.step, "steps": inner.steps, "loss": _finite(inner.loss)} | which


def frame_values(result: FrameResult) -> dict[str, Any]:
    """What the event ``frame`` says, likewise."""
    return {
        "frame": result.frame,
        "path": str(result.path),
        "kept": result.kept,
        "seconds": round(result.seconds, 3),
        "loss": _finite(result.loss),
        "notes": list(result.notes),
        "coverage": result.coverage,
        "stages": result.stages and result.stages.model_dump(),
    }


def _finite(loss: dict[str, float]) -> dict[str, float | None]:
    """JSON has no word for what is not finite."""
    return {name: value if math.isfinite(value) else None for name, value in loss.items()}

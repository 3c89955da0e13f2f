"""A job, and the two that are about a shot: its render and its check."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

from vst_core.errors import Cancelled, ExitCode, VstError, is_out_of_memory
from vst_core.pipeline.cache import RenderCache
from vst_core.pipeline.check import check_shot
from vst_core.pipeline.render import FrameProgress, render_shot
from vst_core.pipeline.result import frame_values, progress_values
from vst_core.pipeline.sequences import open_sequences
from vst_core.settings import RenderSettings
from vst_core.worker.channel import Emit

_log = logging.getLogger("vst.worker")


@dataclass(frozen=True, slots=True, eq=False)
class Job:
    """Something to be done for the host.

    Attributes:
        name: as the host calls it.
        work: does it, and returns what there is to say when it is done.
        emit: tells the host.
        cancelled: set when the host no longer wants it.
    """

    name: str
    work: Callable[[Job], dict[str, Any]]
    emit: Emit
    cancelled: threading.Event = field(default_factory=threading.Event)

    def tell(self, event: str, **values: Any) -> None:
        """Emit an event of this job."""
        self.emit(event, job=self.name, **values)

    def stop_if_cancelled(self) -> None:
        """Called as often as is cheap.

        Raises:
            Cancelled: the host wants it.
        """
        if self.cancelled.is_set():
            raise Cancelled

    def run(self) -> tuple[str, dict[str, Any]]:
        """Do the work; returns the last event and its values, and raises no ``Exception``."""
        try:
            self.stop_if_cancelled()
            return "done", self.work(self)
        except Cancelled:
            return "cancelled", {}
        except Exception as error:  # noqa: BLE001 - the last resort before the host
            message, code = describe_failure(error)
            return "error", {"message": message, "exit_code": int(code)}


def describe_failure(error: Exception) -> tuple[str, ExitCode]:
    """One line for the user, and the exit code that ``vst`` would have; what is a fault of ours goes to the log."""
    if isinstance(error, VstError):
        return str(error), error.exit_code
    if is_out_of_memory(error):
        return "out of memory; lower the scale", ExitCode.MODEL
    _log.error("internal error", exc_info=error)
    text = " ".join(str(error).split())
    return f"internal error ({type(error).__name__}: {text}); the log says where, report it", ExitCode.INTERNAL


def render(settings: RenderSettings, cache: RenderCache, job: Job) -> dict[str, Any]:
    """Render a shot, frame by frame, from what the job before left where that is the same.

    Raises:
        VstError: as ``render_shot``.
        Cancelled: the host no longer wants it; frames that are done stay.
    """

    def on_progress(progress: FrameProgress) -> None:
        job.stop_if_cancelled()
        job.tell("progress", **progress_values(progress))

    frames = len(open_sequences(settings).frames)
    job.tell("start", frames=frames)
    with closing(render_shot(settings, on_progress, cache)) as results:  # type: ignore[type-var]  # it is a generator
        for result in results:
            job.tell("frame", **frame_values(result))
            job.stop_if_cancelled()
    return {"frames": frames}


def check(settings: RenderSettings, job: Job) -> dict[str, Any]:  # noqa: ARG001 - one look, nothing to tell before
    """Every complaint about a shot, as ``complaints``."""
    found = check_shot(settings)
    return {"complaints": [{"message": str(error), "exit_code": int(error.exit_code)} for error in found]}

"""Keeps the manifest of a shot while it is rendered."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from vst_core.device import peak_memory
from vst_core.digest import sha256_of
from vst_core.errors import VstError
from vst_core.pipeline.journal import append, gather, publish, tidy
from vst_core.pipeline.look import look_at
from vst_core.pipeline.manifest import Entry, FrameRecord, rectangle
from vst_core.pipeline.result import FrameResult
from vst_core.pipeline.run import describe_run
from vst_core.pipeline.shot import Shot

_REFRESH_SECONDS = 10.0
"""How often the manifest beside the frames is brought up to date while a render is at work; it is at its end anyway."""


class Recorder:
    """Writes down every frame of a render before it has its name.

    Args:
        shot: what is rendered; its lock is held.

    Attributes:
        known: what was recorded when the render began.
    """

    def __init__(self, shot: Shot) -> None:
        self._shot = shot
        tidy(shot.sequences.output)
        self.known = gather(shot.sequences.output)
        self._run = describe_run(shot, number=1 + max((run.number for run in self.known.runs), default=0))
        self._begun = False
        self._refreshed = time.monotonic()
        self._lock = threading.Lock()  # frames that are kept are written down beside those that are made

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        try:
            publish(self._shot.sequences.output)
        except VstError:
            if kind is None:
                raise

    def record(self, file: Path, result: FrameResult, state: str, previous: str) -> None:
        """Write a frame down.

        Args:
            file: where it lies now, whole.
            result: what was made of it, and the name that it has or will have.
            state: digest of its state.
            previous: digest of the state before it.

        Raises:
            OutputError: it cannot be written.
        """
        look = look_at(file, self._shot.settings.written_layer, whole=False)
        memory, on_device = peak_memory(self._shot.device.torch_device)
        record = FrameRecord(
            frame=result.frame,
            file=result.path.name,
            bytes=file.stat().st_size,
            sha256=sha256_of(file),
            state=state,
            previous=previous,
            run=self._run.id,
            data_window=rectangle(look.part.data_window),
            display_window=rectangle(look.part.display_window),
            channels=look.channels,
            coverage=result.coverage,
            seconds=result.stages,
            peak_memory=memory,
            peak_device_memory=on_device,
            written=datetime.now(UTC),
            warnings=result.notes,
        )
        with self._lock:
            folder = self._shot.states.folder
            if not self._begun:
                append(folder, Entry(run=self._run))
                self._begun = True
            append(folder, Entry(frame=record))

    def refresh(self) -> None:
        """Bring the manifest beside the frames up to date, if that was not done for a while.

        Raises:
            OutputError: it cannot be written.
        """
        if time.monotonic() - self._refreshed > _REFRESH_SECONDS:
            publish(self._shot.sequences.output)
            self._refreshed = time.monotonic()

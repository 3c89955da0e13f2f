"""Writing behind the render: states and frames, in order, with what each frame says about itself."""

from __future__ import annotations

import json
import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from torch import Tensor

from vst_core import __version__
from vst_core.color import COLOR_SPACE
from vst_core.frame_io import without_layers, write_frame
from vst_core.image import Frame
from vst_core.pipeline.foreign import FINGERPRINT, SETTINGS
from vst_core.pipeline.plate import Plate, named_frame
from vst_core.pipeline.recorder import Recorder
from vst_core.pipeline.result import FrameResult, seconds_since
from vst_core.pipeline.resume import PREVIOUS, STATE
from vst_core.pipeline.shot import Shot
from vst_core.pipeline.state import State
from vst_core.pipeline.windows import place, resize


class Writer:
    """Writes a frame and its state behind the render, while the next frame is made, and no more than one.

    So a kill costs at most one frame that was finished, the one being written, beside the one at work.
    """

    def __init__(self, shot: Shot, recorder: Recorder) -> None:
        self._shot, self._recorder = shot, recorder
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="vst-write")
        self._pending: Future[FrameResult | None] | None = None

    def __enter__(self) -> Writer:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown()

    def submit(self, plate: Plate, stylized: Tensor, state: State, result: FrameResult) -> list[FrameResult]:
        """Write a frame, once the one before is on disk; ``result`` is what it will be reported as.

        Returns:
            The result of the one before, if it was delivered.

        Raises:
            VstError: the one before could not be written, and nothing may follow it.
        """
        before = self.drain()
        self._pending = self._pool.submit(self._write, plate, stylized, state, result)
        return before

    def drain(self) -> list[FrameResult]:
        """Wait until all is on disk; the result that is still to come, if any."""
        pending, self._pending = self._pending, None
        result = None if pending is None else pending.result()
        return [] if result is None else [result]

    def _write(self, plate: Plate, stylized: Tensor, state: State, result: FrameResult) -> FrameResult | None:
        """The state first: a frame under its name always has the state that the next one needs.

        Of a preroll's frames, and of those that are kept, only the states are written.
        """
        with named_frame(result.frame):
            start = time.perf_counter()
            if self._shot.settings.temporal:
                self._shot.states.save(state)
            delivered = result.frame in self._shot.sequences.frames
            if delivered and not result.kept:
                result = self._write_frame(plate, stylized, state, result, start)
                self._recorder.refresh()
        return result if delivered else None

    def _write_frame(
        self, plate: Plate, stylized: Tensor, state: State, result: FrameResult, start: float
    ) -> FrameResult:
        shot, output = self._shot, self._shot.settings.output

        def record(temporary: Path, clamped: int) -> None:
            nonlocal result
            notes = (f"frame {result.frame}: {clamped} values beyond the half range were clamped",) if clamped else ()
            spent = seconds_since(start)
            stages = result.stages and result.stages.model_copy(update={"write": spent})
            result = replace(result, notes=(*result.notes, *notes), stages=stages)
            self._recorder.record(temporary, result, state.digest, state.previous)

        write_frame(
            result.path,
            _painted(shot, plate, stylized),
            attributes=_attributes(shot, plate, state),
            data_type=None if output.data_type == "plate" else output.data_type,
            compression=output.stored_compression,
            before_naming=record,
        )
        return result


def _painted(shot: Shot, plate: Plate, stylized: Tensor) -> Frame:
    """The plate in its new colour, with the layers that are wanted."""
    window, covered = plate.view.window, plate.view.covered
    full = place(resize(stylized, (window.height, window.width)), window, covered)
    full = shot.keep_color(full, plate.display.pixels)
    frame = plate.frame if shot.settings.output.layers == "plate" else without_layers(plate.frame)
    return frame.with_color(shot.mix(full, plate))


def _attributes(shot: Shot, plate: Plate, state: State) -> dict[str, str]:
    """What every frame says about itself: how it was made, and its place in the chain."""
    interop = shot.transform.output_interop_id
    if not interop and shot.settings.color_space and "colorInteropID" in plate.frame.metadata:
        interop = "unknown"  # the plate's own would be another space than the one that was named
    # An exact chunk's frames are those of the whole shot, and say the same.
    unsaid = {"chunk", "state"} if shot.settings.preroll is None else set()
    return ({"colorInteropID": interop} if interop else {}) | {
        "vst:version": __version__,
        SETTINGS: json.dumps(shot.settings.model_dump(mode="json", exclude=unsaid), sort_keys=True),
        COLOR_SPACE: shot.transform.output_space,
        FINGERPRINT: shot.fingerprint,
        STATE: state.digest,
        PREVIOUS: state.previous,
    }

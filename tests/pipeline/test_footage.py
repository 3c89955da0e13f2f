"""What is remembered of a plate while a render goes over it: enough to read no file twice, and no more."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
import torch
from panning_shot import FRAMES, reader_of, write_panning_shot

from vst_core.frames import FrameRange
from vst_core.pipeline import footage
from vst_core.pipeline.footage import Footage, Input
from vst_core.pipeline.motion_source import open_motion
from vst_core.settings import FlowSettings

LAGS = [(1,), (1, 4), (1, 2, 4), (2, 4), (-1,), (-1, -2), (1, -1), (-1, 1)]


def visited(pattern: str, source: str, lags: tuple[int, ...], frames: range) -> dict[int, Input]:
    flow = FlowSettings(source=source)
    shown = FrameRange(FRAMES[0], FRAMES[-1])
    shot = Footage(reader_of(pattern, flow), open_motion(flow), flow, shown, None, (), painted=1.0)
    return {frame: shot.read(frame, lags) for frame in frames}


@pytest.mark.parametrize("by", [1, 2], ids=["whole", "reduced"])
@pytest.mark.parametrize("source", ["vectors", "dis", "none"])
@pytest.mark.parametrize("lags", LAGS, ids=str)
def test_no_file_is_read_twice_and_motion_is_as_if_nothing_were_remembered(
    tmp_path: Path, plates_read: list[int], monkeypatch: pytest.MonkeyPatch, lags: tuple[int, ...], source: str, by: int
) -> None:
    monkeypatch.setattr(footage, "reduction", lambda _window: by)
    pattern = write_panning_shot(tmp_path)
    order = FRAMES if lags[0] > 0 else FRAMES[::-1]
    found = visited(pattern, source, lags, order)
    looks_ahead = min(lags) < 0 < max(lags)  # a frame that was looked at is read again, whole, when it is its turn
    assert max(Counter(plates_read).values()) <= 1 + looks_ahead
    for frame in order:
        alone = visited(pattern, source, lags, range(frame, frame + 1))[frame]
        assert list(alone.motions) == list(found[frame].motions) == [lag for lag in lags if frame - lag in FRAMES]
        for lag, motion in alone.motions.items():
            assert torch.equal(motion.backward_flow, found[frame].motions[lag].backward_flow), (frame, lag)
            assert torch.equal(motion.valid, found[frame].motions[lag].valid), (frame, lag)


def test_a_frame_that_is_painted_holds_nothing_that_only_motion_is_found_with(tmp_path: Path) -> None:
    for given in visited(write_panning_shot(tmp_path), "vectors", (1, 4), FRAMES).values():
        assert given.plate.view.motion.vectors is None
        assert all(motion.forward_flow is None for motion in given.motions.values())

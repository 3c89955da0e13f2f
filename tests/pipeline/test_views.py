"""Large frames reduced, for motion over several frames, on any data window."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from panning_shot import SIZE, STEP, reader_of, write_panning_shot

from vst_core.image import Window
from vst_core.pipeline.motion_source import open_motion
from vst_core.pipeline.motions import FarMotions, Motions
from vst_core.pipeline.views import FAR_WIDTH, SmallViews, Views, reduction
from vst_core.settings import FlowSettings


@pytest.mark.parametrize(("source", "by", "off"), [("vectors", 2, 1e-4), ("vectors", 3, 1e-4), ("dis", 2, 0.5)])
def test_far_motion_is_the_same_in_smaller_frames(tmp_path: Path, source: str, by: int, off: float) -> None:
    """Also where the size is no multiple of the reduction."""
    flow = FlowSettings(source=source)
    whole = Views(reader_of(write_panning_shot(tmp_path), flow))
    near = Motions(whole, open_motion(flow), flow)
    far = FarMotions(SmallViews(whole, by), near, open_motion(flow), flow)
    motion, expected = far.seen(1005, 4), near.seen(1005, 4)
    assert motion.backward_flow.shape == expected.backward_flow.shape == (1, 2, *SIZE[::-1])
    inner = torch.zeros_like(expected.valid)
    inner[..., 16:-16, 24:-24] = 1
    true = torch.tensor([-4 * STEP[0], -4 * STEP[1]]).view(1, 2, 1, 1)
    assert float(((motion.backward_flow - true).abs() * inner).sum() / inner.sum()) < off
    assert float((motion.valid * inner).sum() / inner.sum()) > 0.95
    assert float((motion.valid - expected.valid).abs().mean()) < 0.08


@pytest.mark.parametrize("by", [2, 3])
def test_the_smaller_grid_is_one_for_all_data_windows(tmp_path: Path, by: int) -> None:
    """A pixel of it shows the same, wherever a frame was cropped, but for those that the crop goes through."""
    flow = FlowSettings(source="none")
    whole = Views(reader_of(write_panning_shot(tmp_path), flow))
    view = whole.view(1001)
    cut = Window(5, 7, 181, 130)
    image = view.motion.image[..., cut.y : cut.y + cut.height, cut.x : cut.x + cut.width]
    all_of_it = SmallViews(whole, by).view(1001)
    whole._views[1001] = type(view)(type(view.motion)(1001, view.motion.path, image), cut, cut)
    cropped = SmallViews(whole, by).view(1001)
    left, top = cropped.window.x, cropped.window.y
    assert (left, top) == (cut.x // by, cut.y // by)
    there = all_of_it.motion.image[..., top + 1 :, left + 1 :]
    here = cropped.motion.image[..., 1:-1, 1:-1]
    assert torch.allclose(there[..., : here.shape[-2], : here.shape[-1]], here, atol=1e-6)


def test_only_what_is_wider_than_needed_is_reduced() -> None:
    assert reduction(Window(0, 0, FAR_WIDTH, 3000)) == 1
    assert [reduction(Window(0, 0, width, 10)) for width in (1280, 1920, 3840, 4096)] == [2, 2, 4, 4]

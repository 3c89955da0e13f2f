"""Sky without alpha: what is shown to a network there is filled in, and tells nothing of how the sky moves."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from flow_scenes import SHOT
from panning_shot import reader_of
from small_shot import read_channels, write_channels

from vst_core.errors import InputError
from vst_core.flow import MotionFinder
from vst_core.flow.sky import SKY_DEPTH
from vst_core.settings import FlowSettings


def test_it_has_infinite_depth_and_all_else_has_its_own() -> None:
    plate = reader_of(str(SHOT / "shot.####.exr"), FlowSettings()).read(1005)
    channels = read_channels(SHOT / "shot.1005.exr")
    depth = torch.from_numpy(channels["ViewLayer.Depth.Z"])
    hidden = (depth >= SKY_DEPTH) & (torch.from_numpy(channels["ViewLayer.Combined.A"].astype("f4")) == 0)
    assert 0.02 < hidden.float().mean() < 0.3
    found = plate.view.motion.depth
    assert found is not None
    assert torch.equal(found[0, 0], depth.masked_fill(hidden, math.inf))


def test_the_sample_shots_sky_stands_still_though_its_hidden_part_never_looks_the_same() -> None:
    reader = reader_of(str(SHOT / "shot.####.exr"), FlowSettings())
    before, now = (reader.read(frame).view.motion for frame in (1008, 1009))
    assert now.depth is not None
    sky = now.depth >= SKY_DEPTH
    hidden = sky & now.depth.isinf()
    assert (now.image - before.image).abs()[hidden.expand(-1, 3, -1, -1)].max() > 0.01
    assert not MotionFinder()(now, before).backward_flow[sky.expand(-1, 2, -1, -1)].any()


def test_depth_of_another_size_than_the_alpha_is_refused_in_one_line(tmp_path: Path) -> None:
    for frame in (1001, 1002):
        color = {f"ViewLayer.Combined.{name}": np.full((40, 60), 0.25, np.float32) for name in "RGB"}
        write_channels(tmp_path / f"p.{frame}.exr", color | {"ViewLayer.Combined.A": np.zeros((40, 60), np.float32)})
        vectors = {f"ViewLayer.Vector.{axis}": np.ones((20, 30), np.float32) for axis in "XYZW"}
        depth = {"ViewLayer.Depth.Z": np.full((20, 30), 1e10, np.float32)}
        write_channels(tmp_path / f"mv.{frame}.exr", vectors | depth)
    flow = FlowSettings(source=str(tmp_path / "mv.####.exr"))
    reader = reader_of(str(tmp_path / "p.####.exr"), flow)
    before, now = (reader.read(frame).view.motion for frame in (1001, 1002))
    with pytest.raises(InputError, match=r"is 30x20, but frame 100\d is 60x40"):
        MotionFinder()(now, before)

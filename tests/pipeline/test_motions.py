"""The motion between frames that are no neighbours."""

from __future__ import annotations

import cmath
import gc
import math
import weakref
from pathlib import Path

import numpy as np
import pytest
import torch
from flow_scenes import grid, pattern
from passing_shot import FRAMES, STEP, comes_back, is_bar, write_passing_shot
from small_shot import read_channels, with_plain_vectors, write_channels

from vst_core.flow import Motion
from vst_core.frame_io import read_header
from vst_core.pipeline.motion_source import open_motion, vectors_sequence
from vst_core.pipeline.motions import Motions
from vst_core.pipeline.plate import PlateReader, open_transform
from vst_core.pipeline.views import Views
from vst_core.sequence import FrameSequence
from vst_core.settings import FlowSettings


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of the shot in which a bar passes."""
    folder = tmp_path_factory.mktemp("passing")
    write_passing_shot(folder)
    return folder


def views(folder: Path, flow: FlowSettings) -> Views:
    plate = FrameSequence.parse(folder / "shot.####.exr")
    transform = open_transform(read_header(plate.path(FRAMES.first)), None)
    return Views(PlateReader(plate, None, transform, flow, vectors_sequence(flow, plate)))


def motions(folder: Path, source: str = "vectors") -> Motions:
    flow = FlowSettings(source=source)
    return Motions(views(folder, flow), open_motion(flow), flow)


def trusted(motion: Motion) -> np.ndarray:
    return motion.valid[0, 0].numpy() > 0.5


@pytest.mark.parametrize("frame", [1004, 1005, 1006])
def test_what_comes_back_is_found_where_it_was_seen_last(folder: Path, frame: int) -> None:
    found = motions(folder)
    hidden = comes_back(frame)
    assert hidden.sum() > 100
    for lag in (1, 2):
        assert not trusted(found.between(frame, lag))[hidden].any()
    motion = found.between(frame, 3)
    assert trusted(motion)[hidden].mean() > 0.9
    assert float(motion.backward_flow[0, :, torch.from_numpy(hidden)].abs().max()) == 0


@pytest.mark.parametrize("lag", [2, 3, -2, -3])
def test_what_moves_is_followed_over_several_steps(folder: Path, lag: int) -> None:
    """Also backwards in time, where it comes from the frames that follow."""
    frame = 1004 if lag > 0 else 1003
    motion = motions(folder).between(frame, lag)
    bar = is_bar(frame)
    assert trusted(motion)[bar].mean() > 0.9
    assert bool((motion.backward_flow[0, 0, torch.from_numpy(bar & trusted(motion))] == -STEP * lag).all())
    hidden_then = is_bar(frame - lag) & ~bar
    assert not trusted(motion)[hidden_then].any()


def test_another_look_is_no_return(folder: Path) -> None:
    """What lies behind the bar when it has passed is not what lay there before."""
    flow = FlowSettings()
    frames = views(folder, flow)
    found, before = Motions(frames, open_motion(flow), flow), frames.view(1002).motion.image
    expected = found.between(1005, 3)
    hidden = torch.from_numpy(comes_back(1005))
    before[..., hidden] = (before[..., hidden] + 0.5) % 1  # far from what it was, mid grey too
    changed = found.between(1005, 3)
    assert trusted(expected)[comes_back(1005)].mean() > 0.9
    assert trusted(changed)[comes_back(1005)].mean() < 0.1


def test_a_pair_gives_the_same_whatever_was_asked_before(folder: Path) -> None:
    used = motions(folder)
    for frame in FRAMES:
        for lag in range(1, frame - FRAMES.first + 1):
            used.between(frame, lag)
        used.keep(frame - 3, frame)
    for frame, lag in ((1006, 1), (1006, 3), (1005, 4), (1003, -2)):
        fresh, again = motions(folder).between(frame, lag), used.between(frame, lag)
        assert torch.equal(fresh.backward_flow, again.backward_flow)
        assert torch.equal(fresh.valid, again.valid)


def test_what_is_not_kept_is_not_in_memory(folder: Path) -> None:
    used = motions(folder)
    looked_at = [
        weakref.ref(used.seen_outside_wakes(frame, lag).backward_flow)
        for frame in FRAMES
        for lag in range(1, min(4, frame - FRAMES.first + 1))
    ]
    assert any(flow() is not None for flow in looked_at)
    used.keep(FRAMES.last + 1, FRAMES.last + 3)
    gc.collect()
    assert all(flow() is None for flow in looked_at)


def test_estimators_look_at_both_frames(folder: Path) -> None:
    motion = motions(folder, "dis").between(1004, 3)
    still = ~is_bar(1004) & ~is_bar(1001)
    assert trusted(motion)[still].mean() > 0.8


def test_what_comes_into_view_is_found_in_the_next_frame_up_to_the_edge(folder: Path) -> None:
    """Where the motion is known; what is about to be hidden is not found."""
    revealed, hidden = is_bar(1002) & ~is_bar(1003), is_bar(1004) & ~is_bar(1003)
    known, plain = motions(folder).seen_to_its_edges(1003, -1), motions(folder).seen(1003, -1)
    assert trusted(known)[revealed].mean() > 0.95
    assert trusted(plain)[revealed].mean() < 0.8
    assert not trusted(known)[hidden].any()
    estimated, same = motions(folder, "dis").seen_to_its_edges(1003, -1), motions(folder, "dis").seen(1003, -1)
    assert torch.equal(estimated.valid, same.valid)


@pytest.mark.parametrize("back", [True, False])
def test_other_renderers_vectors(folder: Path, tmp_path: Path, back: bool) -> None:
    """Names of their own, y up, of both directions or to the next frame alone, stored around 0.5."""
    for frame in FRAMES:
        channels, both = with_plain_vectors(read_channels(folder / f"shot.{frame}.exr"))
        stored = {name: values / 64 + 0.5 for name, values in both.items() if back or name.startswith("motionFore")}
        write_channels(tmp_path / f"shot.{frame}.exr", channels | stored)
    flow = FlowSettings(layer="motionBack" if back else None, forward_layer="motionFore", scale=64, zero=0.5)
    found = Motions(views(tmp_path, flow), open_motion(flow), flow)
    for lag in (1, 3, -1):
        expected, motion = motions(folder).between(1004, lag), found.between(1004, lag)
        where = trusted(expected)
        assert motion.notes == ()
        assert trusted(motion)[where].mean() > (0.99 if back else 0.95)
        off = (motion.backward_flow - expected.backward_flow)[0].abs().amax(0).numpy()[where & trusted(motion)] > 1e-4
        assert off.sum() == 0


@pytest.mark.parametrize("name", ["Z", "depth.Z", "ViewLayer.Depth.Z"])
@pytest.mark.parametrize("said", [0.0, 3.0])
def test_a_sky_that_no_vectors_tell_of_moves_as_the_pictures_do(tmp_path: Path, name: str, said: float) -> None:
    """By any renderer's depth, which is huge there; what vectors do say is believed."""
    x, y = grid(120, 160)
    sky = (y < 24).numpy()
    for frame in (1001, 1002):
        linear = (0.02 + 0.4 * pattern(x + 6 * (frame - 1001), y, 1)[0]).numpy().astype(np.float32)
        speed = np.where(sky, np.float32(said), np.float32(6))
        speed[21:24] = 6  # the rim
        channels = dict(zip("RGB", linear, strict=True)) | {name: np.where(sky, np.float32(1e30), np.float32(8))}
        for layer, sign in (("back", 1), ("fore", -1)):
            channels |= {f"{layer}.x": sign * speed, f"{layer}.y": np.zeros_like(speed)}
        write_channels(tmp_path / f"shot.{frame}.exr", channels)
    flow = FlowSettings(layer="back", forward_layer="fore")
    motion = Motions(views(tmp_path, flow), open_motion(flow), flow).between(1002, 1)
    middle = motion.backward_flow[0, :, 4:20, 20:140]
    assert motion.notes == ()
    assert float((middle[0] - (said or 6)).abs().max()) < 0.3
    assert float(middle[1].abs().max()) < 0.3


def write_rolling_shot(folder: Path, degrees: float) -> None:
    """Two frames, the camera rolls around the middle; with the vectors that Nuke would write."""
    x, y = grid(60, 80)
    here, by = torch.complex(x - 39.5, y - 29.5), cmath.rect(1, math.radians(degrees))
    for frame in (1001, 1002):
        seen = here * by ** (frame - 1001)
        linear = (0.02 + 0.4 * pattern(seen.real, seen.imag)[0]).numpy().astype(np.float32)
        channels = dict(zip("RGB", linear, strict=True))
        for name, flow in (("backward", here * by - here), ("forward", here / by - here)):
            channels |= {f"{name}.u": flow.real.numpy(), f"{name}.v": -flow.imag.numpy()}
        write_channels(folder / f"shot.{frame}.exr", channels)


def test_the_middle_of_a_roll_is_not_painted_afresh(tmp_path: Path) -> None:
    write_rolling_shot(tmp_path, 6)
    motion = motions(tmp_path).seen_outside_wakes(1002, 1)
    assert motion.notes == ()
    assert float(motion.valid[..., 15:45, 25:55].min()) > 0.99

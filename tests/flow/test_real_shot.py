"""The sample shot, rendered by Blender: its vectors, brought to our convention, must align its own frames."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from flow_scenes import SHOT, masked_error, read_blender

from vst_core.flow import FlowFrame, Motion, MotionFinder, warp
from vst_core.flow.sky import SKY_DEPTH

FRAMES = range(1001, 1017)
PAIRS = list(zip(FRAMES[1:], FRAMES, strict=False))


@pytest.fixture(scope="module")
def shot() -> dict[int, FlowFrame]:
    return {frame: read_blender(SHOT / f"shot.{frame}.exr", frame) for frame in FRAMES}


def motions(shot: dict[int, FlowFrame], source: str, pairs: list[tuple[int, int]]) -> list[Motion]:
    finder = MotionFinder(source)
    return [finder(shot[current], shot[previous]) for current, previous in pairs]


def error(shot: dict[int, FlowFrame], pair: tuple[int, int], motion: Motion, mask: torch.Tensor) -> float:
    current, previous = (shot[frame] for frame in pair)
    return masked_error(warp(previous.image, motion.backward_flow), current.image, mask)


def solid(frame: FlowFrame) -> torch.Tensor:
    assert frame.depth is not None
    return (frame.depth < SKY_DEPTH).float()


def test_vectors_align_the_shot_better_than_any_estimate_and_than_nothing(shot: dict[int, FlowFrame]) -> None:
    by_vectors = motions(shot, "vectors", PAIRS)
    assert all(motion.notes == () for motion in by_vectors)
    total = {"vectors": 0.0, "dis": 0.0, "none": 0.0}
    for source in total:
        for pair, motion, reference in zip(PAIRS, motions(shot, source, PAIRS), by_vectors, strict=True):
            total[source] += error(shot, pair, motion, reference.valid * solid(shot[pair[0]]))
    assert total["vectors"] < 0.8 * total["dis"]
    assert total["vectors"] < 0.25 * total["none"]


def test_most_of_the_shot_is_trusted(shot: dict[int, FlowFrame]) -> None:
    for motion in motions(shot, "vectors", PAIRS[::3]):
        assert 0.7 < motion.valid.mean() < 1


@pytest.mark.parametrize("signs", [(-1, 1), (1, -1), (-1, -1)])
def test_no_other_signs_fit(shot: dict[int, FlowFrame], signs: tuple[int, int]) -> None:
    for pair in PAIRS[::5]:
        motion = motions(shot, "vectors", [pair])[0]
        turned = Motion(motion.backward_flow * torch.tensor(signs).view(1, 2, 1, 1), motion.valid)
        mask = motion.valid * solid(shot[pair[0]])
        assert error(shot, pair, motion, mask) < 0.5 * error(shot, pair, turned, mask)


def test_forward_vectors_align_the_shot_backwards(shot: dict[int, FlowFrame]) -> None:
    backwards = [(previous, current) for current, previous in PAIRS[::4]]
    for pair, motion, still in zip(
        backwards, motions(shot, "vectors", backwards), motions(shot, "none", backwards), strict=True
    ):
        mask = motion.valid * solid(shot[pair[0]])
        assert motion.notes == ()
        assert error(shot, pair, motion, mask) < 0.3 * error(shot, pair, still, mask)


def test_the_sky_stands_still_where_the_camera_moves_and_never_turns(shot: dict[int, FlowFrame]) -> None:
    for pair, motion in zip(PAIRS, motions(shot, "vectors", PAIRS), strict=True):
        current, previous = (shot[frame] for frame in pair)
        assert current.depth is not None
        assert previous.depth is not None
        sky = current.depth >= SKY_DEPTH
        assert sky.float().mean() > 0.2
        assert not motion.backward_flow[sky.expand(-1, 2, -1, -1)].any()
        near_other_things = -F.max_pool2d(-(sky & (previous.depth >= SKY_DEPTH)).float(), 9, 1, 4) < 1
        assert motion.valid[sky & ~near_other_things].min() == 1

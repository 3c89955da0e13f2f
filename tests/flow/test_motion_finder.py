from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from flow_scenes import Pair, constant_flow, flow_frame, grid, masked_error, moving_card, pattern
from torch import Tensor

from vst_core.errors import InputError, ModelError, SettingsError
from vst_core.flow import FlowFrame, MotionFinder, consistency_mask, estimate_flow, warp, write_flo

H, W = 96, 128


@pytest.fixture(scope="module")
def card() -> Pair:
    return moving_card(H, W)


def frames(pair: Pair, *, forward: bool = True) -> tuple[FlowFrame, FlowFrame]:
    """Current (1002) and previous (1001) with their true vectors."""
    zero = torch.zeros_like(pair.backward_flow)
    return (
        flow_frame(1002, pair.current, pair.backward_flow, zero if forward else None),
        flow_frame(1001, pair.previous, zero, pair.forward_flow if forward else None),
    )


def test_none_moves_nothing_and_trusts_everything(card: Pair) -> None:
    motion = MotionFinder("none")(*frames(card))
    assert motion.backward_flow.shape == (1, 2, H, W)
    assert motion.backward_flow.abs().max() == 0
    assert motion.valid.shape == (1, 1, H, W)
    assert motion.valid.min() == 1


@pytest.mark.parametrize("source", ["dis", "farneback", "deepflow"])
def test_estimated_motion_aligns_the_frames_and_finds_the_disocclusion(card: Pair, source: str) -> None:
    current, previous = frames(card)
    motion = MotionFinder(source)(current, previous)
    assert torch.equal(motion.backward_flow, estimate_flow(current.image, previous.image, source))
    forward = estimate_flow(previous.image, current.image, source)
    assert torch.equal(motion.valid, consistency_mask(motion.backward_flow, forward))
    aligned = warp(previous.image, motion.backward_flow)
    assert masked_error(aligned, current.image, motion.valid) < 0.5 * masked_error(
        previous.image, current.image, motion.valid
    )
    assert motion.valid[card.disocclusion > 0].mean() < motion.valid.mean() - 0.05
    assert motion.notes == ()


def test_vectors_are_used_as_they_are(card: Pair) -> None:
    motion = MotionFinder()(*frames(card))
    assert torch.equal(motion.backward_flow, card.backward_flow)
    assert torch.equal(motion.valid, consistency_mask(card.backward_flow, card.forward_flow))
    assert motion.notes == ()


@pytest.mark.parametrize("signs", [(1, 1), (-1, 1)])
def test_backward_vectors_alone_tell_what_came_into_view(card: Pair, signs: tuple[int, int]) -> None:
    """Also where they are reversed."""
    pair = replace(card, backward_flow=card.backward_flow * torch.tensor(signs).view(1, 2, 1, 1))
    motion = MotionFinder()(*frames(pair, forward=False))
    both = MotionFinder()(*frames(card))
    assert torch.equal(motion.backward_flow, card.backward_flow)
    assert motion.valid[card.disocclusion > 0].mean() < 0.1
    assert ((motion.valid - both.valid).abs() > 0.1).float().mean() < 0.02


def test_a_backward_pass_uses_the_other_direction(card: Pair) -> None:
    current, previous = frames(card)
    motion = MotionFinder()(previous, current)
    assert torch.equal(motion.backward_flow, card.forward_flow)
    assert torch.equal(motion.valid, consistency_mask(card.forward_flow, card.backward_flow))


def test_forward_vectors_alone_are_inverted(card: Pair) -> None:
    current = flow_frame(1002, card.current, None, torch.zeros_like(card.forward_flow))
    motion = MotionFinder()(current, flow_frame(1001, card.previous, None, card.forward_flow))
    wrong = (motion.backward_flow - card.backward_flow).abs().amax(dim=1, keepdim=True) > 0.5
    assert wrong[(card.disocclusion == 0) & (motion.valid > 0.5)].float().mean() < 0.01
    assert (motion.valid > 0.5).float().mean() > 0.85
    assert motion.valid[card.disocclusion > 0].mean() < 0.2


def test_frames_that_are_no_neighbours_are_refused(card: Pair) -> None:
    current = frames(card)[0]
    far = flow_frame(999, card.previous, card.backward_flow, card.forward_flow)
    with pytest.raises(InputError, match=r"plate\.1002\.exr \(frame 1002\).*no motion to frame 999"):
        MotionFinder()(current, far)


def test_missing_vectors_name_the_frame(card: Pair) -> None:
    previous = frames(card)[1]
    with pytest.raises(InputError, match=r"plate\.1002\.exr: frame 1002 has no motion vectors"):
        MotionFinder()(flow_frame(1002, card.current), previous)
    forward_only = flow_frame(1002, card.current, None, card.forward_flow)
    with pytest.raises(InputError, match="frame 1002 has no backward motion vectors"):
        MotionFinder()(forward_only, flow_frame(1001, card.previous, card.backward_flow))


@pytest.mark.parametrize("field", ["vectors", "forward", "depth", "image"])
def test_sizes_that_differ_are_both_named(card: Pair, field: str) -> None:
    wrong = {
        "vectors": flow_frame(1001, card.previous, torch.zeros(1, 2, H // 2, W // 2), card.forward_flow),
        "forward": flow_frame(1001, card.previous, card.backward_flow, torch.zeros(1, 2, H // 2, W // 2)),
        "depth": flow_frame(
            1001, card.previous, card.backward_flow, card.forward_flow, torch.ones(1, 1, H // 2, W // 2)
        ),
        "image": flow_frame(1001, torch.rand(1, 3, H // 2, W // 2)),
    }[field]
    with pytest.raises(InputError, match=r"plate\.1001\.exr.*64x48.*128x96"):
        MotionFinder()(frames(card)[0], wrong)


def test_unknown_sources_are_refused_with_the_known_ones() -> None:
    with pytest.raises(SettingsError, match="vectors, dis, farneback, deepflow, raft, none"):
        MotionFinder("optical")
    with pytest.raises(SettingsError):
        MotionFinder("files")
    with pytest.raises(ModelError, match="weights"):
        MotionFinder("raft")


# Vectors that are 0 all over: a still shot, or motion blur.

ZERO = torch.zeros(1, 2, H, W)


def with_zero_vectors(current: Tensor, previous: Tensor) -> tuple[FlowFrame, FlowFrame]:
    return flow_frame(8, current, ZERO, ZERO), flow_frame(7, previous, ZERO, ZERO)


def test_zero_vectors_of_a_moving_picture_are_refused(card: Pair) -> None:
    with pytest.raises(InputError, match=r"plate\.8\.exr.*frame 8.*zero throughout.*motion blur.*Vector pass"):
        MotionFinder()(*with_zero_vectors(card.current, card.previous))
    without_forward = flow_frame(8, card.current, ZERO), flow_frame(7, card.previous, ZERO)
    with pytest.raises(InputError, match="zero throughout"):
        MotionFinder()(*without_forward)


def test_zero_vectors_are_refused_where_only_a_part_moves() -> None:
    part = moving_card(270, 480, step=(7, -5), pan=(0, 0))
    zero = torch.zeros_like(part.backward_flow)
    with pytest.raises(InputError, match="zero throughout"):
        MotionFinder()(flow_frame(8, part.current, zero, zero), flow_frame(7, part.previous, zero, zero))


def test_zero_vectors_of_unrelated_pictures_are_refused() -> None:
    generator = torch.Generator().manual_seed(0)
    noise = [torch.rand(1, 3, H, W, generator=generator) for _ in range(2)]
    with pytest.raises(InputError, match="zero throughout"):
        MotionFinder()(*with_zero_vectors(*noise))


def grain(sigma: float, seed: int) -> Tensor:
    return torch.randn(1, 3, H, W, generator=torch.Generator().manual_seed(seed)) * sigma


def still_pictures() -> dict[str, tuple[Tensor, Tensor]]:
    x, y = grid(H, W)
    picture = pattern(x, y)
    flat = torch.full((1, 3, H, W), 0.4)
    return {
        "equal": (picture, picture.clone()),
        "grain": (picture + grain(0.04, 1), picture + grain(0.04, 2)),
        "light goes down": (picture * 0.6, picture),
        "lightning": ((picture * 2 + 0.1).clamp(0, 1), picture),
        "a light sweeps across": (picture * (0.5 + 0.5 * x / W), picture * (0.5 + 0.5 * (1 - x / W))),
        "one colour": (flat, flat.clone()),
        "one colour, with grain": (flat + grain(0.08, 3), flat + grain(0.08, 4)),
        "one colour, darker": (flat * 0.5, flat),
    }


@pytest.mark.parametrize("name", list(still_pictures()))
def test_zero_vectors_of_a_still_picture_are_right(name: str) -> None:
    motion = MotionFinder()(*with_zero_vectors(*still_pictures()[name]))
    assert motion.backward_flow.abs().max() == 0
    assert motion.valid.min() > 1 - 1e-6
    assert motion.notes == ()


def test_a_renderers_rounding_does_not_cost_the_frames_edge() -> None:
    rounding = torch.full((1, 2, H, W), -5.7e-5)
    x, y = grid(H, W)
    picture = pattern(x, y)
    motion = MotionFinder()(flow_frame(8, picture, rounding, rounding), flow_frame(7, picture, rounding, rounding))
    assert motion.valid.min() > 1 - 1e-6


def test_zero_backward_vectors_of_a_first_frame_are_no_error(card: Pair) -> None:
    first = flow_frame(1001, card.previous, ZERO, card.forward_flow)
    motion = MotionFinder()(flow_frame(1002, card.current, card.backward_flow, ZERO), first)
    assert motion.notes == ()
    odd = MotionFinder()(flow_frame(1002, card.current, ZERO, ZERO), first)  # a first frame in the middle of a shot
    assert len(odd.notes) == 1


# Sky: Blender writes vector 0 there, whatever the camera does.


@pytest.fixture(scope="module")
def skyline() -> tuple[FlowFrame, FlowFrame, Tensor]:
    """Upper half sky, lower half ground, both moving by (4, 1); and the sky mask."""
    x, y = grid(H, W)
    sky = (y < H / 2)[None, None]
    previous, current = pattern(x, y), pattern(x - 4, y - 1)
    true = constant_flow(H, W, -4, -1)
    depth = torch.where(sky, torch.tensor(1e10), torch.tensor(12.0))
    backward, forward = true.masked_fill(sky, 0), (-true).masked_fill(sky, 0)
    return (
        flow_frame(2, current, backward, forward, depth),
        flow_frame(1, previous, backward, forward, depth),
        sky,
    )


def test_flow_in_the_sky_is_estimated(skyline: tuple[FlowFrame, FlowFrame, Tensor]) -> None:
    current, previous, sky = skyline
    motion = MotionFinder()(current, previous)
    assert current.vectors is not None
    assert current.vectors.backward is not None
    ground = ~sky.expand(1, 2, H, W)
    assert torch.equal(motion.backward_flow[ground], current.vectors.backward[ground])
    inner = motion.backward_flow[..., 10 : H // 2, 10:-10]
    assert (inner - torch.tensor([-4.0, -1.0]).view(1, 2, 1, 1)).abs().mean() < 0.1
    assert motion.valid[..., 6:-6, 6:-6].mean() > 0.95
    assert motion.notes == ()


def test_a_strip_of_sky_in_a_large_frame_is_estimated_and_nothing_else() -> None:
    x, y = grid(241, 1201)  # wide enough to be looked at in reduced size, which halves it
    strip = ((y >= 101) & (y < 150))[None, None]
    true = constant_flow(241, 1201, -6, -3)
    depth = torch.where(strip, torch.tensor(1e10), torch.tensor(12.0))
    fields = true.masked_fill(strip, 0), (-true).masked_fill(strip, 0), depth
    current = flow_frame(2, pattern(x - 6, y - 3), *fields)
    motion = MotionFinder()(current, flow_frame(1, pattern(x, y), *fields))
    ground = ~strip.expand_as(true)
    assert torch.equal(motion.backward_flow[ground], true[ground])
    inner = motion.backward_flow[..., 101:150, 20:-20]
    assert (inner - true[..., 101:150, 20:-20]).abs().mean() < 0.1


def test_a_sky_of_one_tone_is_left_alone(skyline: tuple[FlowFrame, FlowFrame, Tensor]) -> None:
    now, before, sky = skyline
    tone = sky.clone()
    tone[..., H // 2 - 2 : H // 2, :] = False  # the pixel filter's rim shows some ground
    current, previous = (
        flow_frame(f.frame, f.image.masked_fill(tone, 0.5), f.vectors.backward, f.vectors.forward, f.depth)
        for f in (now, before)
        if f.vectors is not None
    )
    motion = MotionFinder()(current, previous)
    assert current.vectors is not None
    assert current.vectors.backward is not None
    assert torch.equal(motion.backward_flow, current.vectors.backward)


def test_nothing_but_sky_is_estimated_throughout() -> None:
    x, y = grid(H, W)
    depth = torch.full((1, 1, H, W), 1e10)
    current = flow_frame(2, pattern(x - 3, y), ZERO, ZERO, depth)
    motion = MotionFinder()(current, flow_frame(1, pattern(x, y), ZERO, ZERO, depth))
    assert motion.backward_flow[:, 0, 10:-10, 10:-10].median() == pytest.approx(-3, abs=0.1)


# Flow from files.


@pytest.fixture
def flow_files(tmp_path: Path, card: Pair) -> Path:
    write_flo(tmp_path / "backward.1002.flo", card.backward_flow)
    write_flo(tmp_path / "forward.1001.flo", card.forward_flow)
    return tmp_path


def from_files(folder: Path, *, forward: bool = True) -> MotionFinder:
    return MotionFinder(
        "files",
        backward=lambda frame: folder / f"backward.{frame}.flo",
        forward=(lambda frame: folder / f"forward.{frame}.flo") if forward else None,
    )


def test_flow_files_are_read_by_frame(flow_files: Path, card: Pair) -> None:
    current, previous = flow_frame(1002, card.current), flow_frame(1001, card.previous)
    motion = from_files(flow_files)(current, previous)
    assert torch.equal(motion.backward_flow, card.backward_flow)
    assert torch.equal(motion.valid, consistency_mask(card.backward_flow, card.forward_flow))
    alone = from_files(flow_files, forward=False)(current, previous)
    assert torch.equal(alone.valid, consistency_mask(card.backward_flow))


def test_flow_files_serve_a_backward_pass(flow_files: Path, card: Pair) -> None:
    current, previous = flow_frame(1002, card.current), flow_frame(1001, card.previous)
    motion = from_files(flow_files)(previous, current)
    assert torch.equal(motion.backward_flow, card.forward_flow)
    with pytest.raises(InputError, match="no forward flow files"):
        from_files(flow_files, forward=False)(previous, current)


def test_pixels_that_a_file_does_not_know_are_not_valid(tmp_path: Path, card: Pair) -> None:
    u, v = (np.round(c * 64 + 2**15).astype(np.uint16) for c in card.backward_flow[0].numpy())
    known = np.ones((H, W), np.uint16)
    known[20:30, 40:60] = 0
    assert cv2.imwrite(str(tmp_path / "flow.1002.png"), np.stack([known, v, u], axis=-1))
    finder = MotionFinder("files", backward=lambda frame: tmp_path / f"flow.{frame}.png")
    motion = finder(flow_frame(1002, card.current), flow_frame(1001, card.previous))
    assert motion.valid[..., 20:30, 40:60].max() == 0
    assert motion.valid.mean() > 0.7


@pytest.mark.parametrize("unknown", ["backward.1002.flo", "forward.1001.flo"])
def test_pixels_that_either_file_does_not_know_are_not_trusted(flow_files: Path, card: Pair, unknown: str) -> None:
    for name in ("backward.1002.flo", "forward.1001.flo"):
        flow = torch.zeros(1, 2, H, W)
        if name == unknown:
            flow[..., 70:80, 80:100] = torch.nan
        write_flo(flow_files / name, flow)
    motion = from_files(flow_files)(flow_frame(1002, card.current), flow_frame(1001, card.previous))
    assert motion.valid[..., 70:80, 80:100].max() == 0
    assert motion.valid[..., :66, :].min() > 1 - 1e-6
    assert motion.backward_flow.isfinite().all()


def test_missing_and_wrongly_sized_flow_files_are_named(flow_files: Path, card: Pair) -> None:
    current, previous = flow_frame(1003, card.current), flow_frame(1002, card.previous)
    with pytest.raises(InputError, match=r"backward\.1003\.flo: no such flow file"):
        from_files(flow_files)(current, previous)
    write_flo(flow_files / "backward.1003.flo", torch.zeros(1, 2, 50, 60))
    with pytest.raises(InputError, match=r"backward\.1003\.flo: is 60x50, but frame 1003 is 128x96"):
        from_files(flow_files)(current, previous)

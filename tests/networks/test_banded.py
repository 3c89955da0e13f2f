"""Bands, however they are cut, give what the whole network gives."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from small_network import bytes_of_tensors, one_of, random_frame, random_network
from torch import Tensor

from vst_core.networks import BandedNetwork, Plan, TransformerNet, plans

SIZES = ("quality", "fast")
MIX = torch.tensor([0.3, 0.7])
FRAMES = ((64, 48), (36, 100))
NETWORKS = {size: random_network(size) for size in SIZES}
PLANS = [*plans(), *plans(16), *plans(48)]


def whole(network: TransformerNet, frame: tuple[Tensor, Tensor, Tensor], mix: Tensor = MIX) -> Tensor:
    picture: Tensor = network(*frame, mix[None])
    return picture.clamp(0, 1)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(("height", "width"), FRAMES)
def test_every_plan_gives_the_networks_picture(size: str, height: int, width: int) -> None:
    frame, banded = random_frame(height, width), BandedNetwork(NETWORKS[size], MIX)
    expected = whole(NETWORKS[size], frame)
    assert banded.reduction == NETWORKS[size].architecture.reduction
    assert torch.allclose(banded(*frame), expected, atol=1e-5)
    for plan in dict.fromkeys(PLANS):
        assert torch.allclose(banded(*frame, plan=plan), expected, atol=1e-4), plan


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("threads", [2, 3, 8])
@pytest.mark.parametrize("plan", [Plan(), Plan(4, 16), Plan(2, 64)])
def test_so_do_several_threads_and_every_time_to_the_bit(size: str, threads: int, plan: Plan) -> None:
    frame, banded = random_frame(64, 48), BandedNetwork(NETWORKS[size], MIX, threads=threads)
    found = banded(*frame, plan=plan)
    assert torch.allclose(found, whole(NETWORKS[size], frame), atol=1e-4)
    for _ in range(5):
        assert torch.equal(banded(*frame, plan=plan), found)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("kind", ["float32", "bfloat16"])
def test_neither_bands_nor_threads_change_a_bit(size: str, kind: str, request: pytest.FixtureRequest) -> None:
    """So a render that goes on with less memory goes on as it would have. Frames of stamps are convolved otherwise."""
    dtype = torch.float32 if kind == "float32" else request.getfixturevalue(kind)
    frame = random_frame(100, 320)
    expected = BandedNetwork(NETWORKS[size], MIX, dtype=dtype)(*frame)
    for threads in (1, 2, 3):
        banded = BandedNetwork(NETWORKS[size], MIX, dtype=dtype, threads=threads)
        for plan in dict.fromkeys(PLANS):
            assert torch.equal(banded(*frame, plan=plan), expected), (threads, plan)


@settings(max_examples=15, deadline=None)
@given(st.sampled_from(SIZES), st.integers(5, 16), st.integers(5, 9), st.sampled_from([1, 2, 4]), st.integers(1, 80))
def test_bands_of_any_height_fit_frames_of_any_size(size: str, down: int, across: int, keeps: int, rows: int) -> None:
    network = NETWORKS[size]
    reduction = network.architecture.reduction
    frame = random_frame(down * reduction, across * reduction, seed=rows)
    found = BandedNetwork(network, MIX)(*frame, plan=Plan(keeps, rows))
    assert torch.allclose(found, whole(network, frame), atol=1e-4)


@pytest.mark.parametrize("plan", [Plan(), Plan(4, 16)])
def test_the_same_frame_gives_the_same_bits_whatever_came_between(plan: Plan) -> None:
    banded, large, small = BandedNetwork(NETWORKS["fast"], MIX), random_frame(64, 48), random_frame(40, 52)
    first = banded(*large, plan=plan)
    kept = first.clone()
    assert torch.equal(banded(*large, plan=plan), kept)
    assert torch.equal(banded(*small, plan=plan), BandedNetwork(NETWORKS["fast"], MIX)(*small, plan=plan))
    banded(*random_frame(64, 48, seed=5), plan=plan)
    assert torch.equal(banded(*large, plan=plan), kept)
    banded.forget()
    assert torch.equal(banded(*large, plan=plan), kept)
    assert torch.equal(first, kept)  # a result is not written over


def test_the_frame_is_left_as_it_is() -> None:
    frame = random_frame(40, 52)
    before = [item.clone() for item in frame]
    BandedNetwork(NETWORKS["fast"], MIX)(*frame, plan=Plan(4, 16))
    assert all(torch.equal(item, copy) for item, copy in zip(frame, before, strict=True))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("plan", [Plan(), Plan(4, 16)])
def test_each_layer_is_told_once(size: str, plan: Plan) -> None:
    convolutions = sum(isinstance(module, torch.nn.Conv2d) for module in NETWORKS[size].modules())
    told: list[tuple[int, int]] = []
    BandedNetwork(NETWORKS[size], MIX)(*random_frame(40, 52), plan=plan, on_layer=lambda *at: told.append(at))
    assert told == [(done, convolutions) for done in range(1, convolutions + 1)]


def test_a_frame_that_was_stopped_in_any_layer_harms_none_after_it() -> None:
    banded, frame, other = BandedNetwork(NETWORKS["fast"], MIX), random_frame(40, 52), random_frame(40, 52, seed=1)
    undisturbed = banded(*frame)

    def stop(done: int, layers: int) -> None:
        if done == stopping:
            raise KeyError(f"{done} of {layers}")

    for stopping in range(1, 13):
        with pytest.raises(KeyError, match=f"{stopping} of 12"):
            banded(*other, on_layer=stop)
        assert torch.equal(banded(*frame), undisturbed)


@pytest.mark.parametrize("size", SIZES)
def test_styles_are_those_of_the_mixture(size: str) -> None:
    frame = random_frame(40, 52)
    for mix in (one_of(2, 0), one_of(2, 1)):
        assert torch.allclose(BandedNetwork(NETWORKS[size], mix)(*frame), whole(NETWORKS[size], frame, mix), atol=1e-5)


def test_half_the_precision_is_nearly_the_same_picture(bfloat16: torch.dtype) -> None:
    frame = random_frame(64, 96)
    found = BandedNetwork(NETWORKS["fast"], MIX, dtype=bfloat16)(*frame, plan=Plan(4, 16))
    assert found.dtype == torch.float32
    assert 0 < (found - whole(NETWORKS["fast"], frame)).abs().mean() < 0.01


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("rows", [0, 16, 48])
def test_each_plan_takes_no_more_memory_than_the_one_before(size: str, rows: int) -> None:
    banded = BandedNetwork(NETWORKS[size], MIX)
    sizes = [banded.memory(plan, 2160, 128) for plan in plans(rows)]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[-1] < 0.7 * sizes[0]
    assert banded.memory(Plan(), 2160, 4096) > 2.5 * banded.memory(Plan(), 1080, 2048)


def test_no_band_is_larger_than_the_frame() -> None:
    banded = BandedNetwork(NETWORKS["fast"], MIX)
    assert banded.memory(Plan(1, 64), 64, 96) == banded.memory(Plan(1, 4096), 64, 96) == banded.memory(Plan(), 64, 96)


def test_what_is_kept_for_the_next_frame_can_be_given_back() -> None:
    banded, frame = BandedNetwork(NETWORKS["fast"], MIX), random_frame(64, 96)
    before = bytes_of_tensors()
    banded(*frame)
    kept = bytes_of_tensors() - before
    assert kept > 4 * 48 * 16 * 24  # at least one of the smallest maps
    banded(*frame)
    assert bytes_of_tensors() - before == kept
    banded.forget()
    assert bytes_of_tensors() == before

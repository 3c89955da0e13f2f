"""The feed-forward method: styles by name, frames of any size, and what it does when memory is short."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from small_network import DROPS, KEEPS, STYLES, bytes_of_tensors, random_frame, random_network, with_gate
from small_pictures import ignore
from torch import Tensor

from vst_core.device import Device
from vst_core.errors import ExitCode, ModelError, SettingsError
from vst_core.methods import FeedForward, Prior, Progress, feedforward
from vst_core.networks import MOST_KEPT, BandedNetwork, Checkpoint, Plan, TransformerNet

PROCESSOR = Device(torch.device("cpu"), torch.float32, 1)
NO_MEMORY: tuple[Exception, ...] = (
    MemoryError(),
    RuntimeError("[enforce fail at alloc_cpu.cpp:124] DefaultCPUAllocator: not enough memory: you tried to allocate"),
    torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB."),
)
Call = Callable[..., Tensor]
Patch = pytest.MonkeyPatch


def made(
    network: TransformerNet | None = None,
    styles: Sequence[str] = STYLES[:1],
    blend: Sequence[float] = (1.0,),
    tile: int = 0,
) -> FeedForward:
    checkpoint = Checkpoint(network or random_network(), STYLES, {}, (), Path("small.safetensors"), "0" * 64)
    return FeedForward(checkpoint, styles, blend, PROCESSOR, tile)


def short_of_memory(monkeypatch: Patch, error: Exception, fits: Callable[[Plan], bool]) -> list[Plan]:
    """Let plans that do not fit fail after some layers; the plans that are tried."""
    tried: list[Plan] = []
    call: Call = BandedNetwork.__call__

    def limited(network: BandedNetwork, *frame: Tensor, plan: Plan, on_layer: Callable[[int, int], None]) -> Tensor:
        def stop(done: int, layers: int) -> None:
            on_layer(done, layers)
            if done == 3 and not fits(plan):
                raise error

        tried.append(plan)
        return call(network, *frame, plan=plan, on_layer=stop)

    monkeypatch.setattr(BandedNetwork, "__call__", limited)
    return tried


def with_free_memory(monkeypatch: Patch, free: float) -> None:
    monkeypatch.setattr(feedforward, "free_memory", lambda _: free)


def test_an_unknown_style_names_those_there_are() -> None:
    with pytest.raises(SettingsError, match=r"network small has no style 'stripes'; it has dots, bars") as caught:
        made(styles=("dots", "stripes"), blend=(0.5, 0.5))
    assert caught.value.exit_code == ExitCode.USAGE
    assert "\n" not in str(caught.value)


def test_of_the_next_frame_it_takes_what_no_earlier_one_shows() -> None:
    image, earlier, coming = (random_frame(32, 36)[0] for _ in range(3))
    left = torch.zeros_like(image[:, :1])
    left[..., :18] = 1
    before, after = Prior(earlier, left), Prior(coming, torch.ones_like(left))
    held = made().held_to([before], after)
    assert held is not None
    assert torch.equal(held.warped, torch.where(left > 0, earlier, coming))
    assert bool((held.valid == 1).all())
    assert made().held_to([], after) is None


def test_a_mixture_lies_between_its_styles() -> None:
    image = random_frame(32, 36)[0]
    first, second = (made(styles=(name,)).stylize(image, None, ignore) for name in STYLES)
    mixtures: dict[tuple[float, ...], Tensor] = {
        blend: made(styles=STYLES, blend=blend).stylize(image, None, ignore) for blend in ((1, 0), (0.5, 0.5), (0, 1))
    }
    assert torch.equal(mixtures[1, 0], first)
    assert torch.equal(mixtures[0, 1], second)
    apart = (first - second).abs().mean()
    assert apart > 0.02
    assert (mixtures[0.5, 0.5] - first).abs().mean() < apart
    assert (mixtures[0.5, 0.5] - second).abs().mean() < apart
    assert torch.equal(
        made(styles=STYLES[::-1], blend=(0.3, 0.7)).stylize(image, None, ignore),
        made(styles=STYLES, blend=(0.7, 0.3)).stylize(image, None, ignore),
    )
    twice = made(styles=(STYLES[0], *STYLES), blend=(0.25, 0.25, 0.5)).stylize(image, None, ignore)
    assert torch.equal(twice, mixtures[0.5, 0.5])


@settings(max_examples=12, deadline=None)
@given(st.integers(16, 40), st.integers(16, 40))
def test_frames_of_any_size_keep_it(height: int, width: int) -> None:
    image, warped, valid = random_frame(height, width)
    result = made().stylize(image, Prior(warped, valid), ignore)
    assert result.shape == image.shape
    bottom, right = -height % 4, -width % 4
    frame = [F.pad(item, (0, right, 0, bottom), mode="replicate") for item in (image, warped, valid)]
    whole = random_network()(*frame, torch.tensor([[1.0, 0.0]])).clamp(0, 1)
    assert torch.allclose(result, whole[..., :height, :width], atol=1e-4)


def test_without_a_prior_is_as_with_one_that_is_nowhere_valid() -> None:
    image, warped, valid = random_frame(34, 35)
    alone = made().stylize(image, None, ignore)
    assert torch.equal(made().stylize(image, Prior(warped, torch.zeros_like(valid)), ignore), alone)
    assert not torch.allclose(made().stylize(image, Prior(warped, valid), ignore), alone, atol=1e-2)


def test_a_prior_comes_through_where_it_is_valid() -> None:
    image, warped, valid = random_frame(32, 36)
    painted = with_gate(random_network(), DROPS)(image, warped, valid, torch.tensor([[1.0, 0.0]]))
    kept = made(with_gate(random_network(), KEEPS)).stylize(image, Prior(warped, valid), ignore)
    assert (painted - warped).abs().mean() > 0.1
    assert torch.allclose(kept, torch.lerp(painted, warped, MOST_KEPT * valid.expand(-1, 3, -1, -1)), atol=1e-4)


def test_progress_goes_by_layers_and_has_no_loss() -> None:
    told: list[Progress] = []
    made().stylize(random_frame(32, 36)[0], None, told.append)
    assert [progress.step for progress in told] == list(range(1, told[0].steps + 1))
    assert {(progress.steps, *progress.loss) for progress in told} == {(12,)}


@pytest.mark.parametrize("rows", [16, 48])
def test_a_tile_gives_the_same_picture(rows: int, monkeypatch: Patch) -> None:
    image, warped, valid = random_frame(64, 48)
    whole = made().stylize(image, Prior(warped, valid), ignore)
    tried = short_of_memory(monkeypatch, MemoryError(), lambda _: True)
    tiled = made(tile=rows).stylize(image, Prior(warped, valid), ignore)
    assert torch.allclose(tiled, whole, atol=1e-4)
    assert [plan.rows for plan in tried] == [rows]
    assert tried[0].keeps > 1


@pytest.mark.parametrize("error", NO_MEMORY, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("tile", [0, 48])
def test_out_of_memory_means_smaller_bands(error: Exception, tile: int, monkeypatch: Patch) -> None:
    image, warped, valid = random_frame(64, 48)
    whole, limited = made().stylize(image, Prior(warped, valid), ignore), made(tile=tile)
    tried = short_of_memory(monkeypatch, error, lambda plan: 0 < plan.rows <= 32)
    assert torch.allclose(limited.stylize(image, Prior(warped, valid), ignore), whole, atol=1e-4)
    network = BandedNetwork(random_network(), torch.tensor([1.0, 0.0]))
    needed = [network.memory(plan, 64, 48) for plan in tried]
    assert len(needed) > 1
    assert all(less < more for more, less in pairwise(needed))
    assert tried[-1] == Plan(4, 32)
    limited.stylize(image, Prior(warped, valid), ignore)
    assert tried[len(needed) :] == [Plan(4, 32)]  # the next frame does not fail first


@pytest.mark.parametrize("error", NO_MEMORY, ids=lambda error: type(error).__name__)
def test_where_no_band_is_small_enough_is_one_line(error: Exception, monkeypatch: Patch) -> None:
    tried = short_of_memory(monkeypatch, error, lambda _: False)
    method = made()
    for _ in range(2):
        with pytest.raises(
            ModelError, match=r"^the network: out of memory for a frame of 46x63; lower --scale$"
        ) as caught:
            method.stylize(random_frame(63, 46)[0], None, ignore)
        assert caught.value.exit_code == ExitCode.MODEL
        assert tried[-1] == Plan(4, 16)


def test_other_errors_are_not_taken_for_a_lack_of_memory(monkeypatch: Patch) -> None:
    tried = short_of_memory(monkeypatch, RuntimeError("shape mismatch"), lambda _: False)
    with pytest.raises(RuntimeError, match="shape mismatch"):
        made().stylize(random_frame(32, 36)[0], None, ignore)
    assert len(tried) == 1


@pytest.mark.parametrize(("height", "width"), [(64, 48), (540, 2048)])
def test_what_fits_half_of_the_free_memory_is_tried_first(height: int, width: int, monkeypatch: Patch) -> None:
    """The picture is not computed: a large one would take long."""
    network = random_network("quality")
    banded = BandedNetwork(network, torch.tensor([1.0, 0.0]))
    tried: list[Plan] = []

    def record(_: BandedNetwork, image: Tensor, *__: Tensor, plan: Plan, **___: Any) -> Tensor:
        tried.append(plan)
        return image

    monkeypatch.setattr(BandedNetwork, "__call__", record)
    image = torch.zeros(1, 3, 1, 1).expand(1, 3, height, width)
    smallest = banded.memory(Plan(4, 16), height, width)
    for share in (math.inf, 8.0, 4.0, 3.0, 2.5, 2.0):
        with_free_memory(monkeypatch, share * smallest)
        made(network).stylize(image, None, ignore)
    needed = [banded.memory(plan, height, width) for plan in tried]
    assert tried[0] == Plan()
    assert needed == sorted(needed, reverse=True)
    assert all(each <= share * smallest / 2 for each, share in zip(needed[1:], (8, 4, 3, 2.5, 2), strict=True))
    with_free_memory(monkeypatch, 1)
    made(network).stylize(image, None, ignore)
    assert tried[-1] == tried[-2]  # the smallest, though even that should not fit


def test_a_4k_frame_takes_two_gigabytes_for_maps_however_much_is_free(monkeypatch: Patch) -> None:
    network, tried = random_network("quality"), []
    banded = BandedNetwork(network, torch.tensor([1.0, 0.0]))

    def record(_: BandedNetwork, image: Tensor, *__: Tensor, plan: Plan, **___: Any) -> Tensor:
        tried.append(plan)
        return image

    monkeypatch.setattr(BandedNetwork, "__call__", record)
    with_free_memory(monkeypatch, math.inf)
    made(network).stylize(torch.zeros(1, 3, 1, 1).expand(1, 3, 2160, 4096), None, ignore)
    assert 1 << 30 < banded.memory(tried[0], 2160, 4096) <= 2 << 30


def test_the_way_is_decided_once_for_all_frames_of_a_size(monkeypatch: Patch) -> None:
    """What is kept from frame to frame is not free; a changing decision would also change the last bits."""
    tried, method = short_of_memory(monkeypatch, MemoryError(), lambda _: True), made()
    for free, (height, width) in ((1e9, (64, 48)), (1, (64, 48)), (1, (32, 36)), (1e9, (32, 36)), (1e9, (64, 48))):
        with_free_memory(monkeypatch, free)
        method.stylize(random_frame(height, width)[0], None, ignore)
    assert tried == [Plan(), Plan(), Plan(4, 16), Plan(4, 16), Plan()]


def test_frames_of_many_sizes_do_not_pile_up() -> None:
    """Hosts crop every frame to what it holds."""
    kept = []
    for widths in ((40,), (32, 36, 40)):
        before, method = bytes_of_tensors(), made()
        for width in widths:
            method.stylize(random_frame(32, width)[0], None, ignore)
        kept.append(bytes_of_tensors() - before)
        del method
    assert kept[0] == kept[1] > 0

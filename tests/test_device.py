from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Literal

import pytest
import torch

from vst_core.device import Device, resolve_device
from vst_core.errors import ModelError


@pytest.fixture(autouse=True)
def _threads_restored() -> Iterator[None]:
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)


def test_the_processor_is_always_there() -> None:
    device = resolve_device("cpu", "float32", threads=3)
    assert device == Device(torch.device("cpu"), torch.float32, 3)
    assert str(device) == "cpu/float32/3 threads"
    assert torch.get_num_threads() == 3


@pytest.mark.parametrize(("precision", "dtype"), [("float32", torch.float32), ("bfloat16", torch.bfloat16)])
def test_a_named_precision_is_taken(precision: Literal["float32", "bfloat16"], dtype: torch.dtype) -> None:
    assert resolve_device("cpu", precision).dtype == dtype


def test_auto_decides_the_same_every_time() -> None:
    first = resolve_device()
    assert first == resolve_device()
    assert first.torch_device.type == ("cuda" if torch.cuda.is_available() else "cpu")


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="only Linux limits a process to some cores")
def test_no_thread_count_means_the_cores_this_process_may_use() -> None:
    allowed = os.sched_getaffinity(0)
    assert resolve_device("cpu").threads == len(allowed)
    try:
        os.sched_setaffinity(0, {min(allowed)})
        assert resolve_device("cpu").threads == 1
        assert torch.get_num_threads() == 1
    finally:
        os.sched_setaffinity(0, allowed)


@pytest.mark.parametrize("name", ["gpu", "", "cuda:99", "cuda:x", "CPU", "cpu:1", "meta", "hpu", "mps"])
def test_a_device_that_cannot_be_used_is_one_plain_line(name: str) -> None:
    with pytest.raises(ModelError, match="give cpu, cuda or cuda:N") as caught:
        resolve_device(name)
    assert f"device {name!r} cannot be used" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 300


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a card")
def test_cuda_without_a_card_is_refused() -> None:
    with pytest.raises(ModelError, match="device 'cuda' cannot be used"):
        resolve_device("cuda")

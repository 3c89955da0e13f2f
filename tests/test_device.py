from __future__ import annotations

from typing import Literal

import pytest
import torch

from vst_core.device import Device, resolve_device
from vst_core.doctor.models import look_at_device
from vst_core.errors import ModelError


def test_the_processor_is_always_there() -> None:
    device = resolve_device("cpu", "float32", threads=3)
    assert device == Device(torch.device("cpu"), torch.float32, 3)
    assert str(device) == "cpu/float32/3 threads"
    assert torch.get_num_threads() == 3


def test_a_named_precision_is_taken(bfloat16: torch.dtype) -> None:
    assert resolve_device("cpu", "float32").dtype == torch.float32
    assert resolve_device("cpu", "bfloat16").dtype == bfloat16


def test_a_processor_without_bfloat16_says_so_before_it_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vst_core.device.has_bfloat16", lambda _: False)
    assert resolve_device("cpu").dtype == torch.float32
    with pytest.raises(ModelError, match="cannot compute in bfloat16; give --precision float32"):
        resolve_device("cpu", "bfloat16")


def test_auto_decides_the_same_every_time() -> None:
    first = resolve_device()
    assert first == resolve_device()
    assert first.torch_device.type == ("cuda" if torch.cuda.is_available() else "cpu")


@pytest.mark.parametrize("name", ["gpu", "", "cuda:99", "cuda:x", "CPU", "cpu:1", "meta", "hpu", "mps"])
def test_a_device_that_cannot_be_used_is_one_plain_line(name: str) -> None:
    with pytest.raises(ModelError, match="choose cpu, cuda or cuda:N") as caught:
        resolve_device(name)
    assert f"device {name!r} cannot be used" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 300


@pytest.fixture
def failing_card(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A card that is there and cannot compute, for the reason that is put into the list."""
    reasons: list[str] = []

    def compute(device: torch.device) -> None:
        if device.type == "cuda":
            raise RuntimeError(f"CUDA error: {reasons[-1]}\nCompile with ...")

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr("vst_core.device._compute_something", compute)
    return reasons


def test_a_card_that_torch_has_no_code_for_is_left_alone(failing_card: list[str]) -> None:
    failing_card.append("no kernel image is available for execution on the device")
    assert resolve_device().torch_device.type == "cpu"
    notes = [finding for finding in look_at_device() if finding.state == "note"]
    assert [finding.text for finding in notes] == ["the GPU is not used: this torch does not support it"]
    with pytest.raises(ModelError, match=r"cannot be used .*no kernel image.*; choose cpu"):
        resolve_device("cuda")


def test_a_card_that_fails_now_is_no_reason_to_compute_elsewhere(failing_card: list[str]) -> None:
    """A task that is tried again would go on with other bits."""
    failing_card.append("out of memory")
    with pytest.raises(ModelError, match="device 'cuda' cannot be used"):
        resolve_device()
    assert [finding.state for finding in look_at_device()] == ["wrong"]


@pytest.mark.parametrize("name", ["cpu", "cuda"])
def test_a_card_is_told_to_repeat_itself(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr("vst_core.device._usable", torch.device)  # there need be no card to name one
    monkeypatch.setattr(torch.backends.cudnn, "deterministic", False)
    resolve_device(name, "float32")
    assert torch.backends.cudnn.deterministic == (name == "cuda")


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_float32_of_a_card_is_not_tf32(
    monkeypatch: pytest.MonkeyPatch, precision: Literal["float32", "bfloat16"]
) -> None:
    monkeypatch.setattr("vst_core.device._usable", torch.device)
    monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", precision == "float32")
    resolve_device("cuda", precision)
    assert torch.backends.cudnn.allow_tf32 == (precision == "bfloat16")
    assert not torch.backends.cuda.matmul.allow_tf32


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a card")
def test_cuda_without_a_card_is_refused() -> None:
    with pytest.raises(ModelError, match="device 'cuda' cannot be used"):
        resolve_device("cuda")

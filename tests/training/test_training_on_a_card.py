"""A training on a card: to the bits what the processor trains, where the arithmetic is the same."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from small_training import network, settings, trained

from vst_core.training.run import train


@pytest.mark.usefixtures("card")
def test_it_comes_to_the_processors_network_and_goes_on_after_a_stop(
    small_weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vst_core.features.frozen_stack._FUSES", False)  # no card has it, and it rounds otherwise
    for device in ("cpu", "cuda"):
        run = {"device": device, "precision": "float32"}
        unfinished = train(settings(tmp_path / device, small_weights, run))
        for _ in range(3):
            next(unfinished)
        unfinished.close()
        trained(tmp_path / device, small_weights, run)
    here, there = (load_file(network(tmp_path / device)) for device in ("cpu", "cuda"))
    assert here.keys() == there.keys()
    assert all(torch.equal(here[name], there[name]) for name in here)

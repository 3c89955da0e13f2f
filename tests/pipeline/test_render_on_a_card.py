"""Renders whose network lives on a card: to the bits what the processor makes, where the arithmetic is the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from small_network import STYLES, with_network, write_random_network
from small_shot import SmallShot, out, read_channels, same

from vst_core import FrameRange
from vst_core.methods import color_moments

FRAMES = FrameRange(1001, 1003)


@pytest.fixture(scope="module")
def colorful_network(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network that says which colours its styles have."""
    pictures = [torch.rand(1, 3, 8, 8, generator=torch.Generator().manual_seed(seed)) for seed in range(len(STYLES))]
    colors = [color_moments(picture) for picture in pictures]
    return write_random_network(tmp_path_factory.mktemp("network") / "net.safetensors", colors=colors)


def assert_alike(shot: SmallShot, folder: Path, **changes: Any) -> None:
    """A render on the card gives the frames that the processor gives."""
    for device in ("cpu", "cuda"):
        given = {"frames": str(FRAMES), "precision": "float32"} | changes | {"device": device}
        assert len(shot.render(folder / device, **given)) == len(FRAMES)
    for frame in FRAMES:
        assert same(*(read_channels(out(folder / device, frame)) for device in ("cpu", "cuda"))), frame


@pytest.mark.usefixtures("card")
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"tile": 16},
        {"scale": 0.5},
        {"strength": 0.5},
        {"temporal": False},
        {"lags": [1, 2]},
        {"keep_color": "luminance"},
        {"keep_color": "match"},
        {"style__styles": list(STYLES), "style__weights": [1, 3]},
    ],
    ids=str,
)
def test_a_network(small_shot: SmallShot, colorful_network: Path, tmp_path: Path, changes: dict[str, Any]) -> None:
    assert_alike(small_shot, tmp_path, **with_network(colorful_network, **changes))


@pytest.mark.usefixtures("card")
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"optimization__optimizer": "lbfgs"},
        {"optimization__style_loss": "gram"},
        {"optimization__style_loss": "sliced"},
        {"optimization__scales": 2},
        {"passes": 2},
        {"lags": [1, 2], "optimization__long_term": "mean"},
        {"keep_color": "luminance"},
        {"keep_color": "match"},
    ],
    ids=str,
)
def test_an_optimisation(
    small_shot: SmallShot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any]
) -> None:
    monkeypatch.setattr("vst_core.features.frozen_stack._FUSES", False)  # no card has it, and it rounds otherwise
    assert_alike(small_shot, tmp_path, **changes)

"""kill -9 at a random moment: nothing is lost, nothing is half there, and the result is that of an undisturbed render.

``make test-kills`` runs the long form.
"""

from __future__ import annotations

import random
import sys
from pathlib import Path
from typing import Any

import pytest
from killing import Tormentor, write_moving_shot
from safetensors.torch import save_file
from small_network import with_network
from small_shot import SmallShot

from vst_core import FrameRange
from vst_core.weights import Weights

QUICK = {"iterations": 3, "iterations_next": 2, "scales": 1, "style_layers": ["relu1_1"], "content_layers": ["relu1_1"]}


@pytest.fixture(params=["feedforward", "feedforward that looks back", "optimization"])
def method(
    request: pytest.FixtureRequest, small_network: Path, random_vgg16: Weights, tmp_path: Path
) -> dict[str, Any]:
    """Changes of a render's settings; each render opens its weights anew, so of a VGG there is but the first layer."""
    first = {name: tensor for name, tensor in random_vgg16.state.items() if name.startswith("features.0.")}
    save_file(first, tmp_path / "vgg.safetensors")
    return {
        "feedforward": with_network(small_network),
        "feedforward that looks back": with_network(small_network, lags="1,2,4"),
        "optimization": {"optimization": QUICK, "weights": str(tmp_path / "vgg.safetensors")},
    }[str(request.param)]


def torment(shot: SmallShot, changes: dict[str, Any], folder: Path, frames: FrameRange, kills: int) -> None:
    plate = write_moving_shot(folder / "plate", frames)
    settings = shot.settings(folder, **changes | {"plate": plate, "frames": str(frames)})
    toll = Tormentor(settings, frames, folder).torment(kills, random.Random(7))  # noqa: S311 - moments, not secrets
    assert toll.kills >= kills
    sys.stdout.write(f"\n{settings.method}, {len(frames)} frames: {toll}\n")


def test_kill_9_at_any_moment_loses_nothing(small_shot: SmallShot, method: dict[str, Any], tmp_path: Path) -> None:
    torment(small_shot, method, tmp_path, FrameRange(1001, 1008), kills=4)


@pytest.mark.slow
@pytest.mark.timeout(0)
def test_kill_9_five_hundred_times(small_shot: SmallShot, method: dict[str, Any], tmp_path: Path) -> None:
    torment(small_shot, method, tmp_path, FrameRange(1001, 1048), kills=167)

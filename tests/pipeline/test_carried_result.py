"""What a network makes of a picture that slides along, its vectors known exactly."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from flow_scenes import grid, pattern
from numpy.typing import NDArray
from safetensors.torch import load_file
from small_network import DROPS, KEEPS, with_network, write_random_network
from small_shot import SmallShot, write_channels
from torch import Tensor

from vst_core import FrameRange
from vst_core.networks import MOST_KEPT

FRAMES = FrameRange(1001, 1002)
HEIGHT, WIDTH, STEP = 45, 70, 3


def to_linear(picture: Tensor) -> dict[str, NDArray[np.float32]]:
    """Channels of a picture that has no highlights."""
    linear = (0.02 + 0.4 * picture[0]).numpy().astype(np.float32)
    return dict(zip(("R", "G", "B"), linear, strict=True))


@pytest.fixture(scope="module")
def sliding(tmp_path_factory: pytest.TempPathFactory, small_shot: SmallShot) -> SmallShot:
    """A picture that moves to the right, ``STEP`` pixels a frame, with the vectors that Blender would write."""
    folder = tmp_path_factory.mktemp("sliding")
    still = np.zeros((HEIGHT, WIDTH), np.float32)
    vectors = {f"ViewLayer.Vector.{axis}": still - STEP * (axis in "XZ") for axis in "XYZW"}
    x, y = grid(HEIGHT, WIDTH)
    for frame in FRAMES:
        picture = to_linear(pattern(x - STEP * (frame - 1001), y))
        color = {f"ViewLayer.Combined.{name}": values for name, values in picture.items()}
        write_channels(folder / f"shot.{frame}.exr", color | vectors)
    return SmallShot(folder, small_shot.style, small_shot.weights)


def results(shot: SmallShot, folder: Path, network: Path) -> list[Tensor]:
    """Each frame as the network made it, (1, 3, H, W), display."""
    shot.render(folder, **with_network(network, frames=str(FRAMES)))
    return [load_file(folder / ".out.vst" / f"{frame}.safetensors")["stylized"].float() for frame in FRAMES]


def test_the_result_before_is_kept_where_it_was_visible_and_nowhere_else(sliding: SmallShot, tmp_path: Path) -> None:
    pairs = {}
    for name, gate in (("keeps", KEEPS), ("drops", DROPS)):
        network = write_random_network(tmp_path / f"{name}.safetensors", gate=gate)
        pairs[name] = results(sliding, tmp_path / name, network)
    (first, kept), (same_first, painted) = pairs["keeps"], pairs["drops"]
    assert torch.equal(first, same_first)
    inside = slice(STEP + 3, -3)
    moved = first[..., inside.start - STEP : -3 - STEP]
    assert (painted[..., inside] - moved).abs().mean() > 0.03
    expected = torch.lerp(painted[..., inside], moved, MOST_KEPT)
    assert (kept[..., inside] - expected).abs().max() < 2e-3
    assert torch.equal(kept[..., 0], painted[..., 0])  # it comes into view

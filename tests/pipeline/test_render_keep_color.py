"""Renders that keep the colours of their plate."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from small_network import STYLES, with_network, write_random_network
from small_shot import SmallShot, color_of, out, read_channels, same
from torch import Tensor

from vst_core import FrameRange
from vst_core.color import DisplayTransform
from vst_core.errors import ExitCode, SettingsError
from vst_core.methods import color_moments
from vst_core.methods.keep_color import luma

FRAMES = FrameRange(1001, 1003)


@pytest.fixture(scope="module")
def painter(tmp_path_factory: pytest.TempPathFactory, small_shot: SmallShot) -> Path:
    """A network that says its styles have the very colours that it gives to the first frame."""
    folder = tmp_path_factory.mktemp("painter")
    ignorant = write_random_network(folder / "ignorant.safetensors")
    small_shot.render(folder, **with_network(ignorant, frames=str(FrameRange(1001, 1001))))
    image, seen = shown(out(folder, 1001))
    return write_random_network(folder / "painter.safetensors", colors=[color_moments(image, seen)] * len(STYLES))


def shown(path: Path) -> tuple[Tensor, Tensor]:
    """A frame on display, and where it has anything."""
    channels = read_channels(path)
    alpha = channels["ViewLayer.Combined.A"].astype(np.float32)
    display = DisplayTransform("lin_rec709_scene").to_display(color_of(channels).astype(np.float32), alpha)
    return display.pixels, torch.from_numpy(alpha > 0)


@pytest.mark.parametrize("changes", [{}, {"method": "optimization"}], ids=["feedforward", "optimization"])
def test_luminance_alone_leaves_every_hue_as_it_was(
    small_shot: SmallShot, painter: Path, tmp_path: Path, changes: dict[str, str]
) -> None:
    frames = str(FrameRange(1001, 1001))
    settings = {"frames": frames, "optimization__iterations": 4} if changes else with_network(painter, frames=frames)
    small_shot.render(tmp_path, keep_color="luminance", **settings, **changes)
    plate, seen = shown(small_shot.path(1001))
    image, _ = shown(out(tmp_path, 1001))
    chroma, before = (picture - luma(picture) for picture in (image, plate))
    colored = seen & (before[0].norm(dim=0) > 0.05) & (chroma[0].norm(dim=0) > 0.05)
    likeness = torch.nn.functional.cosine_similarity(chroma, before)[0][colored]
    assert float(likeness.quantile(0.05)) > 0.98  # the rest has soft edges
    assert float((luma(image) - luma(plate)).abs().mean()) > 0.02


def test_a_matched_palette_is_the_plates(small_shot: SmallShot, painter: Path, tmp_path: Path) -> None:
    found = []
    for keep in ("off", "match"):
        small_shot.render(tmp_path / keep, **with_network(painter, keep_color=keep, frames=str(FRAMES)))
        image, seen = shown(out(tmp_path / keep, 1001))
        found.append(color_moments(image, seen))
    plate = color_moments(*shown(small_shot.path(1001)))
    away, near = (float((moments.mean - plate.mean).abs().max()) for moments in found)
    assert near < 0.02
    assert near < away / 3


def test_what_is_carried_to_the_next_frame_keeps_the_styles_own_colours(
    small_shot: SmallShot, painter: Path, tmp_path: Path
) -> None:
    """Or a network would go on from pictures that it never painted, and a style fade from frame to frame."""
    states = []
    for keep in ("off", "luminance", "match"):
        small_shot.render(tmp_path / keep, **with_network(painter, keep_color=keep, frames=str(FRAMES)))
        (path,) = (tmp_path / keep).glob(".*.vst/1003.safetensors")
        states.append(load_file(path)["stylized"])
    assert torch.equal(states[0], states[1])
    assert torch.equal(states[0], states[2])


def test_a_render_that_goes_on_keeps_the_same_colours(small_shot: SmallShot, painter: Path, tmp_path: Path) -> None:
    """Though the plate's first frame, which decides them, is not rendered again."""
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    small_shot.render(whole, **with_network(painter, keep_color="match", frames=str(FRAMES)))
    for last in (1001, 1003):
        frames = str(FrameRange(1001, last))
        small_shot.render(parts, **with_network(painter, keep_color="match", frames=frames))
    for frame in FRAMES:
        assert same(read_channels(out(whole, frame)), read_channels(out(parts, frame)))


def test_a_network_that_knows_no_colours_says_so(small_shot: SmallShot, small_network: Path, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="does not record the colours") as caught:
        small_shot.render(tmp_path, **with_network(small_network, keep_color="match"))
    assert caught.value.exit_code == ExitCode.USAGE

"""Light that changes in the whole picture at once: flashes and black frames."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_network import with_network
from small_shot import SmallShot, color_of, is_color, looks, out, read_channels, write_channels

from vst_core import FrameRange, FrameResult

FRAMES = FrameRange(1001, 1004)
FLASH = 1003


def in_other_light(shot: SmallShot, folder: Path, gain: float) -> SmallShot:
    """The shot, one of its frames brighter or darker."""
    shot = shot.copy(folder)
    channels = read_channels(shot.path(FLASH))
    lit = {name: values * np.float16(gain) for name, values in channels.items() if is_color(name)}
    write_channels(shot.path(FLASH), channels | lit)
    return shot


def rendered(shot: SmallShot, network: Path, folder: Path, **changes: Any) -> list[FrameResult]:
    return shot.render(folder, **with_network(network, frames=str(FRAMES), **changes))


@pytest.mark.parametrize("flow", ["vectors", "dis"])
@pytest.mark.parametrize("gain", [8, 0.125])
def test_a_flash_is_no_cut_and_keeps_its_strokes(
    flow: str, gain: float, small_shot: SmallShot, small_network: Path, tmp_path: Path
) -> None:
    usual = rendered(small_shot, small_network, tmp_path / "usual", flow__source=flow)
    shot = in_other_light(small_shot, tmp_path / "plate", gain)
    results = rendered(shot, small_network, tmp_path / "out", flow__source=flow)
    assert not any(result.notes for result in results)
    for before, now in zip(usual[1:], results[1:], strict=True):
        assert before.coverage is not None
        assert now.coverage is not None
        assert now.coverage > 0.8 * before.coverage


def test_strokes_are_the_same_after_a_flash(small_shot: SmallShot, tmp_path: Path) -> None:
    shipped = {"method": "feedforward", "network": "fast", "style": {"styles": ["oil"]}, "frames": str(FRAMES)}
    small_shot.render(tmp_path / "usual", **shipped)
    small_shot.render(tmp_path / "afresh", cuts=str(FLASH + 1), **shipped)
    in_other_light(small_shot, tmp_path / "plate", 8).render(tmp_path / "out", **shipped)
    usual, afresh, after = (looks(tmp_path / name, FLASH + 1) for name in ("usual", "afresh", "out"))
    assert np.abs(after - usual).mean() < 0.5 * np.abs(afresh - usual).mean()


def test_a_black_frame_stays_as_it_is(small_shot: SmallShot, small_network: Path, tmp_path: Path) -> None:
    shot = in_other_light(small_shot, tmp_path / "plate", 0)
    noise = np.random.default_rng(0).uniform(0, 0.0005, (45, 80)).astype(np.float16)
    channels = read_channels(shot.path(FLASH))
    channels["ViewLayer.Combined.G"] = noise
    write_channels(shot.path(FLASH), channels)
    rendered(shot, small_network, tmp_path / "out")
    assert np.array_equal(color_of(read_channels(out(tmp_path / "out", FLASH))), color_of(channels))
    assert np.abs(color_of(read_channels(out(tmp_path / "out", FLASH + 1)))).max() > 0.1

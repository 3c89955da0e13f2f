"""How much of the stylised frame lies over the plate, from nothing, which is the plate itself, to all."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from small_network import with_network
from small_shot import SmallShot, color_of, out, read_channels, same, write_channels

from vst_core import FrameRange

FRAMES = FrameRange(1001, 1002)


@pytest.fixture
def float_shot(small_shot: SmallShot, tmp_path: Path) -> SmallShot:
    """The shot in float, with values that half does not hold: odd ones, negative zero, negative light, a sun."""
    shot = small_shot.copy(tmp_path / "plate")
    for frame in FRAMES:
        channels = read_channels(shot.path(frame))
        for name in [name for name in channels if ".Combined." in name]:
            channels[name] = channels[name].astype(np.float32) * np.float32(0.99999)
        for value, column in ((-0.0, 3), (-0.25, 4), (3e4, 5), (1e-30, 6)):
            channels["ViewLayer.Combined.G"][10:20, column] = value
        write_channels(shot.path(frame), channels)
    return shot


@pytest.mark.parametrize("shot", ["small_shot", "float_shot"])
def test_none_of_it_is_the_plate_bit_for_bit(
    shot: str, small_network: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    plate: SmallShot = request.getfixturevalue(shot)
    plate.render(tmp_path / "out", **with_network(small_network, strength=0, frames=str(FRAMES)))
    for frame in FRAMES:
        given = read_channels(plate.path(frame))
        assert given["ViewLayer.Combined.R"].max() > 1
        assert given["ViewLayer.Combined.A"].min() == 0
        assert same(given, read_channels(out(tmp_path / "out", frame)))


def test_half_of_it_lies_between_in_scene_linear_light(
    float_shot: SmallShot, small_network: Path, tmp_path: Path
) -> None:
    for strength in (0.25, 1):
        float_shot.render(
            tmp_path / str(strength), **with_network(small_network, strength=strength, frames=str(FRAMES))
        )
    for frame in FRAMES:
        channels = read_channels(float_shot.path(frame))
        quarter, whole = (read_channels(out(tmp_path / name, frame)) for name in ("0.25", "1"))
        plate, light = color_of(channels), color_of(whole)
        assert np.abs(light - plate).mean() > 0.02
        assert np.allclose(color_of(quarter), 0.75 * plate + 0.25 * light, rtol=1e-5, atol=1e-6)
        alpha = channels["ViewLayer.Combined.A"]
        assert np.array_equal(quarter["ViewLayer.Combined.A"], alpha)
        assert np.array_equal(color_of(quarter)[alpha == 0], plate[alpha == 0])


def test_what_is_carried_to_the_next_frame_is_the_whole_style(
    small_shot: SmallShot, small_network: Path, tmp_path: Path
) -> None:
    """Or a weak strength would fade from frame to frame."""
    for strength in (0.5, 1):
        small_shot.render(
            tmp_path / str(strength), **with_network(small_network, strength=strength, frames=str(FRAMES))
        )
    plate = color_of(read_channels(small_shot.path(1002)))
    half, whole = (color_of(read_channels(out(tmp_path / name, 1002))) for name in ("0.5", "1"))
    assert np.allclose(half, (plate + whole) / 2, rtol=2e-3, atol=1e-4)

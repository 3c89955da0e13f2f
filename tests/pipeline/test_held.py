"""A frame that shows the same as the one before it, as animation on twos does, is painted the same."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_network import with_network
from small_shot import SmallShot, color_of, differing, looks, out, read_channels, write_channels

from vst_core import FrameRange

FRAMES = FrameRange(1001, 1006)
TWOS = ((1001, 1002), (1003, 1004), (1005, 1006))


@pytest.fixture
def on_twos(small_shot: SmallShot, tmp_path: Path) -> SmallShot:
    """Each frame twice: a copied file has the vectors of the first, which are none of the second."""
    shot = small_shot.copy(tmp_path / "plate")
    for number, (first, second) in enumerate(TWOS, start=1001):
        for frame in (first, second):
            shutil.copyfile(small_shot.path(number), shot.path(frame))
    return shot


def settings_of(method: str, network: Path, **changes: Any) -> dict[str, Any]:
    given = {"frames": str(FRAMES), **changes}
    return with_network(network, **given) if method == "network" else given


@pytest.mark.parametrize("flow", ["vectors", "dis", "none"])
@pytest.mark.parametrize("method", ["network", "optimization"])
def test_it_is_painted_the_same(
    method: str, flow: str, on_twos: SmallShot, small_network: Path, tmp_path: Path
) -> None:
    results = on_twos.render(tmp_path / "out", **settings_of(method, small_network, flow__source=flow))
    assert [result.coverage for result in results[1::2]] == [1, 1, 1]
    assert not any(result.notes for result in results[1::2])
    for first, second in TWOS:
        one, two = (color_of(read_channels(out(tmp_path / "out", frame))) for frame in (first, second))
        assert np.allclose(one, two, rtol=0.02, atol=2e-4)  # what is carried along is rounded
    assert np.array_equal(looks(tmp_path / "out", 1005), looks(tmp_path / "out", 1006))
    before, after = (color_of(read_channels(out(tmp_path / "out", frame))) for frame in (1002, 1003))
    assert np.abs(after - before).max() > 0.1


def test_in_several_passes_too(on_twos: SmallShot, small_network: Path, tmp_path: Path) -> None:
    on_twos.render(tmp_path / "out", **settings_of("network", small_network, passes=2))
    assert np.array_equal(looks(tmp_path / "out", 1005), looks(tmp_path / "out", 1006))


@pytest.mark.parametrize("last", [1001, 1002, 1004])
def test_a_render_goes_on_there(on_twos: SmallShot, small_network: Path, tmp_path: Path, last: int) -> None:
    on_twos.render(tmp_path / "whole", **settings_of("network", small_network))
    on_twos.render(tmp_path / "parts", **settings_of("network", small_network, frames=f"1001-{last}"))
    on_twos.render(tmp_path / "parts", **settings_of("network", small_network))
    assert differing(tmp_path / "whole", tmp_path / "parts", FRAMES) == []


def test_a_cut_that_is_named_is_one_all_the_same(on_twos: SmallShot, small_network: Path, tmp_path: Path) -> None:
    on_twos.render(tmp_path / "named", **settings_of("network", small_network, cuts="1004"))
    on_twos.render(tmp_path / "alone", **settings_of("network", small_network, temporal=False))
    assert np.array_equal(
        color_of(read_channels(out(tmp_path / "named", 1004))), color_of(read_channels(out(tmp_path / "alone", 1004)))
    )


def test_a_single_pixel_is_enough_to_be_another_frame(on_twos: SmallShot, small_network: Path, tmp_path: Path) -> None:
    channels = read_channels(on_twos.path(1002))
    channels["ViewLayer.Combined.R"][33, 40] += np.float16(0.5)
    write_channels(on_twos.path(1002), channels)
    on_twos.render(tmp_path / "out", **settings_of("network", small_network, frames="1001-1002"))
    assert not np.array_equal(looks(tmp_path / "out", 1001), looks(tmp_path / "out", 1002))

"""A network goes over a shot twice: what comes into view is painted as it looks when nothing stands before it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from passing_shot import FRAMES, is_bar, write_passing_shot
from small_network import with_network
from small_shot import SHOT, SmallShot, color_of, differing, looks, out, read_channels, write_channels

from vst_core import render_shot
from vst_core.errors import Cancelled
from vst_core.pipeline.result import FrameProgress


def shipped(**changes: Any) -> dict[str, Any]:
    """A network that has learned where outlines belong."""
    return {"method": "feedforward", "network": "fast", "style": {"styles": ["oil"]}, "frames": str(FRAMES), **changes}


@pytest.fixture(scope="module")
def passing(tmp_path_factory: pytest.TempPathFactory, small_shot: SmallShot) -> SmallShot:
    folder = tmp_path_factory.mktemp("passing") / "plate"
    write_passing_shot(folder)
    return SmallShot(folder, small_shot.style, small_shot.weights)


def without_bar(passing: SmallShot, folder: Path) -> SmallShot:
    """One frame of the picture behind the bar, put together from what two frames show of it."""
    frame = FRAMES.first
    first, last = (read_channels(passing.path(number)) for number in (frame, FRAMES.last))
    bar = is_bar(frame)
    assert not (bar & is_bar(FRAMES.last)).any()
    folder.mkdir()
    channels = {name: np.where(bar, last[name], values) for name, values in first.items()}
    write_channels(folder / f"shot.{frame}.exr", channels)
    return SmallShot(folder, passing.style, passing.weights)


def test_no_outline_is_left_standing_where_something_comes_into_view(passing: SmallShot, tmp_path: Path) -> None:
    """The bar's outline, painted where it stood in every frame and held from then on, is the difference."""
    behind = without_bar(passing, tmp_path / "behind")
    assert color_of(read_channels(behind.path(FRAMES.first))).std() > 0
    behind.render(tmp_path / "alone", **shipped(frames=str(FRAMES.first)))
    revealed = ~is_bar(FRAMES.last) & np.any([is_bar(frame) for frame in FRAMES], axis=0)
    away = {}
    for passes in (1, 2):
        passing.render(tmp_path / str(passes), **shipped(passes=passes))
        difference = looks(tmp_path / str(passes), FRAMES.last) - looks(tmp_path / "alone", FRAMES.first)
        away[passes] = float(np.abs(difference)[revealed].mean())
    assert away[2] < 0.7 * away[1], away


def test_the_first_frame_is_painted_as_if_it_were_alone(passing: SmallShot, tmp_path: Path) -> None:
    """What the pass before left of its neighbour has outlines where something goes out of view."""
    passing.render(tmp_path / "alone", **shipped(frames=str(FRAMES.first)))
    passing.render(tmp_path / "twice", **shipped(passes=2))
    alone, twice = (color_of(read_channels(out(tmp_path / name, FRAMES.first))) for name in ("alone", "twice"))
    assert np.array_equal(alone, twice)


@pytest.mark.parametrize(("number", "frame"), [(1, 1002), (2, 1001), (2, 1002)])
def test_a_render_that_was_stopped_in_either_pass_goes_on(
    small_shot: SmallShot, small_network: Path, tmp_path: Path, number: int, frame: int
) -> None:
    def stop(progress: FrameProgress) -> None:
        if (progress.number, progress.frame) == (number, frame):
            raise Cancelled

    twice = with_network(small_network, passes=2)
    small_shot.render(tmp_path / "whole", **twice)
    settings = small_shot.settings(tmp_path / "stopped", **twice)
    with pytest.raises(Cancelled):
        list(render_shot(settings, stop))
    seen: list[FrameProgress] = []
    list(render_shot(settings, seen.append))
    assert (seen[0].number, seen[0].frame) == (number, frame)
    assert differing(tmp_path / "whole", tmp_path / "stopped", SHOT) == []


def test_the_next_frame_is_taken_up_to_the_edge_that_things_come_from_behind(
    passing: SmallShot, tmp_path: Path
) -> None:
    """A strip as wide as a step, at the motion's boundary: 5 % of the frame. The last has no next one."""
    first, *found, _last = passing.render(tmp_path, **shipped(passes=2))
    assert first.coverage is None
    assert all(result.coverage is not None and result.coverage > 0.97 for result in found)

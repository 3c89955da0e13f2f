"""A sequence of several shots: at a cut nothing of the shot before is carried along."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_network import with_network
from small_shot import Outcome, SmallShot, out, read_channels, same, write_channels

from vst_core import FrameRange, FrameResult, render_shot
from vst_core.errors import ExitCode, SettingsError
from vst_core.farm.plan import Task, plan_shots
from vst_core.farm.settings import FarmSettings
from vst_core.pipeline.check import check_shot

FRAMES = FrameRange(1001, 1004)
CUT = 1003


@pytest.fixture(scope="module")
def two_shots(tmp_path_factory: pytest.TempPathFactory, small_shot: SmallShot) -> SmallShot:
    """From ``CUT`` on the picture is another one, upside down and in other colours."""
    shot = small_shot.copy(tmp_path_factory.mktemp("shots") / "plate")
    for frame in range(CUT, FRAMES.last + 1):
        channels = {name: values[::-1] for name, values in read_channels(shot.path(frame)).items()}
        color = [name for name in channels if name.endswith((".R", ".G", ".B"))]
        turned = {name: channels[other][:, ::-1] for name, other in zip(color, color[1:] + color[:1], strict=True)}
        channels = {name: np.ascontiguousarray(values) for name, values in (channels | turned).items()}
        write_channels(shot.path(frame), channels)
    return shot


def rendered(shot: SmallShot, network: Path, folder: Path, **changes: Any) -> list[FrameResult]:
    changes = {"frames": str(FRAMES), "flow__source": "dis"} | changes
    return shot.render(folder, **with_network(network, **changes))


def alike(one: Path, other: Path, frame: int) -> bool:
    return same(read_channels(out(one, frame)), read_channels(out(other, frame)))


def test_a_cut_is_found_and_painted_as_a_first_frame(two_shots: SmallShot, small_network: Path, tmp_path: Path) -> None:
    ways: dict[str, dict[str, Any]] = {"auto": {}, "alone": {"temporal": False}, "none": {"cuts": "none"}}
    for name, changes in ways.items():
        results = rendered(two_shots, small_network, tmp_path / name, **changes)
        said = (f"frame {CUT}: another shot begins here; painted afresh",)
        assert [result.notes for result in results] == [said if name == "auto" and n == CUT else () for n in FRAMES]
    assert alike(tmp_path / "auto", tmp_path / "alone", CUT)
    assert not alike(tmp_path / "auto", tmp_path / "alone", CUT + 1)
    assert not alike(tmp_path / "none", tmp_path / "alone", CUT)


def test_one_shot_has_no_cut(small_shot: SmallShot, small_network: Path, tmp_path: Path) -> None:
    assert not any(result.notes for result in rendered(small_shot, small_network, tmp_path))


def test_a_cut_that_is_named_is_one_and_no_other_is_looked_for(
    two_shots: SmallShot, small_network: Path, tmp_path: Path
) -> None:
    rendered(two_shots, small_network, tmp_path / "alone", temporal=False)
    results = rendered(two_shots, small_network, tmp_path / "named", cuts="1002")
    assert not any(result.notes for result in results)  # who named it knows
    assert alike(tmp_path / "named", tmp_path / "alone", 1002)
    assert not alike(tmp_path / "named", tmp_path / "alone", CUT)


@pytest.mark.parametrize("last", [CUT - 1, CUT])
def test_a_render_goes_on_before_and_after_a_cut(
    two_shots: SmallShot, small_network: Path, tmp_path: Path, last: int
) -> None:
    rendered(two_shots, small_network, tmp_path / "whole")
    rendered(two_shots, small_network, tmp_path / "parts", frames=str(FrameRange(FRAMES.first, last)))
    results = rendered(two_shots, small_network, tmp_path / "parts")
    assert [result.kept for result in results] == [frame <= last for frame in FRAMES]
    assert all(alike(tmp_path / "whole", tmp_path / "parts", frame) for frame in FRAMES)


@pytest.mark.parametrize("cuts", ["1001", "1005", "1002,999"])
def test_a_cut_outside_the_shot(two_shots: SmallShot, small_network: Path, tmp_path: Path, cuts: str) -> None:
    with pytest.raises(SettingsError, match="cannot begin another shot in frames 1001-1004; give frames from 1002"):
        rendered(two_shots, small_network, tmp_path, cuts=cuts)
    settings = two_shots.settings(tmp_path, **with_network(small_network, frames=str(FRAMES), cuts=cuts))
    assert [type(complaint) for complaint in check_shot(settings)] == [SettingsError]


def test_cuts_that_are_no_numbers(vst: Any, two_shots: SmallShot, tmp_path: Path) -> None:
    said: Outcome = vst(*two_shots.command(tmp_path, "--cuts", "here"))
    assert said.code == ExitCode.USAGE
    assert "'here' are not cuts; give auto, none or frame numbers such as 1040,1088" in said.err
    assert said.err.count("\n") == 1


def test_a_farm_finds_the_cuts_that_a_render_finds(two_shots: SmallShot, small_network: Path, tmp_path: Path) -> None:
    def tasks(cuts: str = "auto", **farm: Any) -> list[Task]:
        changes = {"frames": str(FRAMES), "flow__source": "dis", "cuts": cuts}
        settings = two_shots.settings(tmp_path / "chunks", **with_network(small_network, **changes))
        return list(plan_shots([("a", settings)], FarmSettings.of({"chunk_size": 3} | farm)).tasks)

    found = tasks(chunks="draft", find_cuts=True)
    assert [(str(task.frames), task.preroll) for task in found] == [("1001-1002", 0), ("1003-1004", 0)]
    assert [str(task.frames) for task in tasks(chunks="draft")] == ["1001-1003", "1004"]
    assert tasks(chunks="whole", find_cuts=True)[0].settings.cuts == "auto"
    named = tasks("1002", chunks="draft", find_cuts=True)
    assert [(str(task.frames), task.settings.cuts) for task in named] == [("1001", "1002"), ("1002-1004", "1002")]
    rendered(two_shots, small_network, tmp_path / "whole")
    for task in found:
        assert list(render_shot(task.settings))
    assert all(alike(tmp_path / "whole", tmp_path / "chunks", frame) for frame in FRAMES)

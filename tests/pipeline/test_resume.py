"""However a render was stopped, the next one goes on to the very bits of an undisturbed one."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_shot import (
    FRAMES,
    SHOT,
    SmallShot,
    attributes_of,
    copy_of,
    differing,
    leftovers,
    out,
    outputs,
    read_channels,
    snapshot,
    write_channels,
)
from torch import Tensor

from vst_core import FrameRange, InputError, render_shot
from vst_core.pipeline.state import State
from vst_core.pipeline.state_store import CHECKPOINT_EVERY


def states(folder: Path) -> list[str]:
    """Frames whose state is kept."""
    return sorted(path.stem for path in (folder / ".out.vst").glob("*.safetensors"))


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-3000])


def empty(path: Path) -> None:
    path.write_bytes(b"")


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    for at in range(len(data) // 2, len(data), 100):  # one alone can hit pixels that did not compress
        data[at] ^= 0x10
    path.write_bytes(data)


def swap_with_the_next(path: Path) -> None:
    frame = int(path.name.split(".")[1])
    shutil.copy(path.with_name(f"out.{frame + 1}.exr"), path)


@pytest.mark.parametrize("frames", [1, 2, 3])
def test_a_render_closed_after_some_frames_goes_on(
    small_shot: SmallShot, rendered: Path, tmp_path: Path, frames: int
) -> None:
    results = render_shot(small_shot.settings(tmp_path))
    for _ in range(frames):
        next(results)
    results.close()  # type: ignore[attr-defined]  # it is a generator
    done = outputs(tmp_path)
    assert frames <= len(done) <= 4
    again = small_shot.render(tmp_path)
    assert [result.path.name for result in again if result.kept] == done
    assert [result.frame for result in again] == list(SHOT)
    assert differing(rendered, tmp_path, SHOT) == []
    assert leftovers(tmp_path) == []


def test_a_finished_render_is_left_as_it_is(small_shot: SmallShot, rendered: Path, tmp_path: Path) -> None:
    folder = copy_of(rendered, tmp_path / "out")
    before = snapshot(folder)
    assert all(result.kept and not result.loss for result in small_shot.render(folder))
    assert snapshot(folder) == before


def test_a_longer_range_continues_a_shorter_one(small_shot: SmallShot, rendered: Path, tmp_path: Path) -> None:
    small_shot.render(tmp_path, frames="1001-1002")
    assert [result.kept for result in small_shot.render(tmp_path)] == [True, True, False, False]
    assert differing(rendered, tmp_path, SHOT) == []


@pytest.mark.parametrize(
    "damage", [truncate, flip, swap_with_the_next, Path.unlink, lambda path: path.write_bytes(b"")]
)
@pytest.mark.parametrize("frame", [1001, 1003])
def test_a_damaged_frame_is_made_again(
    small_shot: SmallShot, rendered: Path, tmp_path: Path, damage: Callable[[Path], object], frame: int
) -> None:
    folder = copy_of(rendered, tmp_path / "out")
    damage(out(folder, frame))
    others = {each: out(folder, each).stat().st_mtime_ns for each in SHOT if each != frame}
    assert [result.frame for result in small_shot.render(folder) if not result.kept] == [frame]
    assert differing(rendered, folder, SHOT) == []
    assert outputs(folder) == outputs(rendered)
    assert {each: out(folder, each).stat().st_mtime_ns for each in others} == others


def with_another_state(frame: Path) -> None:
    header = {name: value for name, value in attributes_of(frame).items() if name.startswith("vst:")}
    write_channels(frame, read_channels(frame), **header | {"vst:state": "0" * 64})


def test_a_frame_that_the_next_one_was_not_made_from_is_not_kept(
    small_shot: SmallShot, rendered: Path, tmp_path: Path
) -> None:
    """Every frame names the state it was made from: one of another chain does not belong."""
    folder = copy_of(rendered, tmp_path / "out")
    with_another_state(out(folder, 1002))
    assert [result.kept for result in small_shot.render(folder)] == [True, False, True, True]
    assert differing(rendered, folder, SHOT) == []


def test_frames_that_were_made_from_others_than_a_mended_one_are_made_again(
    small_shot: SmallShot, rendered: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another machine may come to other last bits, and the frames after them depend on those."""
    folder = copy_of(rendered, tmp_path / "out")
    out(folder, 1002).unlink()
    follow = State.follow

    def elsewhere(previous: State | None, frame: int, image: Tensor, *more: Any) -> State:
        return follow(previous, frame, image + (0.01 if frame == 1002 else 0), *more)

    monkeypatch.setattr(State, "follow", elsewhere)
    assert [result.kept for result in small_shot.render(folder)] == [True, False, False, False]
    monkeypatch.undo()
    assert differing(rendered, folder, SHOT) == [1002, 1003, 1004]
    assert all(result.kept for result in small_shot.render(folder))


def test_several_damaged_frames_are_made_again_and_those_between_them_stay(
    small_shot: SmallShot, rendered: Path, tmp_path: Path
) -> None:
    folder = copy_of(rendered, tmp_path / "out")
    for frame in (1001, 1003):
        truncate(out(folder, frame))
    assert [result.kept for result in small_shot.render(folder)] == [False, True, False, True]
    assert differing(rendered, folder, SHOT) == []


def test_a_frame_that_was_changed_is_kept_and_the_user_is_told(
    small_shot: SmallShot, rendered: Path, tmp_path: Path
) -> None:
    folder = copy_of(rendered, tmp_path / "out")
    header = {name: value for name, value in attributes_of(out(folder, 1002)).items() if name.startswith("vst:")}
    channels = read_channels(out(folder, 1002))
    channels["ViewLayer.Combined.R"][:] = 0.5
    painted = write_channels(out(folder, 1002), channels, **header).read_bytes()
    results = small_shot.render(folder)
    assert all(result.kept for result in results)
    assert [bool(result.notes) for result in results] == [False, True, False, False]
    assert "1002" in results[1].notes[0]
    assert "was changed after it was rendered" in results[1].notes[0]
    assert out(folder, 1002).read_bytes() == painted


@pytest.mark.parametrize("damage", [truncate, flip, empty, Path.unlink])
def test_a_damaged_state_is_not_built_on(
    small_shot: SmallShot, rendered: Path, tmp_path: Path, damage: Callable[[Path], object]
) -> None:
    folder = copy_of(rendered, tmp_path / "out")
    assert states(folder) == ["1003", "1004"]
    damage(folder / ".out.vst" / "1003.safetensors")
    out(folder, 1004).unlink()
    small_shot.render(folder)
    assert differing(rendered, folder, SHOT) == []


def test_without_its_states_a_shot_starts_again(small_shot: SmallShot, rendered: Path, tmp_path: Path) -> None:
    folder = copy_of(rendered, tmp_path / "out")
    shutil.rmtree(folder / ".out.vst")
    assert all(result.kept for result in small_shot.render(folder))  # nothing is missing
    shutil.rmtree(folder / ".out.vst")
    out(folder, 1004).unlink()
    assert [result.kept for result in small_shot.render(folder)] == [True, True, True, False]
    assert differing(rendered, folder, SHOT) == []


def test_a_checkpoint_saves_the_way_back_to_the_start(small_shot: SmallShot, tmp_path: Path) -> None:
    plate = tmp_path / "plate"
    plate.mkdir()
    frames = FrameRange(1006, 1010)
    assert 1008 % CHECKPOINT_EVERY == 0
    for number, source in zip(frames, FRAMES, strict=True):
        shutil.copy(small_shot.path(source), plate / f"shot.{number}.exr")
    shot = SmallShot(plate, small_shot.style, small_shot.weights)
    changes: dict[str, Any] = {"frames": str(frames), "flow__source": "none"}
    shot.render(tmp_path / "out", **changes)
    assert sorted(path.stem for path in (tmp_path / "out" / ".out.vst").glob("*.safetensors")) == [
        "1008",
        "1009",
        "1010",
    ]
    whole = copy_of(tmp_path / "out", tmp_path / "whole")
    (tmp_path / "out" / ".out.vst" / "1009.safetensors").unlink()
    out(tmp_path / "out", 1010).unlink()
    assert [result.kept for result in shot.render(tmp_path / "out", **changes)] == [True, True, True, True, False]
    assert differing(whole, tmp_path / "out", frames) == []


def test_a_render_that_goes_on_refuses_frames_of_another_size_as_one_from_the_start_does(
    small_shot: SmallShot, tmp_path: Path
) -> None:
    shot = small_shot.copy(tmp_path / "plate")
    for frame in (1003, 1004):
        larger = {name: np.pad(values, ((0, 8), (0, 0))) for name, values in read_channels(shot.path(frame)).items()}
        write_channels(shot.path(frame), larger)
    for _ in range(2):
        with pytest.raises(InputError, match=r"frame 1003, .* but the shot is"):
            shot.render(tmp_path / "out", temporal=False)
        assert outputs(tmp_path / "out") == ["out.1001.exr", "out.1002.exr"]


def test_frames_on_their_own_need_no_states(small_shot: SmallShot, tmp_path: Path) -> None:
    small_shot.render(tmp_path, temporal=False, frames="1001-1003")
    whole = copy_of(tmp_path, tmp_path.with_name("whole"))
    assert states(tmp_path) == []
    truncate(out(tmp_path, 1002))
    results = small_shot.render(tmp_path, temporal=False, frames="1001-1003")
    assert [result.kept for result in results] == [True, False, True]
    assert differing(whole, tmp_path, FrameRange(1001, 1003)) == []

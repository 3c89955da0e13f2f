"""However a render was stopped, the next one goes on to the very bits of an undisturbed one."""

from __future__ import annotations

import json
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from exr_files import start_child
from small_shot import (
    FRAMES,
    SmallShot,
    attributes_of,
    differing,
    leftovers,
    out,
    outputs,
    read_channels,
    write_channels,
)

from vst_core import FrameRange, OutputError, read_frame, render_shot
from vst_core.pipeline.state import CHECKPOINT_EVERY

SHOT = FrameRange(1001, 1004)
COMMAND_LINE = "import sys; from vst_core.cli import main; sys.argv[0] = 'vst'; main()"


def snapshot(folder: Path) -> dict[str, tuple[bytes, int]]:
    """Content and time of every file below a folder; the lock's time is of no interest."""
    return {
        str(path.relative_to(folder)): (path.read_bytes(), path.stat().st_mtime_ns)
        for path in folder.rglob("*")
        if path.is_file() and path.name != "lock"
    }


def copy_of(folder: Path, target: Path) -> Path:
    shutil.copytree(folder, target)
    return target


def states(folder: Path) -> list[str]:
    """Frames whose state is kept."""
    return sorted(path.stem for path in (folder / ".out.vst").glob("*.safetensors"))


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-3000])


def empty(path: Path) -> None:
    path.write_bytes(b"")


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) * 3 // 4] ^= 0x10
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


def test_another_thread_of_time_is_refused(small_shot: SmallShot, rendered: Path, tmp_path: Path) -> None:
    """A range that starts elsewhere is another render: its first frame has none before it."""
    folder = copy_of(rendered, tmp_path / "out")
    with pytest.raises(OutputError, match=r"out\.1002\.exr: was made with other settings"):
        small_shot.render(folder, frames="1002-1004")


@pytest.mark.parametrize(
    "damage", [truncate, flip, swap_with_the_next, Path.unlink, lambda path: path.write_bytes(b"")]
)
@pytest.mark.parametrize("frame", [1001, 1003])
def test_a_damaged_frame_is_made_again(
    small_shot: SmallShot, rendered: Path, tmp_path: Path, damage: Callable[[Path], object], frame: int
) -> None:
    folder = copy_of(rendered, tmp_path / "out")
    damage(out(folder, frame))
    results = small_shot.render(folder)
    assert not results[frame - 1001].kept
    assert differing(rendered, folder, SHOT) == []
    assert outputs(folder) == outputs(rendered)


def test_a_frame_of_the_same_render_with_other_pixels_before_it_is_not_kept(
    small_shot: SmallShot, rendered: Path, tmp_path: Path
) -> None:
    """Every frame names the state it was made from: one of another chain does not belong."""
    folder = copy_of(rendered, tmp_path / "out")
    frame = out(folder, 1002)
    header = {name: value for name, value in attributes_of(frame).items() if name.startswith("vst:")}
    header["vst:state"] = "0" * 64
    write_channels(frame, read_channels(frame), **header)
    assert [result.kept for result in small_shot.render(folder)] == [False, False, False, False]
    assert differing(rendered, folder, SHOT) == []


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
    assert not any(result.kept for result in small_shot.render(folder))
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
    assert [result.kept for result in shot.render(tmp_path / "out", **changes)] == [True, True, True, False, False]
    assert differing(whole, tmp_path / "out", frames) == []


def test_frames_on_their_own_need_no_states(small_shot: SmallShot, tmp_path: Path) -> None:
    small_shot.render(tmp_path, temporal=False, frames="1001-1003")
    whole = copy_of(tmp_path, tmp_path.with_name("whole"))
    assert states(tmp_path) == []
    truncate(out(tmp_path, 1002))
    results = small_shot.render(tmp_path, temporal=False, frames="1001-1003")
    assert [result.kept for result in results][:2] == [True, False]
    assert differing(whole, tmp_path, FrameRange(1001, 1003)) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"optimization__iterations": 5},
        {"style__scale": 0.5},
        {"temporal": False},
        {"flow__source": "dis"},
        {"optimization__seed": 3},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_other_settings_are_refused_and_nothing_is_touched(
    small_shot: SmallShot, rendered: Path, tmp_path: Path, changes: dict[str, Any]
) -> None:
    folder = copy_of(rendered, tmp_path / "out")
    before = snapshot(folder)
    with pytest.raises(OutputError, match=r"out\.1001\.exr: was made with other settings.*--overwrite"):
        small_shot.render(folder, **changes)
    assert snapshot(folder) == before


def test_overwrite_starts_anew(small_shot: SmallShot, rendered: Path, tmp_path: Path) -> None:
    folder = copy_of(rendered, tmp_path / "out")
    results = small_shot.render(folder, overwrite=True, style__scale=0.5, frames="1001-1002")
    assert not any(result.kept for result in results)
    small_shot.render(tmp_path / "fresh", style__scale=0.5, frames="1001-1002")
    assert differing(tmp_path / "fresh", folder, FrameRange(1001, 1002)) == []
    assert all(result.kept for result in small_shot.render(folder, style__scale=0.5, frames="1001-1002"))


def test_a_frame_that_something_else_made_is_not_replaced(small_shot: SmallShot, tmp_path: Path) -> None:
    write_channels(out(tmp_path, 1003), {c: np.zeros((4, 4), np.float32) for c in "RGB"})
    before = snapshot(tmp_path)
    with pytest.raises(OutputError, match=r"out\.1003\.exr: was made with other settings, or by something else"):
        small_shot.render(tmp_path)
    assert snapshot(tmp_path) == before


def test_two_renders_of_one_shot_do_not_mix(small_shot: SmallShot, rendered: Path, tmp_path: Path) -> None:
    first = render_shot(small_shot.settings(tmp_path))
    next(first)
    with pytest.raises(OutputError, match="another render is writing this shot; wait for it, or stop it"):
        small_shot.render(tmp_path)
    list(first)
    assert differing(rendered, tmp_path, SHOT) == []
    small_shot.render(tmp_path)


def test_two_shots_in_one_folder_do_not_meet(small_shot: SmallShot, tmp_path: Path) -> None:
    settings = [
        small_shot.settings(tmp_path, output__pattern=str(tmp_path / name), frames="1001-1002")
        for name in ("sh.####.left.exr", "sh.####.right.exr")
    ]
    renders = [render_shot(each) for each in settings]
    for render in renders:
        next(render)
    for render in renders:
        list(render)
    assert all(result.kept for each in settings for result in render_shot(each))


def test_temporaries_of_a_killed_render_go_and_those_of_others_stay(
    small_shot: SmallShot, rendered: Path, tmp_path: Path
) -> None:
    folder = copy_of(rendered, tmp_path / "out")
    mine = [folder / ".out.1003.vst-0123456789abcdef.tmp.exr", folder / ".out.vst" / ".9.vst-0123456789abcdef.tmp"]
    others = [folder / ".other.1003.vst-0123456789abcdef.tmp.exr", folder / ".out.left.1.vst-0123456789abcdef.tmp.exr"]
    for path in (*mine, *others):
        path.write_bytes(b"half a file")
    small_shot.render(folder)
    assert [path.exists() for path in mine] == [False, False]
    assert [path.exists() for path in others] == [True, True]


def test_kill_9_at_any_moment_loses_nothing(small_shot: SmallShot, rendered: Path, tmp_path: Path) -> None:
    chance = random.Random(7)  # noqa: S311 - moments, not secrets
    kills = 0
    for _ in range(4):
        with start_child(COMMAND_LINE, *small_shot.command(tmp_path, "--json")) as child:
            wait_for(child, "progress")
            time.sleep(chance.uniform(0, 0.25))
            child.kill()
        kills += child.returncode == -signal.SIGKILL
        for name in outputs(tmp_path):
            read_frame(tmp_path / name)
        if child.returncode == 0:
            break
    assert kills > 0
    small_shot.render(tmp_path)
    assert differing(rendered, tmp_path, SHOT) == []
    assert leftovers(tmp_path) == []


def wait_for(child: subprocess.Popen[str], event: str) -> None:
    assert child.stdout is not None
    next((line for line in child.stdout if json.loads(line)["event"] == event), None)

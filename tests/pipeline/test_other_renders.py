"""What lies in the output folder already, and who else writes there."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_network import with_network
from small_shot import SHOT, SmallShot, copy_of, differing, out, snapshot, write_channels

from vst_core import FrameRange, OutputError, render_shot


def test_another_thread_of_time_is_refused(small_shot: SmallShot, rendered: Path, tmp_path: Path) -> None:
    """A range that starts elsewhere is another render: its first frame has none before it."""
    folder = copy_of(rendered, tmp_path / "out")
    with pytest.raises(OutputError, match=r"out\.1002\.exr: was made with different settings: another first frame, "):
        small_shot.render(folder, frames="1002-1004")


def test_another_end_is_another_render_of_several_passes(small_shot: SmallShot, tmp_path: Path) -> None:
    """Whose threads were all cores, or as many: of that alone no frame is refused."""
    small_shot.render(tmp_path, frames="1001-1002", passes=2)
    with pytest.raises(OutputError, match=r"made with different settings: another first or last frame, "):
        small_shot.render(tmp_path, frames="1001-1003", passes=2, threads=0)


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
def test_other_settings_are_refused_by_name_and_nothing_is_touched(
    small_shot: SmallShot, rendered: Path, tmp_path: Path, changes: dict[str, Any]
) -> None:
    folder = copy_of(rendered, tmp_path / "out")
    before = snapshot(folder)
    (name,) = changes
    told = rf"out\.1001\.exr: was made with different settings \({name.replace('__', '.')}\); .*--overwrite"
    with pytest.raises(OutputError, match=told):
        small_shot.render(folder, **changes)
    assert snapshot(folder) == before


@pytest.mark.usefixtures("bfloat16")
def test_another_precision_is_among_what_may_be_other(small_shot: SmallShot, tmp_path: Path) -> None:
    small_shot.render(tmp_path, frames="1001", precision="float32")
    with pytest.raises(OutputError, match=r"made with different settings: another first frame, device, precision, "):
        small_shot.render(tmp_path, frames="1001", precision="bfloat16")


def test_the_same_files_under_other_paths_are_no_other_settings(
    small_shot: SmallShot, rendered: Path, tmp_path: Path
) -> None:
    folder = copy_of(rendered, tmp_path / "out")
    with pytest.raises(OutputError, match=r"was made with different settings \(strength, style\.scale\); "):
        small_shot.copy(tmp_path / "plate").render(folder, strength=0.5, style__scale=0.5)
    style = Path(shutil.copy(small_shot.style, tmp_path / "moved.png"))
    moved = replace(small_shot.copy(tmp_path / "again"), style=style)
    assert all(result.kept for result in moved.render(folder))


def test_another_method_is_told_before_all_that_follows_from_it(
    small_shot: SmallShot, small_network: Path, rendered: Path, tmp_path: Path
) -> None:
    folder = copy_of(rendered, tmp_path / "out")
    with pytest.raises(OutputError, match=r"was made with different settings \(method\); "):
        small_shot.render(folder, **with_network(small_network))


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
    with pytest.raises(OutputError, match=r"out\.1003\.exr: was made with different settings, or by another program"):
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

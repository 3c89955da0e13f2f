"""The dry run finds everything that is wrong at once, and touches nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from exr_files import window
from small_shot import SHOT, SmallShot, out, read_channels, write_channels

from vst_core import InputError, ModelError, OutputError, SettingsError, check_shot
from vst_core.errors import VstError


def without(path: Path, word: str) -> None:
    write_channels(path, {name: values for name, values in read_channels(path).items() if word not in name})


def resize(path: Path) -> None:
    write_channels(path, {name: values[:30] for name, values in read_channels(path).items()})


def listing(folder: Path) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in [folder, *folder.rglob("*")]}


def only(complaints: list[VstError], kind: type[VstError], text: str) -> None:
    assert [type(complaint) for complaint in complaints] == [kind], complaints
    assert text in str(complaints[0])


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a card")
def test_a_card_need_not_be_where_a_farm_is_handed_its_work(small_shot: SmallShot, tmp_path: Path) -> None:
    settings = small_shot.settings(tmp_path, device="cuda")
    assert [type(complaint) for complaint in check_shot(settings)] == [ModelError]
    assert check_shot(settings, here=False) == []


def test_a_sound_shot_has_no_complaints_and_nothing_is_written(small_shot: SmallShot, tmp_path: Path) -> None:
    before = listing(tmp_path), listing(small_shot.folder)
    assert check_shot(small_shot.settings(tmp_path / "new" / "folder")) == []
    assert check_shot(small_shot.settings(tmp_path)) == []
    assert (listing(tmp_path), listing(small_shot.folder)) == before


def test_everything_that_is_wrong_is_said_at_once(small_shot: SmallShot, tmp_path: Path) -> None:
    shot = small_shot.copy(tmp_path / "plate")
    shot.path(1002).unlink()
    shot.path(1003).write_bytes(b"")
    resize(shot.path(1004))
    (tmp_path / "text.png").write_text("no picture")
    (tmp_path / "file").write_text("x")
    (tmp_path / "weights.pth").write_bytes(b"no weights")
    before = listing(tmp_path)
    complaints = check_shot(
        shot.settings(
            tmp_path / "file",
            frames="1001-1005",
            color_space="no such space",
            style__styles=[str(tmp_path / "text.png"), str(tmp_path / "missing.png")],
            weights=str(tmp_path / "weights.pth"),
            device="no such device",
            flow__source=str(tmp_path / "flow.####.flo"),
        )
    )
    expected: list[tuple[type[VstError], str]] = [
        (InputError, "1 of 5 frames are missing: 1002"),
        (InputError, "frame 1003, "),
        (InputError, "frame 1004, "),
        (InputError, "flow.####.flo: no file matches"),
        (SettingsError, "'no such space'"),
        (InputError, "text.png: cannot be read"),
        (InputError, "missing.png: no such file"),
        (ModelError, "'no such device'"),
        (ModelError, "weights.pth: is not a weights file"),
        (OutputError, "file: is a file, not a folder"),
    ]
    assert [type(complaint) for complaint in complaints] == [kind for kind, _ in expected], list(map(str, complaints))
    for complaint, (_, text) in zip(complaints, expected, strict=True):
        assert text in str(complaint)
    assert listing(tmp_path) == before


def test_a_plate_that_is_not_there_does_not_hide_the_rest(small_shot: SmallShot, tmp_path: Path) -> None:
    shot = SmallShot(tmp_path, tmp_path / "missing.png", small_shot.weights)
    complaints = check_shot(shot.settings(tmp_path, output__pattern="o.##.##.exr"))
    assert [complaint.exit_code for complaint in complaints] == [3, 2, 3]
    assert "shot.####.exr: no file matches" in str(complaints[0])
    assert "o.##.##.exr: has 2 placeholders for a frame number" in str(complaints[1])
    assert "missing.png: no such file" in str(complaints[2])


def test_what_all_frames_lack_is_one_complaint(small_shot: SmallShot, tmp_path: Path) -> None:
    complaints = check_shot(small_shot.settings(tmp_path, layer="Diffuse"))
    only(complaints, InputError, "frames 1001-1004, ")
    assert "has no colour layer 'Diffuse'; its colour layers are ViewLayer.Combined" in str(complaints[0])
    only(check_shot(small_shot.settings(tmp_path, flow__layer="forward")), InputError, "frames 1001-1004, ")


def test_frames_with_different_faults_are_told_apart(small_shot: SmallShot, tmp_path: Path) -> None:
    shot = small_shot.copy(tmp_path / "plate")
    without(shot.path(1001), "Vector")
    without(shot.path(1003), "Vector")
    without(shot.path(1002), "Combined")
    first, second = check_shot(shot.settings(tmp_path / "out"))
    assert str(first).startswith(f"frames 1001,1003, {shot.path(1001)}: has no motion vectors")
    assert str(second).startswith(f"frame 1002, {shot.path(1002)}: has no red, green and blue channels")
    complaints = check_shot(shot.settings(tmp_path / "out", flow__source="dis"))
    only(complaints, InputError, "frame 1002")  # which need no vectors
    assert check_shot(shot.settings(tmp_path / "out", temporal=False, frames="1003")) == []


@pytest.mark.parametrize("output", ["out.####.png", "out.exr"])
def test_outputs_that_cannot_be(small_shot: SmallShot, tmp_path: Path, output: str) -> None:
    only(check_shot(small_shot.settings(tmp_path, output__pattern=str(tmp_path / output))), SettingsError, "out.")


def test_the_plate_is_not_its_own_output(small_shot: SmallShot, tmp_path: Path) -> None:
    shot = small_shot.copy(tmp_path / "plate")
    link = tmp_path / "link"
    link.symlink_to(shot.folder)
    for folder in (shot.folder, link):
        complaints = check_shot(shot.settings(tmp_path, output__pattern=str(folder / "shot.####.exr")))
        only(complaints, SettingsError, "output and plate are the same files")
    for frame in SHOT:  # as where case makes no difference to the system
        shot.path(frame).with_name(f"SHOT.{frame}.exr").hardlink_to(shot.path(frame))
    complaints = check_shot(shot.settings(tmp_path, output__pattern=str(shot.folder / "SHOT.####.exr")))
    only(complaints, SettingsError, "output and plate are the same files")


def test_frames_of_another_render_are_in_the_way(small_shot: SmallShot, rendered: Path) -> None:
    assert check_shot(small_shot.settings(rendered)) == []
    complaints = check_shot(small_shot.settings(rendered, style__scale=0.5))
    only(complaints, OutputError, f"{out(rendered, 1001)}: was made with different settings")
    assert check_shot(small_shot.settings(rendered, style__scale=0.5, overwrite=True)) == []


def test_a_compression_that_would_alter_other_channels(small_shot: SmallShot, tmp_path: Path) -> None:
    complaints = check_shot(small_shot.settings(tmp_path, output__compression="dwaa"))
    only(complaints, SettingsError, "frames 1001-1004, compression: dwaa would alter ViewLayer.CryptoObject00.r")
    alone = small_shot.settings(tmp_path, output__compression="dwaa", output__layers="color")
    assert check_shot(alone) == []


def test_raft_without_weights(small_shot: SmallShot, tmp_path: Path) -> None:
    only(check_shot(small_shot.settings(tmp_path, flow__source="raft")), ModelError, "RAFT needs a weights file")
    assert check_shot(small_shot.settings(tmp_path, flow__source="raft", temporal=False)) == []


def test_raft_finds_its_weights_among_the_others(
    small_shot: SmallShot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    weights = tmp_path / "raft_large_C_T_SKHT_V2-ff5fadd5.pth"
    weights.write_bytes(b"damaged")
    monkeypatch.setenv("VST_WEIGHTS", str(tmp_path))
    complaints = check_shot(small_shot.settings(tmp_path / "out", flow__source="raft"))
    assert {complaint.where for complaint in complaints} == {str(weights)}
    assert "is corrupt: SHA-256 begins" in str(complaints[-1])


def test_an_ocio_configuration_that_cannot_be_read(
    small_shot: SmallShot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OCIO", str(tmp_path / "config.ocio"))
    complaints = check_shot(small_shot.settings(tmp_path))
    assert {type(complaint) for complaint in complaints} == {InputError}
    assert all("config.ocio: the OCIO configuration cannot be read" in str(complaint) for complaint in complaints)


def test_data_windows_may_differ(small_shot: SmallShot, tmp_path: Path) -> None:
    shot = small_shot.copy(tmp_path / "plate")
    channels = {name: values[5:25, 10:30] for name, values in read_channels(shot.path(1002)).items()}
    boxes: dict[str, Any] = {"dataWindow": window(10, 5, 20, 20), "displayWindow": window(0, 0, 80, 45)}
    write_channels(shot.path(1002), channels, **boxes)
    assert check_shot(shot.settings(tmp_path / "out")) == []


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.write_bytes(path.read_bytes()[:200]),
        lambda path: path.write_bytes(path.read_bytes()[:8] + bytes(range(200)) + path.read_bytes()[208:]),
        lambda path: path.write_text("not an image"),
        lambda path: (path.unlink(), path.mkdir()),
    ],
    ids=["cut off in its header", "corrupt header", "text", "folder"],
)
def test_frames_that_cannot_be_opened(small_shot: SmallShot, tmp_path: Path, damage: Callable[[Path], object]) -> None:
    shot = small_shot.copy(tmp_path / "plate")
    damage(shot.path(1003))
    only(check_shot(shot.settings(tmp_path / "out")), InputError, "1003")


@pytest.mark.parametrize("frames", ["1001-999999999", "1001-99999999999999999999"])
def test_a_range_with_digits_too_many_is_refused_at_once(small_shot: SmallShot, tmp_path: Path, frames: str) -> None:
    only(check_shot(small_shot.settings(tmp_path, frames=frames)), SettingsError, f"{frames} would be ")

"""Whatever happens to frames on disk is found, and mended at no greater cost than it takes."""

from __future__ import annotations

import json
import math
import re
import shutil
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from small_network import with_network
from small_shot import (
    SHOT,
    SmallShot,
    attributes_of,
    copy_of,
    differing,
    out,
    read_channels,
    snapshot,
    write_channels,
)

from vst_core import FrameRange, InputError, OutputError, SettingsError, render_shot
from vst_core.errors import ExitCode
from vst_core.pipeline.findings import Finding, grouped
from vst_core.pipeline.journal import find_shots
from vst_core.pipeline.repair import plan_repair, repair_shot
from vst_core.pipeline.verify import Verification, verify_shot
from vst_core.sequence import FrameSequence

NAME = "out.manifest.json"
Damage = Callable[[Path], object]


def verify(folder: Path) -> Verification:
    return verify_shot(FrameSequence.parse(folder / "out.####.exr"))


def found(folder: Path) -> list[tuple[str, int | None]]:
    return [(finding.check, finding.frame) for finding in verify(folder).findings]


def rewrite(change: Callable[[dict[str, Any]], object]) -> Damage:
    """A frame written again, its header kept, with something changed."""

    def damage(path: Path) -> None:
        header = {name: value for name, value in attributes_of(path).items() if name.startswith("vst:")}
        channels = read_channels(path)
        change(channels)
        write_channels(path, channels, **header)

    return damage


def poison(channels: dict[str, Any]) -> None:
    channels["ViewLayer.Combined.G"][5, 7] = math.nan


def crop(channels: dict[str, Any]) -> None:
    for name in channels:
        channels[name] = channels[name][:30, :50]


def swap_with_the_next(path: Path) -> None:
    shutil.copy(path.with_name(f"out.{int(path.name.split('.')[1]) + 1}.exr"), path)


def become_a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


DAMAGES: dict[str, tuple[Damage, set[str]]] = {
    "missing": (Path.unlink, {"complete"}),
    "empty": (lambda path: path.write_bytes(b""), {"content", "decode"}),
    "truncated": (lambda path: path.write_bytes(path.read_bytes()[:-3000]), {"content", "decode"}),
    "text": (lambda path: path.write_text("no picture"), {"content", "decode"}),
    "painted over": (rewrite(lambda channels: channels["ViewLayer.Combined.R"].fill(0.5)), {"content"}),
    "not a number": (rewrite(poison), {"content", "finite"}),
    "cropped": (rewrite(crop), {"content", "window"}),
    "without depth": (rewrite(lambda channels: channels.pop("ViewLayer.Depth.Z")), {"content", "channels"}),
    "misplaced": (swap_with_the_next, {"content"}),
    "a folder": (become_a_folder, {"complete"}),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_damage_is_found(name: str, rendered: Path, tmp_path: Path) -> None:
    damage, checks = DAMAGES[name]
    folder = copy_of(rendered, tmp_path / "out")
    damage(out(folder, 1002))
    verification = verify(folder)
    assert {(finding.check, finding.frame) for finding in verification.findings} == {(check, 1002) for check in checks}
    assert verification.exit_code == (ExitCode.PARTIAL if checks == {"complete"} else ExitCode.OUTPUT)


@pytest.mark.parametrize("name", ["missing", "truncated", "painted over"])
def test_only_the_damaged_frame_is_made_again(name: str, rendered: Path, tmp_path: Path) -> None:
    folder = copy_of(rendered, tmp_path / "out")
    DAMAGES[name][0](out(folder, 1002))
    verification = verify(folder)
    before = {frame: out(folder, frame).stat().st_mtime_ns for frame in SHOT if frame != 1002}
    (repair,) = plan_repair(verification)
    assert [result.frame for result in repair_shot(repair) if not result.kept] == [1002]
    assert {frame: out(folder, frame).stat().st_mtime_ns for frame in before} == before
    assert differing(rendered, folder, SHOT) == []
    assert verify(folder).findings == ()


def test_a_sound_shot_is_told_from_others_and_left_as_it_is(rendered: Path) -> None:
    before = snapshot(rendered)
    frames: list[int] = []
    verification = verify_shot(FrameSequence.parse(rendered / "out.####.exr"), frames.append)
    assert (verification.findings, verification.exit_code, frames) == ((), ExitCode.OK, list(SHOT))
    assert plan_repair(verification) == []
    assert snapshot(rendered) == before


def test_a_shot_that_is_not_done_is_partial_and_a_repair_ends_it(
    small_shot: SmallShot, rendered: Path, tmp_path: Path
) -> None:
    small_shot.render(tmp_path, chunk="1001-1002")
    verification = verify(tmp_path)
    assert (verification.missing, verification.exit_code) == ((1003, 1004), ExitCode.PARTIAL)
    (repair,) = plan_repair(verification)
    assert [result.frame for result in repair_shot(repair) if not result.kept] == [1003, 1004]
    assert differing(rendered, tmp_path, SHOT) == []


def test_what_several_runs_made_is_mended_by_one_repair(small_shot: SmallShot, rendered: Path, tmp_path: Path) -> None:
    small_shot.render(tmp_path, frames="1001-1002")
    small_shot.render(tmp_path)
    for frame in (1001, 1004):
        DAMAGES["painted over"][0](out(tmp_path, frame))
    (repair,) = plan_repair(verify(tmp_path))
    assert [result.frame for result in repair_shot(repair) if not result.kept] == [1001, 1004]
    assert differing(rendered, tmp_path, SHOT) == []


def test_a_chunk_whose_shot_lies_elsewhere_is_mended_by_itself(
    small_shot: SmallShot, rendered: Path, tmp_path: Path
) -> None:
    before, folder = tmp_path / "before", tmp_path / "out"
    small_shot.render(before, chunk="1001-1002")
    small_shot.render(folder, chunk="1003-1004", state=str(before / ".out.vst"))
    DAMAGES["painted over"][0](out(folder, 1004))
    (repair,) = plan_repair(verify(folder))
    assert [(result.frame, result.kept) for result in repair_shot(repair)] == [(1003, True), (1004, False)]
    assert differing(rendered, folder, FrameRange(1003, 1004)) == []


def test_a_still_whose_name_has_no_number_is_verified(small_shot: SmallShot, tmp_path: Path) -> None:
    still = tmp_path / "still.exr"
    for frame in ("1003", "1002"):
        small_shot.render(tmp_path, output__pattern=str(still), frames=frame, overwrite=True)
        (shot,) = find_shots(tmp_path)
        found = verify_shot(shot)
        assert (found.findings, found.expected) == ((), (int(frame),))


def test_frames_that_nobody_recorded_are_told_of_and_not_replaced(rendered: Path, tmp_path: Path) -> None:
    folder = copy_of(rendered, tmp_path / "out")
    shutil.copy(out(folder, 1004), out(folder, 1005))
    verification = verify(folder)
    assert found(folder) == [("manifest", 1005)]
    assert plan_repair(verification) == []


def test_a_frame_of_the_shot_that_nobody_recorded_is_not_replaced(rendered: Path, tmp_path: Path) -> None:
    folder = copy_of(rendered, tmp_path / "out")
    shutil.rmtree(folder / ".out.vst")
    data = json.loads((folder / NAME).read_text())
    del data["frames"][1]
    (folder / NAME).write_text(json.dumps(data))
    assert found(folder) == [("manifest", 1002)]
    assert plan_repair(verify(folder)) == []


def test_a_record_of_another_file_is_no_record(rendered: Path, tmp_path: Path) -> None:
    folder = copy_of(rendered, tmp_path / "out")
    shutil.rmtree(folder / ".out.vst")
    data = (folder / NAME).read_text()
    (folder / NAME).write_text(data.replace('"file":"out.1002.exr"', '"file":"out.1003.exr"'))
    assert found(folder) == [("manifest", 1002)]


def test_frames_of_several_renders_are_no_shot(small_shot: SmallShot, rendered: Path, tmp_path: Path) -> None:
    folder = copy_of(rendered, tmp_path / "out")
    small_shot.render(folder, overwrite=True, style__scale=0.5, frames="1001-1002")
    verification = verify(folder)
    assert [str(finding.what) for finding in verification.findings] == [
        "was made with different settings from the frame before it"
    ]
    assert found(folder) == [("chain", 1003)]


def test_a_frame_that_was_made_from_another_one_is_found(rendered: Path, tmp_path: Path) -> None:
    folder = copy_of(rendered, tmp_path / "out")
    shutil.rmtree(folder / ".out.vst")
    data = json.loads((folder / NAME).read_text())
    data["frames"][2]["previous"] = "0" * 64
    (folder / NAME).write_text(json.dumps(data))
    assert found(folder) == [("chain", 1003)]


def test_drafts_and_frames_on_their_own_hang_together_too(
    small_shot: SmallShot, small_network: Path, tmp_path: Path
) -> None:
    draft = with_network(small_network, preroll=1)
    for chunk in ("1003-1004", "1001-1002"):
        small_shot.render(tmp_path / "draft", chunk=chunk, **draft)
    alone = with_network(small_network, temporal=False)
    small_shot.render(tmp_path / "alone", **alone)
    for folder in ("draft", "alone"):
        assert found(tmp_path / folder) == []
        whole = copy_of(tmp_path / folder, tmp_path / f"{folder} whole")
        out(tmp_path / folder, 1003).unlink()
        (repair,) = plan_repair(verify(tmp_path / folder))
        assert [result.frame for result in repair_shot(repair) if not result.kept] == [1003]
        assert differing(whole, tmp_path / folder, SHOT) == []


def test_a_shot_that_was_moved_is_verified_and_repaired_where_it_is(rendered: Path, tmp_path: Path) -> None:
    before = snapshot(rendered)
    folder = copy_of(rendered, tmp_path / "moved")
    shutil.rmtree(folder / ".out.vst")
    out(folder, 1004).unlink()
    (repair,) = plan_repair(verify(folder / ".." / "moved"))
    list(repair_shot(repair))
    assert found(folder) == []
    assert snapshot(rendered) == before


def test_what_would_come_out_differently_is_not_repaired(small_shot: SmallShot, rendered: Path, tmp_path: Path) -> None:
    folder = copy_of(rendered, tmp_path / "out")
    shutil.rmtree(folder / ".out.vst")
    shutil.copy(small_shot.path(1001), out(folder, 1004))
    data = json.loads((folder / NAME).read_text())
    for changes, error, said in (
        ({"scale": 0.5}, OutputError, "cannot be repaired here"),
        ({"brush": "wide"}, SettingsError, "unknown setting 'brush'"),
    ):
        changed = [{**run, "settings": {**run["settings"], **changes}} for run in data["runs"]]
        (folder / NAME).write_text(json.dumps({**data, "runs": changed}))
        before = snapshot(folder)
        with pytest.raises(error, match=said):
            list(repair_shot(plan_repair(verify(folder))[0]))
        assert snapshot(folder) == before


@pytest.mark.parametrize("temporal", [True, False])
@pytest.mark.parametrize("name", ["missing", "truncated"])
def test_a_frame_whose_plate_is_another_picture_now_is_not_made_again(
    name: str, temporal: bool, small_shot: SmallShot, small_network: Path, tmp_path: Path
) -> None:
    shot, folder = small_shot.copy(tmp_path / "plate"), tmp_path / "out"
    shot.render(folder, **with_network(small_network, temporal=temporal))
    DAMAGES[name][0](out(folder, 1002))
    shutil.copy(shot.path(1005), shot.path(1002))
    before = {frame: out(folder, frame).stat().st_mtime_ns for frame in SHOT if out(folder, frame).exists()}
    for _ in range(2):
        (repair,) = plan_repair(verify(folder))
        with pytest.raises(OutputError, match=r"frame 1002, .*out\.1002\.exr: comes out different from its record"):
            list(repair_shot(repair))
        assert {frame: out(folder, frame).stat().st_mtime_ns for frame in before} == before
        assert {frame for _, frame in found(folder)} == {1002}
    shutil.copy(small_shot.path(1002), shot.path(1002))
    list(repair_shot(plan_repair(verify(folder))[0]))
    assert found(folder) == []


def test_frames_that_follow_another_one_now_are_made_from_it(
    small_shot: SmallShot, small_network: Path, tmp_path: Path
) -> None:
    shot, folder = small_shot.copy(tmp_path / "plate"), tmp_path / "out"
    settings = shot.settings(folder, **with_network(small_network))
    list(render_shot(settings))
    out(folder, 1002).unlink()
    shutil.copy(shot.path(1005), shot.path(1002))
    with closing(render_shot(settings)) as results:  # type: ignore[type-var]  # it is a generator
        assert [next(results).kept for _ in range(2)] == [True, False]
    first = min(frame for check, frame in found(folder) if check == "chain" and frame is not None)
    (repair,) = plan_repair(verify(folder))
    assert [result.frame for result in repair_shot(repair) if not result.kept] == list(range(first, SHOT.last + 1))
    assert found(folder) == []


def test_shots_are_found_by_pattern_by_manifest_and_by_folder(rendered: Path, tmp_path: Path) -> None:
    folder = copy_of(rendered, tmp_path / "out")
    for target in (folder / "out.%04d.exr", folder / NAME, folder):
        assert [shot.pattern for shot in find_shots(target)] == [str(folder / "out.####.exr")]
    shutil.copy(folder / NAME, folder / "more.manifest.json")
    assert len(find_shots(folder)) == 2


def test_a_render_that_was_killed_before_it_wrote_a_manifest_is_found_and_lacks_frames(
    rendered: Path, tmp_path: Path
) -> None:
    folder = copy_of(rendered, tmp_path / "out")
    (folder / NAME).unlink()
    out(folder, 1003).unlink()
    (shot,) = find_shots(folder)
    assert shot.pattern == str(folder / "out.####.exr")
    verification = verify_shot(shot)
    assert found(folder) == [("complete", 1003), ("complete", None)]
    assert (verification.missing, verification.broken, verification.exit_code) == ((1003,), (), ExitCode.PARTIAL)
    (repair,) = plan_repair(verification)
    assert [result.frame for result in repair_shot(repair) if not result.kept] == [1003]
    assert found(folder) == []
    for frame in SHOT:
        out(folder, frame).unlink()
    (folder / NAME).unlink()
    with pytest.raises(InputError, match="has no manifest"):
        find_shots(folder)  # what someone has done away with is no shot


def test_a_manifest_that_lacks_frames_is_incomplete_and_one_that_says_otherwise_is_wrong(
    rendered: Path, tmp_path: Path
) -> None:
    folder = copy_of(rendered, tmp_path / "out")
    data = json.loads((folder / NAME).read_text())
    (folder / NAME).write_text(json.dumps({**data, "frames": data["frames"][:2]}))
    assert (found(folder), verify(folder).exit_code) == ([("complete", None)], ExitCode.PARTIAL)
    data["frames"][1]["sha256"] = "0" * 64
    (folder / NAME).write_text(json.dumps(data))
    assert (found(folder), verify(folder).exit_code) == ([("manifest", None)], ExitCode.OUTPUT)


def test_one_damaged_manifest_hides_no_other_shot(rendered: Path, tmp_path: Path) -> None:
    folder = copy_of(rendered, tmp_path / "out")
    (folder / "other.manifest.json").write_text("{")
    damaged: list[InputError] = []
    assert [shot.pattern for shot in find_shots(folder, damaged.append)] == [str(folder / "out.####.exr")]
    assert [error.where for error in damaged] == [str(folder / "other.manifest.json")]
    with pytest.raises(InputError, match=r"other\.manifest\.json: is not a manifest"):
        find_shots(folder)
    (tmp_path / "other.manifest.json").write_text("{")
    with pytest.raises(InputError, match=r"other\.manifest\.json: is not a manifest"):
        find_shots(tmp_path)
    (folder / NAME).write_text("{")  # the journals know the shot
    assert [shot.pattern for shot in find_shots(folder, damaged.append)] == [str(folder / "out.####.exr")]
    assert found(folder) == [("manifest", None)]


def test_a_shot_that_was_rendered_on_windows_is_known_by_its_journal_elsewhere(rendered: Path, tmp_path: Path) -> None:
    folder = copy_of(rendered, tmp_path / "out")
    (folder / NAME).unlink()
    journal = folder / ".out.vst" / "journal.jsonl"
    there = json.dumps("Z:\\show\\out.####.exr")
    journal.write_text(re.sub(r'(?<="pattern":)"[^"]+"', lambda _: there, journal.read_text()))
    assert there in journal.read_text()
    assert [shot.pattern for shot in find_shots(folder)] == [str(folder / "out.####.exr")]


@pytest.mark.parametrize("name", ["missing", "missing/", "sh010.v003"])
def test_a_folder_that_is_not_there_is_told_as_such(name: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=f"{name}: no such folder; name the frames"):
        find_shots(f"{tmp_path}/{name}")


def test_without_a_manifest_there_is_nothing_to_verify(tmp_path: Path) -> None:
    for target in (tmp_path, tmp_path / NAME):
        with pytest.raises(InputError):
            find_shots(target)
    with pytest.raises(InputError, match=r"out\.manifest\.json: there is no manifest for these frames"):
        verify(tmp_path)
    (tmp_path / NAME).write_text("{")
    with pytest.raises(InputError, match="is not a manifest, or is damaged"):
        verify(tmp_path)


def test_what_several_frames_have_is_said_once() -> None:
    findings = [Finding("complete", "is missing", frame, f"{frame}.exr") for frame in (1001, 1002, 1009)]
    group, other = grouped([*findings, Finding("chain", "was not made", -3, "x.exr")])
    assert str(group) == "frames 1001-1002,1009, 1001.exr: is missing"
    assert str(other) == "frame -3, x.exr: was not made"

"""The manifest as those who read it find it."""

from __future__ import annotations

import hashlib
import json
import threading
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from full_disk import largest_file
from small_network import with_network
from small_shot import SHOT, SmallShot, attributes_of, copy_of, leftovers, out, outputs, snapshot

from vst_core import FrameRange, InputError, OutputError, RenderSettings, render_shot
from vst_core.pipeline import recorder
from vst_core.pipeline.journal import append, gather, manifest_path, publish
from vst_core.pipeline.manifest import Entry, Manifest, Run, read_manifest
from vst_core.pipeline.run import with_whole_paths
from vst_core.sequence import FrameSequence

NAME = "out.manifest.json"
JOURNAL = Path(".out.vst") / "journal.jsonl"


def sequence(folder: Path) -> FrameSequence:
    return FrameSequence.parse(folder / "out.####.exr")


def manifest_of(folder: Path) -> Manifest:
    return read_manifest(folder / NAME)


def frames_of(folder: Path) -> list[int]:
    return [record.frame for record in manifest_of(folder).frames]


def lines_of(folder: Path) -> list[bytes]:
    return (folder / JOURNAL).read_bytes().splitlines(keepends=True)


def test_it_says_what_every_file_is(rendered: Path) -> None:
    manifest = manifest_of(rendered)
    assert [record.frame for record in manifest.frames] == list(SHOT)
    previous = ""
    for record in manifest.frames:
        path = out(rendered, record.frame)
        assert record.file == path.name
        assert record.bytes == path.stat().st_size
        assert record.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
        assert (record.state, record.previous) == (attributes_of(path)["vst:state"], previous)
        assert record.data_window == record.display_window == (0, 0, 80, 45)
        assert "ViewLayer.Combined.R half" in record.channels
        assert "ViewLayer.Depth.Z float" in record.channels
        previous = record.state
    assert [record.coverage is None for record in manifest.frames] == [True, False, False, False]
    assert all(0.3 < (record.coverage or 1) <= 1 for record in manifest.frames)


def test_it_says_what_they_were_made_with(small_shot: SmallShot, rendered: Path) -> None:
    (run,) = manifest_of(rendered).runs
    assert RenderSettings.of(run.settings) == small_shot.settings(rendered)
    assert (run.shot, run.frames, run.number) == (SHOT, SHOT, 1)
    assert run.fingerprint == attributes_of(out(rendered, 1001))["vst:fingerprint"]
    for assets, path in ((run.weights, small_shot.weights), (run.styles, small_shot.style)):
        assert [(each.name, each.path) for each in assets] == [(path.name, str(path))]
        assert assets[0].sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert run.versions.keys() >= {"vst", "python", "torch", "OpenImageIO"}


def test_it_says_what_they_took(rendered: Path) -> None:
    manifest = manifest_of(rendered)
    for record in manifest.frames:
        assert record.seconds is not None
        since_the_start = (record.written - manifest.run_of(record).started).total_seconds()
        assert max(record.seconds.model_dump().values()) < since_the_start
        assert min(record.seconds.read, record.seconds.method, record.seconds.write) > 0
        assert (record.seconds.motion > 0) == (record.frame > 1001)
        assert 50e6 < record.peak_memory < 20e9


def test_every_line_of_it_is_a_run_or_a_frame(rendered: Path) -> None:
    lines = (rendered / NAME).read_text().splitlines()
    assert [json.loads(line.rstrip(","))["frame"] for line in lines if '"frame":' in line] == list(SHOT)


def test_a_frame_is_recorded_before_it_has_its_name(
    small_shot: SmallShot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace, seen = Path.replace, []

    def watched(self: Path, target: Path) -> Path:
        if target.suffix == ".exr":
            seen.append(target.name in (tmp_path / JOURNAL).read_text())
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", watched)
    small_shot.render(tmp_path, frames="1001-1002")
    assert seen == [True, True]


def test_a_render_that_goes_on_adds_to_it(small_shot: SmallShot, tmp_path: Path) -> None:
    small_shot.render(tmp_path, frames="1001-1002")
    small_shot.render(tmp_path)
    manifest = manifest_of(tmp_path)
    assert [manifest.run_of(record).number for record in manifest.frames] == [1, 1, 2, 2]
    assert [str(run.shot) for run in manifest.runs] == ["1001-1002", "1001-1004"]


def test_a_render_that_is_closed_leaves_it_whole(small_shot: SmallShot, tmp_path: Path) -> None:
    with closing(render_shot(small_shot.settings(tmp_path))) as results:  # type: ignore[type-var]  # it is a generator
        next(results)
    assert set(frames_of(tmp_path)) >= {1001}


def test_of_a_frame_that_was_made_twice_the_later_record_counts(
    small_shot: SmallShot, rendered: Path, tmp_path: Path
) -> None:
    folder = copy_of(rendered, tmp_path / "out")
    small_shot.render(folder, overwrite=True, style__scale=0.5, frames="1001-1002")
    manifest = manifest_of(folder)
    assert [manifest.run_of(record).number for record in manifest.frames] == [2, 2, 1, 1]
    for record in manifest.frames:
        assert record.sha256 == hashlib.sha256(out(folder, record.frame).read_bytes()).hexdigest()


@pytest.mark.parametrize("lost", ["the manifest", "the hidden folder", "both", "a line", "half a line"])
def test_what_is_lost_of_it_is_mended_by_the_next_render(
    small_shot: SmallShot, rendered: Path, tmp_path: Path, lost: str
) -> None:
    folder = copy_of(rendered, tmp_path / "out")
    whole = (folder / NAME).read_bytes()
    lines = lines_of(folder)
    if lost != "the hidden folder":
        (folder / NAME).unlink()
    if lost in ("the hidden folder", "both"):
        (folder / JOURNAL).unlink()
    elif lost == "a line":
        (folder / JOURNAL).write_bytes(b"".join([*lines[:2], b"{]\n", *lines[3:]]))
    elif lost == "half a line":
        (folder / JOURNAL).write_bytes(b"".join(lines)[:-40])
    assert all(result.kept and not result.notes for result in small_shot.render(folder))
    assert frames_of(folder) == list(SHOT)
    if lost in ("the manifest", "the hidden folder"):
        assert (folder / NAME).read_bytes() == whole
    before = snapshot(folder)
    small_shot.render(folder)
    assert snapshot(folder) == before


def test_nothing_is_added_to_half_a_line(rendered: Path, tmp_path: Path) -> None:
    folder = copy_of(rendered, tmp_path / "out")
    record = manifest_of(folder).frames[-1]
    with (folder / JOURNAL).open("ab") as journal:
        journal.write(b'{"frame":{"frame":10')
    (folder / NAME).unlink()
    append(folder / ".out.vst", Entry(frame=record.model_copy(update={"bytes": 7})))
    assert gather(sequence(folder)).frames[-1].bytes == 7


def test_on_a_full_disk_half_a_line_counts_for_nothing(rendered: Path, tmp_path: Path) -> None:
    folder = copy_of(rendered, tmp_path / "out")
    record = manifest_of(folder).frames[-1]
    entry = Entry(frame=record.model_copy(update={"frame": 1005, "file": "out.1005.exr"}))
    with (
        largest_file((folder / JOURNAL).stat().st_size + 50),
        pytest.raises(OutputError, match=r"journal\.jsonl: cannot be written \(File too large\)"),
    ):
        append(folder / ".out.vst", entry)
    assert [record.frame for record in gather(sequence(folder)).frames] == list(SHOT)
    append(folder / ".out.vst", entry)
    assert [record.frame for record in gather(sequence(folder)).frames] == [*SHOT, 1005]


def test_a_frame_that_cannot_be_recorded_gets_no_name(
    small_shot: SmallShot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(folder: Path, entry: Entry) -> None:
        if entry.frame is not None and entry.frame.frame == 1003:
            raise OutputError("cannot be written", where=folder)
        append(folder, entry)

    monkeypatch.setattr(recorder, "append", full)
    with pytest.raises(OutputError, match="frame 1003"):
        small_shot.render(tmp_path)
    assert outputs(tmp_path) == ["out.1001.exr", "out.1002.exr"]
    assert frames_of(tmp_path) == [1001, 1002]
    assert leftovers(tmp_path) == []


def test_drafts_that_are_made_beside_one_another_lose_nothing(
    small_shot: SmallShot, small_network: Path, tmp_path: Path
) -> None:
    def start(chunk: str) -> Any:
        settings = small_shot.settings(tmp_path, **with_network(small_network, chunk=chunk, preroll=1))
        return closing(render_shot(settings))

    with start("1001-1002") as one, start("1003-1004") as two:
        for _ in range(2):
            next(one)
            next(two)
        list(two)
        assert frames_of(tmp_path) == list(SHOT)  # of the one that is not over, too
        list(one)
    manifest = manifest_of(tmp_path)
    assert [str(manifest.run_of(record).frames) for record in manifest.frames] == ["1001-1002"] * 2 + ["1003-1004"] * 2
    assert {str(run.shot) for run in manifest.runs} == {"1001-1004"}


def test_writers_at_once_leave_the_latest_state(rendered: Path, tmp_path: Path) -> None:
    folder = copy_of(rendered, tmp_path / "out")
    manifest = manifest_of(folder)
    record = manifest.frames[0]
    for chunk in ("2000-2019", "2020-2039"):
        (folder / ".out.vst" / chunk).mkdir()

    def add(chunk: FrameRange) -> None:
        place = folder / ".out.vst" / str(chunk)
        append(place, Entry(run=manifest.runs[0]))
        for frame in chunk:
            append(place, Entry(frame=record.model_copy(update={"frame": frame, "file": f"out.{frame}.exr"})))
            publish(sequence(folder))

    threads = [threading.Thread(target=add, args=(FrameRange(first, first + 19),)) for first in (2000, 2020)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert frames_of(folder) == [*SHOT, *range(2000, 2040)]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is not a manifest"),
        (b"[]", "is not a manifest"),
        (b'{"format": "vst-manifest"', "is not a manifest"),
        (b'{"format":"vst-manifest","version":2,"files":"a.exr","runs":[],"frames":[]}', "version"),
        (b'{"format":"vst-manifest","version":1,"files":"../a.exr","runs":[],"frames":[]}', "files"),
        (b"[" * 100_000, "is not a manifest"),
        (b"\xff\xfe", "is not a manifest"),
        (None, "cannot be read"),
    ],
)
def test_what_is_no_manifest_is_refused_in_a_line(tmp_path: Path, content: bytes | None, said: str) -> None:
    if content is not None:
        (tmp_path / NAME).write_bytes(content)
    with pytest.raises(InputError) as refused:
        manifest_of(tmp_path)
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_manifest_that_contradicts_itself_is_refused(rendered: Path) -> None:
    data = json.loads((rendered / NAME).read_bytes())
    for change, said in (
        ({"frames": data["frames"] * 2}, "twice"),
        ({"runs": []}, "not listed"),
        ({"frames": [data["frames"][0] | {"file": "../out.1001.exr"}]}, "file"),
        ({"frames": [data["frames"][0] | {"pixels": 3}]}, "pixels"),
    ):
        with pytest.raises(ValueError, match=said):
            Manifest.model_validate(data | change)


def test_paths_of_a_run_are_good_everywhere(
    small_shot: SmallShot, rendered: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(small_shot.folder.parent)
    near = RenderSettings.of(
        small_shot.settings(tmp_path / "out").model_dump(mode="json")
        | {"plate": "plate/shot.####.exr", "style": {"styles": ["style.png"]}, "output": {"pattern": "out.####.exr"}}
    )
    whole = with_whole_paths(near)
    assert whole.plate == small_shot.pattern
    assert whole.style.styles == (str(small_shot.style),)
    assert whole.output.pattern == str(small_shot.folder.parent / "out.####.exr")
    monkeypatch.chdir(tmp_path)
    results = render_shot(whole.model_copy(update={"output": small_shot.settings(rendered).output}))
    assert all(result.kept for result in results)


def test_where_it_lies() -> None:
    for name, manifest in (("sh010_####.exr", "sh010.manifest.json"), ("####.exr", "shot.manifest.json")):
        assert manifest_path(FrameSequence.parse(f"out/{name}")) == Path("out") / manifest


def test_runs_that_left_nothing_are_not_told_of(rendered: Path, tmp_path: Path) -> None:
    folder = copy_of(rendered, tmp_path / "out")
    run: Run = manifest_of(folder).runs[0]
    append(folder / ".out.vst", Entry(run=run.model_copy(update={"id": "0" * 16, "number": 2})))
    assert publish(sequence(folder)).runs == (run,)

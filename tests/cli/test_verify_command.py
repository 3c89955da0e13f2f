"""``vst verify`` as a TD meets it in the morning."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from small_shot import SHOT, Outcome, copy_of, differing, out

Run = Callable[..., Outcome]


def test_a_sound_shot_a_damaged_one_and_one_that_is_not_done(rendered: Path, tmp_path: Path, vst: Run) -> None:
    folder = copy_of(rendered, tmp_path / "out")
    pattern = folder / "out.####.exr"
    assert vst("verify", folder) == Outcome(0, f"{pattern}: 4 frames, all as they were written\n", "")
    out(folder, 1003).unlink()
    partial = vst("verify", folder / "out.####.exr")
    assert (partial.code, partial.err) == (6, "")
    assert partial.out.splitlines() == [
        f"frame 1003, {out(folder, 1003)}: is missing",
        f"{pattern}: of 4 frames, 0 broken, 1 missing",
    ]
    out(folder, 1002).write_bytes(b"")
    broken = vst("verify", folder, rendered)
    assert (broken.code, broken.err) == (4, "")
    assert f"{pattern}: of 4 frames, 1 broken, 1 missing" in broken.out
    assert broken.out.endswith(f"{rendered / 'out.####.exr'}: 4 frames, all as they were written\n")
    nothing = vst("verify", tmp_path)
    assert (nothing.code, nothing.complaint) == (
        3,
        f"{tmp_path}: has no manifest; name the frames, for example out.####.exr",
    )


def test_what_cannot_be_verified_keeps_no_other_shot_from_it(rendered: Path, tmp_path: Path, vst: Run) -> None:
    two = copy_of(rendered, tmp_path / "two")
    damaged = two / "another.manifest.json"
    damaged.write_text("{")
    sound = f"{two / 'out.####.exr'}: 4 frames, all as they were written\n"
    told = vst("verify", two)
    assert (told.code, told.out) == (3, sound)
    assert told.complaint.startswith(f"{damaged}: is not a manifest, or is damaged")
    missing = tmp_path / "missing"
    both = vst("verify", missing, two, "--json")
    first, second = both.err.splitlines()
    assert first.startswith(f"vst: {missing}: no such folder")
    assert second == told.err.strip()
    events = both.events
    assert [(event["event"], event["exit_code"]) for event in events] == [("verified", 0), ("error", 3), ("error", 3)]


def test_json_and_repair(rendered: Path, tmp_path: Path, vst: Run) -> None:
    folder = copy_of(rendered, tmp_path / "out")
    for frame in (1001, 1002):
        out(folder, frame).write_bytes(out(folder, frame).read_bytes()[:-1])
    told = vst("verify", folder, "--json")
    events = told.events
    assert [event["event"] for event in events] == ["finding", "finding", "verified"]
    assert [(event["check"], event["frames"]) for event in events[:2]] == [
        ("content", "1001-1002"),
        ("decode", "1001-1002"),
    ]
    assert (events[2]["broken"], events[2]["missing"], events[2]["exit_code"], told.code) == ([1001, 1002], [], 4, 4)
    mended = vst("verify", folder, "--repair")
    assert mended.code == 0
    assert mended.out.splitlines()[-1].endswith("4 frames, all as they were written")
    assert mended.err.count("kept") == 2
    assert differing(rendered, folder, SHOT) == []

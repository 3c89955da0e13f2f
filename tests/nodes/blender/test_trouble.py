"""Runs that something or somebody stops: Blender lives, the line is plain, frames stay, the next run goes on."""

from __future__ import annotations

from pathlib import Path

import pytest
from blender_frames import write_plate
from real_blender import blender


def test_without_a_worker_nothing_is_begun(tmp_path: Path) -> None:
    found = blender("troubling.refused", tmp_path, worker=tmp_path / "none")
    assert found == {"pressed": ["CANCELLED"], "code": 2, "made": False}


def test_a_damaged_frame_stops_a_run_that_goes_on_once_it_is_mended(tmp_path: Path) -> None:
    plate = write_plate(tmp_path, 4)
    third = tmp_path / "plate.0003.exr"
    whole = third.read_bytes()
    third.write_bytes(whole[: len(whole) // 2])
    first = blender("troubling.sequence", plate, tmp_path, 4)
    assert (first["doing"], first["code"], first["shown"]) == ("failed", 3, 2)
    assert "plate.0003.exr" in first["message"]
    third.write_bytes(whole)
    second = blender("troubling.sequence", plate, tmp_path, 4, str(tmp_path / "sequence.blend"))
    assert (second["doing"], second["shown"], second["version"], second["kept"]) == ("done", 4, "v001", 2)


@pytest.mark.parametrize(
    ("way", "doing", "words"),
    [("kill", "failed", "was killed (SIGKILL"), ("cancel", "cancelled", "the next run goes on from there")],
)
def test_a_run_that_is_stopped_in_mid_shot_goes_on(way: str, doing: str, words: str, tmp_path: Path) -> None:
    first, second = blender("troubling.stopped", write_plate(tmp_path, 24), tmp_path, 24, way)
    assert first["doing"] == doing
    assert words in first["message"]
    assert 1 <= first["shown"] < 24
    assert (second["doing"], second["shown"], second["version"]) == ("done", 24, "v001")
    assert second["kept"] >= first["shown"]


def test_a_plate_that_is_stopped_goes_on(tmp_path: Path) -> None:
    found = blender("troubling.cancelled_plate", tmp_path)
    assert (found["first"]["doing"], found["first"]["code"], found["first"]["shown"]) == ("cancelled", 130, 0)
    assert (found["second"]["doing"], found["second"]["version"]) == ("done", "v001")
    assert not found["rendered again"]
    assert (found["third"]["doing"], found["third"]["version"]) == ("done", "v002")


def test_ctrl_c_cancels_and_keeps_what_is_done(tmp_path: Path) -> None:
    assert blender("troubling.interrupted", tmp_path) == [130, ["plate.0001.exr"]]


def test_no_other_shot_goes_on_with_a_version(tmp_path: Path) -> None:
    assert blender("troubling.other_shots", tmp_path) == ["v001", "v001", "v002", "v003", "v004"]


def test_a_full_disk_keeps_the_frames_that_are_done(tmp_path: Path) -> None:
    first, second = blender("troubling.full_disk", write_plate(tmp_path, 4, flat=1), tmp_path, 4, 20_000)
    assert (first["doing"], first["code"], first["shown"]) == ("failed", 4, 1)
    assert "Stylize.0002.exr" in first["message"]
    assert "\n" not in first["message"]
    assert (second["doing"], second["shown"], second["version"], second["kept"]) == ("done", 4, "v001", 1)


def test_a_disk_too_full_for_the_plate_is_told_of(tmp_path: Path) -> None:
    first, second = blender("troubling.full_disk_of_plate", tmp_path, 10_000)
    assert (first["doing"], first["code"], first["shown"]) == ("failed", 4, 0)
    assert "plate.0001.exr was only partly written; check the free space" in first["message"]
    assert (second["doing"], second["shown"], second["version"]) == ("done", 2, "v001")


def test_what_is_borrowed_for_a_frame_is_in_no_saved_file_and_no_step_of_the_undo(tmp_path: Path) -> None:
    found = blender("troubling.borrowed_scene", tmp_path)
    assert (found.pop("in"), found.pop("saved")) == (3, 3)  # nodes of output
    assert found == dict.fromkeys(("range", "after", "undone", "opened"), "as before")


def test_a_timeline_with_strips_is_in_no_ones_way(tmp_path: Path) -> None:
    found = blender("troubling.busy_timeline", tmp_path)
    assert (found["doing"], found["kept"]) == ("done", True), found["message"]


def test_a_node_that_is_spoilt_or_gone_ends_its_run(tmp_path: Path) -> None:
    edited, deleted = blender("troubling.spoilt_node", write_plate(tmp_path, 24), tmp_path, 24)
    assert (edited["doing"], edited["code"]) == ("failed", 1)
    assert edited["message"].startswith("internal error (KeyError")
    assert (deleted["doing"], deleted["code"]) == ("failed", 4)
    assert deleted["message"] == "the node was deleted; finished frames are kept"

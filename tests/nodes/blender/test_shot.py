"""A shot, from the press of the button to the frames in compositor and sequencer: real Blender, real worker."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from real_blender import blender
from small_shot import attributes_of, color_of, read_channels, write_channels


@pytest.fixture(scope="module")
def shot(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """Folder of a file whose shot was stylised twice, and what Blender said."""
    folder = tmp_path_factory.mktemp("shot")
    return folder, blender("whole_way", folder, log=folder / "printed")


def version(folder: Path, number: int) -> Path:
    return folder / "stylized" / "Stylize" / f"v{number:03d}"


def frame(folder: Path, number: int, of: int = 1) -> Path:
    return version(folder, of) / f"shot.Stylize.{number:04d}.exr"


def write_plate(folder: Path, last: int) -> Path:
    """Frames of noise from 1 on; returns their pattern."""
    random = np.random.default_rng(2)
    for number in range(1, last + 1):
        channels = {name: random.uniform(0, 1, (48, 64)).astype(np.float32) for name in "RGB"}
        write_channels(folder / f"plate.{number:04d}.exr", channels)
    return folder / "plate.####.exr"


def test_the_node_shows_what_the_worker_painted(shot: tuple[Path, dict[str, Any]]) -> None:
    folder, said = shot
    assert said["codes"] == [0, 0]
    for number in (1, 3):
        seen = color_of(read_channels(folder / f"seen_{number}.exr"))
        assert np.array_equal(seen, color_of(read_channels(frame(folder, number, of=2))))
        assert not np.allclose(seen, color_of(read_channels(version(folder, 2) / "plate" / f"plate.{number:04d}.exr")))


def test_every_run_has_a_version_of_its_own(shot: tuple[Path, dict[str, Any]]) -> None:
    folder, _ = shot
    assert [path.name for path in sorted(version(folder, 1).parent.iterdir())] == ["v001", "v002"]
    for number in (1, 2, 3):
        assert np.array_equal(
            color_of(read_channels(frame(folder, number, of=1))), color_of(read_channels(frame(folder, number, of=2)))
        )


def test_the_scene_is_as_it_was(shot: tuple[Path, dict[str, Any]]) -> None:
    folder, said = shot
    assert said["untouched"]
    assert said["left"] == ["NodeGroupOutput"]
    assert said["scenes"] == 1
    assert not list(folder.rglob("beside"))


def test_the_colour_space_is_said_and_set(shot: tuple[Path, dict[str, Any]]) -> None:
    folder, said = shot
    assert attributes_of(frame(folder, 1))["colorInteropID"] == "lin_rec709_scene"
    assert said["space"] == "Linear Rec.709"


def test_the_timeline_plays_the_same_frames(shot: tuple[Path, dict[str, Any]]) -> None:
    folder, said = shot
    assert said["strip"] == [1, 3, 3]
    seen = color_of(read_channels(folder / "timeline_3.exr"))
    np.testing.assert_allclose(seen, color_of(read_channels(frame(folder, 3, of=2))), atol=2e-3)


def test_progress_is_printed_and_the_worker_stays(shot: tuple[Path, dict[str, Any]]) -> None:
    folder, said = shot
    lines = [line for line in (folder / "printed").read_text().splitlines() if line.startswith("vst: ")]
    assert "vst: rendering the plate, 3 of 3 frames" in lines
    assert "vst: stylising, 2 of 3 frames" in lines
    assert sum(", 3 of 3 frames in " in line for line in lines) == 2
    assert said["same worker"]


def test_the_plate_has_the_vectors_of_the_renderer(tmp_path: Path) -> None:
    blender("plate_layers", tmp_path)
    channels = read_channels(tmp_path / "plate.0002.exr")
    assert {"Image.R", "Image.A", "Vector.X", "Vector.Z", "Depth.V"} <= channels.keys()
    assert np.abs(channels["Vector.X"]).max() > 1
    assert channels["Depth.V"].max() > 1e9


def test_every_problem_has_a_line_and_a_button_that_mends_it(tmp_path: Path) -> None:
    found = blender("preflight", tmp_path)
    assert [name for name, (_, gone) in found.items() if not gone] == []
    for name, words in {"blur": "motion blur", "vectors": "Vector pass", "preferences": "/nowhere/vst"}.items():
        assert words in found[name][0]
    assert all("\n" not in line and ";" in line for name, (line, _) in found.items() if line)


def test_without_a_worker_nothing_is_begun(tmp_path: Path) -> None:
    found = blender("refused", tmp_path, worker=tmp_path / "none")
    assert found == {"pressed": ["CANCELLED"], "code": 2, "made": False}


def test_a_damaged_frame_stops_a_run_that_goes_on_once_it_is_mended(tmp_path: Path) -> None:
    plate = write_plate(tmp_path, 4)
    third = tmp_path / "plate.0003.exr"
    whole = third.read_bytes()
    third.write_bytes(whole[: len(whole) // 2])
    first = blender("sequence", plate, tmp_path, 4)
    assert (first["doing"], first["code"], first["shown"]) == ("failed", 3, 2)
    assert "plate.0003.exr" in first["message"]
    third.write_bytes(whole)
    second = blender("sequence", plate, tmp_path, 4, str(tmp_path / "sequence.blend"))
    assert (second["doing"], second["shown"], second["version"], second["kept"]) == ("done", 4, "v001", 2)


def test_a_killed_worker_is_reported_and_replaced(tmp_path: Path) -> None:
    found = blender("killed", write_plate(tmp_path, 24), tmp_path, 24)
    assert found["first"]["doing"] == "failed"
    assert "was killed (SIGKILL" in found["first"]["message"]
    assert found["first"]["shown"] >= 1
    assert (found["second"]["doing"], found["second"]["shown"], found["second"]["version"]) == ("done", 24, "v001")
    assert found["second"]["kept"] >= 1


def test_a_cancelled_run_is_gone_on_with(tmp_path: Path) -> None:
    found = blender("cancelled", tmp_path)
    assert (found["first"]["doing"], found["first"]["code"], found["first"]["shown"]) == ("cancelled", 130, 0)
    assert (found["second"]["doing"], found["second"]["version"]) == ("done", "v001")
    assert not found["rendered again"]
    assert (found["third"]["doing"], found["third"]["version"]) == ("done", "v002")


def test_the_worker_can_be_tried() -> None:
    assert re.fullmatch(r"vst \S+ on \w.*, \d+\.\d\d s for a frame of 128 x 128", blender("trial"))

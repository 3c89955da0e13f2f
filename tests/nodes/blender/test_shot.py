"""A shot, from the press of the button to the frames in compositor and sequencer: real Blender, real worker."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from blender_frames import color, stylized, version, write_plate
from real_blender import blender
from small_shot import SmallShot, attributes_of, cropped, read_channels

from vst_core.pipeline.measure import measure_shot
from vst_core.settings import FlowSettings

Shot = tuple[Path, dict[str, Any]]
PER_FRAME, FIRST, SECOND = 1, 2, 3


@pytest.fixture(scope="module")
def shot(tmp_path_factory: pytest.TempPathFactory) -> Shot:
    """Folder of a file whose shot was stylised frame by frame, then twice coherently, and what Blender said."""
    folder = tmp_path_factory.mktemp("shot")
    return folder, blender("stylizing.whole_way", folder, log=folder / "printed")


def flicker(folder: Path, number: int) -> float:
    """The warping error of a version, along the vectors of the renderer."""
    plate, motion = (str(version(folder, FIRST) / "plate" / f"{stem}.####.exr") for stem in ("plate", "motion"))
    measured = measure_shot(
        str(version(folder, number) / "shot.Stylize.####.exr"), plate, flow=FlowSettings(source=motion), lags=(1,)
    )
    (error,) = measured.warping
    assert error.valid > 0.8
    return error.stylized


def test_the_node_shows_what_the_worker_painted(shot: Shot) -> None:
    folder, said = shot
    assert said["codes"] == [0, 0, 0]
    for number in (1, 4):
        seen = color(folder / f"seen_{number}.exr")
        assert np.array_equal(seen, color(stylized(folder, number, "shot", SECOND)))
        assert not np.allclose(seen, color(version(folder, SECOND) / "plate" / f"plate.{number:04d}.exr"), atol=0.05)


def test_its_own_vectors_keep_it_from_flickering(shot: Shot) -> None:
    folder, _ = shot
    assert flicker(folder, FIRST) < 0.7 * flicker(folder, PER_FRAME)


def test_every_run_has_a_version_of_its_own(shot: Shot) -> None:
    folder, _ = shot
    assert [path.name for path in sorted(version(folder).parent.iterdir())] == ["v001", "v002", "v003"]
    for number in (1, 2, 3, 4):
        first, second = (color(stylized(folder, number, "shot", run)) for run in (FIRST, SECOND))
        assert np.array_equal(first, second)


def test_the_scene_is_as_it_was(shot: Shot) -> None:
    folder, said = shot
    assert said["untouched"]
    assert said["left"] == ["NodeGroupOutput"]
    assert said["scenes"] == 1
    assert not list(folder.rglob("beside"))


def test_the_colour_space_is_said_and_set(shot: Shot) -> None:
    folder, said = shot
    assert attributes_of(stylized(folder, 1, "shot"))["colorInteropID"] == "lin_rec709_scene"
    assert said["space"] == "Linear Rec.709"


def test_the_timeline_plays_the_same_frames(shot: Shot) -> None:
    folder, said = shot
    assert said["strip"] == [1, 4, 4]
    assert said["moves along"]
    for number in (1, 4):
        seen = color(folder / f"timeline_{number}.exr")
        np.testing.assert_allclose(seen, color(stylized(folder, number, "shot", SECOND)), atol=2e-3)


def test_progress_is_printed_and_the_worker_stays(shot: Shot) -> None:
    folder, said = shot
    lines = [line for line in (folder / "printed").read_text().splitlines() if line.startswith("vst: ")]
    assert "vst: rendering the plate, 3 of 4 frames" in lines
    assert any(re.fullmatch(r"vst: stylising, \d of 4 frames", line) for line in lines)
    assert sum(", 4 of 4 frames in " in line for line in lines) == 3
    assert said["same worker"]


def test_the_plate_has_the_vectors_of_the_renderer(tmp_path: Path) -> None:
    blender("stylizing.plate_layers", tmp_path)
    assert read_channels(tmp_path / "plate.0002.exr").keys() == set("RGBA")
    channels = read_channels(tmp_path / "motion.0002.exr")
    assert {"Vector.X", "Vector.Z", "Depth.V"} <= channels.keys()
    assert np.abs(channels["Vector.X"]).max() > 1
    assert channels["Depth.V"].max() > channels["Depth.V"].min() > 1


def test_an_image_sequence_can_be_linked_to_the_node(tmp_path: Path) -> None:
    write_plate(tmp_path, 1003, first=1001)
    found = blender("stylizing.linked_sequence", tmp_path / "plate.1001.exr", 1001, tmp_path)
    assert (found["doing"], found["shown"]) == ("done", 3), found["message"]
    given, taken = color(tmp_path / "plate.1002.exr"), color(version(tmp_path) / "plate" / "plate.0002.exr")
    assert np.array_equal(given, taken)
    assert np.array_equal(color(tmp_path / "seen_2.exr"), color(stylized(tmp_path, 2, "linked")))


def test_the_frames_of_a_movie_clip_are_shown_where_the_clip_shows_them(tmp_path: Path) -> None:
    write_plate(tmp_path, 1006, first=1001)
    found = blender("stylizing.movie_clip", tmp_path / "plate.1001.exr", tmp_path)
    assert (found["doing"], found["shown"]) == ("done", 3), found["message"]
    assert sorted(path.name[-8:-4] for path in version(tmp_path).glob("*.exr")) == ["1003", "1004", "1005"]
    for scene_frame, number in ((11, 1003), (13, 1005)):
        seen = color(tmp_path / f"seen_{scene_frame}.exr")
        assert np.array_equal(seen, color(stylized(tmp_path, number, "clip")))


def test_of_a_sequence_with_layers_the_picture_is_shown_and_played(tmp_path: Path, small_shot: SmallShot) -> None:
    found = blender("stylizing.layered_sequence", small_shot.pattern, tmp_path)
    assert (found["doing"], found["shown"]) == ("done", 2), found["message"]
    frame = stylized(tmp_path, 1002, "layered")
    assert read_channels(frame).keys() == set("RGBA")
    for name in ("seen", "timeline"):
        np.testing.assert_allclose(color(tmp_path / f"{name}.exr"), color(frame), atol=2e-3)


def test_a_picture_of_ones_own_is_a_style(tmp_path: Path, sample_styles: Path, vgg16_weights: Path) -> None:
    plate, style = write_plate(tmp_path, 1), cropped(sample_styles / "oil.png", tmp_path / "style.png")
    found = blender("stylizing.own_style", plate, style, vgg16_weights, tmp_path)
    assert (found["doing"], found["shown"]) == ("done", 1), found["message"]


def test_a_scene_in_another_working_space_keeps_its_colours(tmp_path: Path) -> None:
    found = blender("stylizing.other_working_space", tmp_path)
    if found is None:
        pytest.skip("before Blender 5 there is one working space")
    assert (found["doing"], found["space"]) == ("done", "ACEScg"), found["message"]
    frame = stylized(tmp_path, 2, "acescg")
    assert attributes_of(frame)["colorInteropID"] == "lin_ap1_scene"
    np.testing.assert_allclose(color(tmp_path / "seen_2.exr"), color(frame), atol=1e-6)


def test_a_farm_gets_an_exit_code(tmp_path: Path) -> None:
    found = blender("stylizing.command", tmp_path, log=tmp_path / "printed")
    assert found == {"codes": {"no file": 2, "no node": 2, "good": 0, "not saved": 4}, "shown": 2}
    assert "vst: there is no such Stylize node in the compositor of this scene" in (tmp_path / "printed").read_text()

"""A shot against its plate: what a decoder cannot see."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import OpenImageIO as oiio  # noqa: N813  # its own documentation imports it so
import pytest
from small_network import KEEPS, with_network, write_random_network
from small_shot import SHOT, SmallShot, attributes_of, copy_of, out, read_channels, write_channels

from vst_core import OutputError
from vst_core.pipeline.findings import grouped
from vst_core.pipeline.inspect import inspect_shot
from vst_core.pipeline.limits import Limits
from vst_core.pipeline.repair import plan_repair, repair_shot
from vst_core.pipeline.verify import Verification, verify_shot
from vst_core.sequence import FrameSequence

LOOSE = Limits(flicker=1.0, coverage=0.0)


def inspect(folder: Path, limits: Limits = LOOSE) -> Verification:
    return inspect_shot(verify_shot(FrameSequence.parse(folder / "out.####.exr")), limits)


def found(folder: Path, limits: Limits = LOOSE) -> list[tuple[str, str]]:
    return [(group.check, group.frames) for group in grouped(inspect(folder, limits).findings)]


@pytest.fixture
def shot(small_shot: SmallShot, tmp_path: Path) -> SmallShot:
    """The small shot with a plate of its own."""
    return small_shot.copy(tmp_path / "plate")


@pytest.fixture
def folder(rendered: Path, tmp_path: Path, shot: SmallShot) -> Path:
    """A render of it; the plate lies where the manifest says."""
    folder = copy_of(rendered, tmp_path / "out")
    shutil.rmtree(folder / ".out.vst")
    file = folder / "out.manifest.json"
    data = json.loads(file.read_text())
    for run in data["runs"]:
        run["settings"]["plate"] = shot.pattern
    file.write_text(json.dumps(data))
    return folder


def change(path: Path, alter: Callable[[dict[str, Any]], object], **attributes: Any) -> None:
    kept = {name: value for name, value in attributes_of(path).items() if name in ("Scene", "take")}
    channels = read_channels(path)
    alter(channels)
    write_channels(path, channels, **{**kept, **attributes})


def test_a_sound_shot_passes(folder: Path) -> None:
    seen: list[int] = []
    verification = verify_shot(FrameSequence.parse(folder / "out.####.exr"))
    assert inspect_shot(verification, LOOSE, seen.append).findings == ()
    assert seen == list(SHOT)


@pytest.mark.parametrize(
    ("alter", "attributes", "said"),
    [
        (lambda channels: channels["ViewLayer.Depth.Z"].fill(3), {}, ("passed_on", "ViewLayer.Depth.Z")),
        (lambda _: None, {"Scene": "Another"}, ("metadata", "Scene")),
        (lambda _: None, {"episode": "101"}, ("metadata", "episode")),
        (lambda channels: channels.pop("ViewLayer.Depth.Z"), {}, ("channels", "ViewLayer.Depth.Z")),
        (
            lambda channels: channels.update({name: values[:40, :70] for name, values in channels.items()}),
            {},
            ("window", "70x40 at (0, 0)"),
        ),
    ],
    ids=["depth", "metadata", "more metadata", "channel", "window"],
)
def test_a_plate_that_became_another_one_is_noticed(
    alter: Callable[[dict[str, Any]], object],
    attributes: dict[str, str],
    said: tuple[str, str],
    shot: SmallShot,
    folder: Path,
) -> None:
    for frame in SHOT:
        change(shot.path(frame), alter, **attributes)
    (group,) = grouped(inspect(folder).findings)
    assert (group.check, group.frames) == (said[0], str(SHOT))
    assert said[1] in group.what


def test_a_shot_without_a_frame_is_missing_and_no_more(folder: Path) -> None:
    for frame in SHOT:
        out(folder, frame).unlink()
    assert found(folder) == [("complete", str(SHOT))]


def test_a_plate_that_is_gone_cannot_vouch_for_anything(shot: SmallShot, folder: Path) -> None:
    shot.path(1003).unlink()
    assert found(folder) == [("plate", "1003")]
    shutil.rmtree(shot.folder)
    assert found(folder) == [("plate", str(SHOT))]


def test_a_frame_whose_plate_has_other_metadata_is_made_again_and_none_whose_picture_is_another(
    shot: SmallShot, folder: Path
) -> None:
    change(shot.path(1003), lambda _: None, Scene="Another")
    verification = inspect(folder)
    assert [(each.check, each.frame) for each in verification.findings] == [("metadata", 1003)]
    (repair,) = plan_repair(verification)
    assert [result.frame for result in repair_shot(repair) if not result.kept] == [1003]
    assert found(folder) == []
    change(shot.path(1003), lambda channels: channels["ViewLayer.Depth.Z"].fill(3))
    change(shot.path(1003), lambda channels: channels["ViewLayer.Combined.R"].__imul__(0.5))
    (repair,) = plan_repair(inspect(folder))
    with pytest.raises(OutputError, match=r"frame 1003, .* comes out different from its record"):
        list(repair_shot(repair))
    assert found(folder) == [("passed_on", "1003")]


def test_flicker_is_measured_against_the_plates_own_or_a_limit(
    small_shot: SmallShot, small_network: Path, tmp_path: Path
) -> None:
    kept = write_random_network(tmp_path / "keeps.safetensors", gate=KEEPS)
    small_shot.render(tmp_path / "steady", **with_network(kept))
    small_shot.render(tmp_path / "alone", **with_network(small_network, temporal=False))
    assert found(tmp_path / "steady", Limits()) == []
    (group,) = grouped(inspect(tmp_path / "alone", Limits()).findings)
    assert (group.check, group.frames) == ("flicker", "1002-1004")
    assert group.value is not None
    assert str(group).endswith(f"flickers more than the plate does ({group.value:.3f} at worst)")
    assert found(tmp_path / "alone", Limits(flicker=group.value + 1e-6)) == []
    assert found(tmp_path / "steady", Limits(flicker=1e-4)) == [("flicker", "1002-1004")]


def test_neighbours_are_looked_at_whichever_runs_made_them(
    small_shot: SmallShot, small_network: Path, tmp_path: Path
) -> None:
    alone = with_network(small_network, temporal=False)
    small_shot.render(tmp_path / "whole", **alone)
    whole = inspect(tmp_path / "whole", Limits())
    folder = tmp_path / "runs"
    small_shot.render(folder, **alone, chunk="1001-1002")
    small_shot.render(folder, **alone)
    out(folder, 1002).unlink()
    small_shot.render(folder, **alone)
    verification = inspect(folder, Limits())
    assert len(verification.manifest.runs) == 3
    (group,) = grouped(verification.findings)
    assert (group.check, group.frames, group.where) == ("flicker", "1002-1004", str(out(folder, 1002)))
    assert [each.value for each in verification.findings] == [each.value for each in whole.findings]


def test_frames_that_follow_nothing_are_told_of_and_cuts_are_not(
    small_shot: SmallShot, small_network: Path, rendered: Path, tmp_path: Path
) -> None:
    assert ("motion", "1002-1004") in found(rendered, Limits(flicker=1.0, coverage=1.0))
    small_shot.render(tmp_path, **with_network(small_network, cuts="1003"))
    assert [frames for check, frames in found(tmp_path, Limits(flicker=1e-4)) if check == "flicker"] == ["1002,1004"]


def test_weights_and_styles_have_to_be_there_as_they_were(
    small_shot: SmallShot, small_network: Path, tmp_path: Path
) -> None:
    network = Path(shutil.copy(small_network, tmp_path / "own.safetensors"))
    small_shot.render(tmp_path / "out", **with_network(network, frames="1001"))
    assert found(tmp_path / "out") == []
    network.write_bytes(b"other")
    (finding,) = inspect(tmp_path / "out").findings
    assert (finding.check, finding.where, finding.what) == (
        "weights",
        str(network),
        "is no longer what the render was made with",
    )
    network.unlink()
    (finding,) = inspect(tmp_path / "out").findings
    assert finding.what == "is no longer there, and cannot be checked"


def test_a_colour_space_that_nobody_knows_is_told_of(folder: Path) -> None:
    file = folder / "out.manifest.json"
    data = json.loads(file.read_text())
    data["runs"][0]["color_space"] = "Old Film"
    file.write_text(json.dumps(data))
    (finding,) = inspect(folder).findings
    assert (finding.check, "'Old Film' is not a known colour space" in finding.what) == ("color_space", True)


def test_what_is_packed_with_loss_is_not_held_to_the_bit(
    small_shot: SmallShot, small_network: Path, tmp_path: Path
) -> None:
    changes = with_network(small_network, output__layers="color", output__compression="b44", frames="1001")
    small_shot.render(tmp_path, **changes)
    alphas = (read_channels(path) for path in (small_shot.path(1001), out(tmp_path, 1001)))
    plate, painted = (next(values for name, values in each.items() if name.endswith("A")) for each in alphas)
    assert not np.array_equal(plate, painted)
    assert found(tmp_path) == []


def test_plain_pictures_are_compared_with_what_they_are_to_be(
    small_shot: SmallShot, small_network: Path, tmp_path: Path
) -> None:
    changes = with_network(small_network, output__layers="color", output__data_type="float", frames="1001")
    small_shot.render(tmp_path, layer="ViewLayer.Combined", **changes)
    assert found(tmp_path) == []
    assert np.dtype(np.float32) in {values.dtype for values in read_channels(out(tmp_path, 1001)).values()}


@pytest.mark.parametrize("extension", ["png", "tif", "tga"])
def test_what_a_picture_becomes_is_as_its_plate(small_shot: SmallShot, tmp_path: Path, extension: str) -> None:
    """Its alpha is rounded to half, and what speaks of its format stays behind."""
    for frame in (1001, 1002):
        pixels = np.random.default_rng(frame).integers(0, 65536, (40, 56, 4)).astype(np.uint16)
        assert cv2.imwrite(str(tmp_path / f"plate.{frame}.png"), pixels)
        picture = oiio.ImageBuf(str(tmp_path / f"plate.{frame}.png"))
        assert picture.write(str(tmp_path / f"plate.{frame}.{extension}"))
    plate = str(tmp_path / f"plate.####.{extension}")
    small_shot.render(tmp_path / "out", plate=plate, flow__source="dis", frames="1001-1002")
    assert found(tmp_path / "out") == []

"""The publish gate without a host: what passes becomes a version, and nothing else does."""

from __future__ import annotations

import ast
import os
import shutil
import stat
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import get_args

import av
import cv2
import numpy as np
import OpenImageIO as oiio  # noqa: N813  # its own documentation imports it so
import opentimelineio as otio
import pytest
from small_network import with_network
from small_shot import SHOT, Outcome, SmallShot, copy_of, differing, out, write_channels

from vst_core import InputError, OutputError, SettingsError
from vst_core.cli.publish import run_here
from vst_core.color import ColorConfig
from vst_core.errors import ExitCode
from vst_core.pipeline.findings import Check
from vst_core.pipeline.verify import verify_shot
from vst_core.publish import Outcome as Published
from vst_core.publish import PublishSettings, Row, plugin_folder, plugins, publish_shot
from vst_core.sequence import FrameSequence

Run = Callable[..., Outcome]

PLUGINS = plugin_folder() / "vst_publish" / "plugins"
VALIDATORS = tuple(sorted(path.stem for path in PLUGINS.glob("validate_*.py")))
SLOW = ("ExtractContactSheet", "ExtractReviewMovie")
"""What takes a process of its own and matters to few tests."""


def publish(output: str, settings: PublishSettings) -> Published:
    return publish_shot(output, settings, run_here)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def to(folder: Path, *skip: str, **changes: object) -> PublishSettings:
    return PublishSettings.of({"to": str(folder), "flicker": 1.0, "skip": list(skip), **changes})


def rows(outcome: Published) -> dict[str, Row]:
    return {row.plugin: row for row in outcome.rows}


def test_a_sound_shot_becomes_a_version_with_all_that_belongs_to_it(painted: Path, tmp_path: Path) -> None:
    outcome = publish(str(painted / "out.manifest.json"), to(tmp_path / "show", rate="25"))
    assert outcome.exit_code == ExitCode.OK, outcome
    assert {row.status for row in outcome.rows} == {"passed"}
    version = tmp_path / "show" / "out" / "v001"
    assert outcome.version == version
    frames = [f"out.{frame}.exr" for frame in SHOT]
    assert names(version) == sorted([*frames, "out.manifest.json", "out.otio", "out.review.mp4", "out.sheet.png"])
    assert names(version.parent) == ["v001"]
    for name in (*frames, "out.manifest.json"):
        assert (version / name).read_bytes() == (painted / name).read_bytes()
        assert stat.S_IMODE((version / name).stat().st_mode) == 0o444
    assert verify_shot(FrameSequence.parse(version / "out.####.exr")).findings == ()
    sheet = cv2.imread(str(version / "out.sheet.png"))
    assert sheet is not None
    assert sheet.shape[1] > sheet.shape[0] > 200
    with av.open(str(version / "out.review.mp4")) as movie:
        assert (movie.streams.video[0].average_rate, sum(1 for _ in movie.decode(video=0))) == (Fraction(25), 4)
    (clip,) = otio.adapters.read_from_file(str(version / "out.otio")).find_clips()
    assert clip.name == "out"
    media = clip.media_reference
    assert media.frame_range_for_time_range(clip.trimmed_range()) == (SHOT.first, SHOT.last)
    urls = [media.target_url_for_image_number(number) for number in range(media.number_of_images_in_sequence())]
    assert [Path(otio.url_utils.filepath_from_url(url)) for url in urls] == [version / name for name in frames]


@pytest.mark.parametrize(
    ("damage", "validators", "code"),
    [
        (lambda folder: out(folder, 1002).unlink(), ["ValidateComplete"], 6),
        (lambda folder: out(folder, 1002).write_bytes(b""), ["ValidateManifest", "ValidateDecode"], 4),
        (lambda folder: shutil.copy(out(folder, 1001), out(folder, 1002)), ["ValidateManifest"], 4),
    ],
    ids=["missing", "empty", "another frame"],
)
def test_what_is_not_right_does_not_pass(
    damage: Callable[[Path], object], validators: list[str], code: int, painted: Path, tmp_path: Path
) -> None:
    folder = copy_of(painted, tmp_path / "out")
    damage(folder)
    outcome = publish(str(folder / "out.manifest.json"), to(tmp_path / "show"))
    assert (outcome.version, outcome.exit_code) == (None, code)
    failed = [row for row in outcome.rows if row.status == "failed"]
    assert [row.plugin for row in failed] == validators
    assert all("1002" in row.message for row in failed)
    not_run = {row.plugin for row in outcome.rows if row.status == "not run"}
    assert not_run == {"ExtractManifest", *SLOW, "IntegrateVersion"}
    assert not (tmp_path / "show").exists()


def test_versions_count_up_and_none_is_touched_again(painted: Path, tmp_path: Path) -> None:
    skip = (*map(_class_in, VALIDATORS), *SLOW)
    published = [publish(str(painted), to(tmp_path, *skip)).version for _ in range(2)]
    (tmp_path / "out" / "v007").mkdir()
    published.append(publish(str(painted), to(tmp_path, *skip)).version)
    assert [version and version.name for version in published] == ["v001", "v002", "v008"]
    assert {row.status for row in publish(str(painted), to(tmp_path, *skip)).rows} == {"passed", "left out"}
    nothing = publish(str(painted), to(tmp_path, *skip, "IntegrateVersion"))
    assert (nothing.version, nothing.exit_code) == (None, ExitCode.OUTPUT)


def test_what_a_killed_publish_left_is_removed_and_one_that_ends_just_now_is_no_hindrance(
    painted: Path, tmp_path: Path
) -> None:
    skip = (*map(_class_in, VALIDATORS), *SLOW)
    for name in ("old", "at_work"):
        (tmp_path / "out" / f".vst-{name}.tmp").mkdir(parents=True)
    os.utime(tmp_path / "out" / ".vst-old.tmp", (0, 0))
    (tmp_path / "out" / ".vst-renamed.tmp").symlink_to(tmp_path / "gone")
    assert publish(str(painted), to(tmp_path, *skip)).version == tmp_path / "out" / "v001"
    assert names(tmp_path / "out") == [".vst-at_work.tmp", ".vst-renamed.tmp", "v001"]


def test_where_an_extractor_fails_there_is_no_version(
    painted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A plug-in of a studio's own, which pyblish would step over."""
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "extract_slate.py").write_text(
        "import pyblish.api\n\nclass ExtractSlate(pyblish.api.InstancePlugin):\n"
        "    order = pyblish.api.ExtractorOrder\n"
        "    def process(self, instance):\n        raise ValueError('no\\nslate')\n"
    )
    monkeypatch.setenv("PYBLISHPLUGINPATH", str(tmp_path / "own"))
    outcome = publish(str(painted), to(tmp_path / "show", *map(_class_in, VALIDATORS), *SLOW))
    assert (outcome.version, outcome.exit_code) == (None, ExitCode.OUTPUT)
    assert rows(outcome)["ExtractSlate"].message == "no slate"
    assert rows(outcome)["IntegrateVersion"].message == "ExtractSlate failed, so there is no version"
    assert names(tmp_path / "show" / "out") == []


def test_a_frame_that_changes_on_the_way_is_not_published(painted: Path, tmp_path: Path) -> None:
    folder = copy_of(painted, tmp_path / "out")
    out(folder, 1003).write_bytes(b"something else")
    outcome = publish(str(folder), to(tmp_path / "show", *map(_class_in, VALIDATORS), *SLOW))
    assert rows(outcome)["IntegrateVersion"].message == f"{out(folder, 1003)} changed while it was published"
    assert names(tmp_path / "show" / "out") == []


@pytest.mark.parametrize("breaking", ["removed", "unreadable"])
def test_a_gate_that_is_not_whole_lets_nothing_pass(
    breaking: str, painted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = shutil.copytree(PLUGINS, tmp_path / "plugins")
    with plugins.gate() as package:
        pass
    monkeypatch.setattr(package, "PLUGINS", own)
    if breaking == "removed":
        (own / "validate_flicker.py").unlink()
    else:
        (own / "validate_flicker.py").write_text("raise RuntimeError('no luck')\n")
    with pytest.raises(OutputError, match=r"incomplete, so nothing can pass: ValidateFlicker could not be loaded") as e:
        publish(str(painted), to(tmp_path / "show"))
    assert ("no luck" in str(e.value)) == (breaking == "unreadable")


def test_every_check_has_exactly_one_validator_and_every_plug_in_is_expected() -> None:
    checks: list[str] = []
    classes = set()
    for path in PLUGINS.glob("*.py"):
        assert len(path.read_text().splitlines()) <= 35
        (made,) = [node for node in ast.parse(path.read_text()).body if isinstance(node, ast.ClassDef)]
        classes.add(made.name)
        assert _class_in(path.stem) == made.name
        for node in ast.walk(made):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "refuse":
                checks += [str(ast.literal_eval(argument)) for argument in node.args[1:]]
    assert sorted(checks) == sorted(get_args(Check))
    with plugins.gate() as package:
        expected = {name for host in ("shell", "blender", "nuke") for name in package.expected(host)}
    assert classes == expected


def test_what_is_left_out_by_a_wrong_name_is_not_left_out(painted: Path, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"--skip: unknown plug-in ValidateFlickr; choose one of .*ValidateFlicker"):
        publish(str(painted), to(tmp_path, "ValidateFlickr"))


def test_where_there_is_no_shot_nothing_is_published(tmp_path: Path) -> None:
    for content in (None, "{", '{"format": "vst-manifest", "version": 9, "frames": [1], "runs": [1]}'):
        if content is not None:
            (tmp_path / "out.manifest.json").write_text(content)
        with pytest.raises(InputError, match=r"out\.manifest\.json"):
            publish(str(tmp_path / "out.manifest.json"), to(tmp_path / "show"))
    with pytest.raises(InputError, match="has no manifest"):
        publish(str(plugin_folder()), to(tmp_path / "show"))


def test_the_command_repairs_publishes_and_tells(painted: Path, tmp_path: Path, vst: Run) -> None:
    folder = copy_of(painted, tmp_path / "out")
    out(folder, 1003).write_bytes(out(folder, 1003).read_bytes()[:-9])
    skip = [word for name in SLOW for word in ("--skip", name)]
    arguments = ("publish", folder, "--to", tmp_path / "show", "--flicker", 1, *skip)
    refused = vst(*arguments)
    assert (refused.code, refused.err) == (4, "")
    assert "  failed    ValidateDecode" in refused.out
    assert refused.out.splitlines()[-1] == "  not published"
    told = vst(*arguments, "--repair", "--json")
    events = told.events
    assert (told.code, told.err) == (0, ""), told
    assert events[-1] == {
        "event": "published",
        "shot": "out",
        "version": str(tmp_path / "show" / "out" / "v001"),
        "exit_code": 0,
    }
    assert {"ValidateDecode": [event["status"] for event in events if event.get("plugin") == "ValidateDecode"]} == {
        "ValidateDecode": ["failed", "passed"]
    }
    assert differing(folder, painted, SHOT) == []


def test_a_repair_that_is_refused_is_told(small_shot: SmallShot, small_network: Path, tmp_path: Path, vst: Run) -> None:
    shot, folder = small_shot.copy(tmp_path / "plate"), tmp_path / "out"
    shot.render(folder, **with_network(small_network))
    out(folder, 1003).unlink()
    shutil.copy(shot.path(1005), shot.path(1003))
    told = vst("publish", folder, "--to", tmp_path / "show", "--flicker", 1, "--repair")
    assert told.code == 4
    assert told.complaint.startswith(f"frame 1003, {out(folder, 1003)}: comes out different from its record")
    assert not (tmp_path / "show").exists()


def test_a_damaged_manifest_and_a_render_that_was_killed_keep_no_other_shot_from_passing(
    painted: Path, small_shot: SmallShot, small_network: Path, tmp_path: Path, vst: Run
) -> None:
    folder, show = copy_of(painted, tmp_path / "two"), tmp_path / "show"
    (folder / "another.manifest.json").write_text("{")
    killed = str(folder / "killed.####.exr")
    small_shot.render(folder, **with_network(small_network, chunk="1001-1002", output__pattern=killed))
    (folder / "killed.manifest.json").unlink()
    skip = [word for name in SLOW for word in ("--skip", name)]
    told = vst("publish", folder, "--to", show, "--flicker", 1, *skip)
    assert (told.code, names(show)) == (3, ["out"])
    assert told.complaint.startswith(f"{folder / 'another.manifest.json'}: is not a manifest, or is damaged")
    assert [line.split()[1] for line in told.out.splitlines() if line.startswith("  failed")] == ["ValidateComplete"]
    (folder / "another.manifest.json").unlink()
    assert vst("publish", folder, "--to", show, "--flicker", 1, *skip).code == 6
    gone = vst("publish", tmp_path / "gone", "--to", show)
    assert (gone.code, gone.complaint.partition("; ")[0]) == (3, f"{tmp_path / 'gone'}: no such folder")


def test_the_command_asks_for_what_is_missing(tmp_path: Path, vst: Run) -> None:
    assert vst("publish").complaint.startswith("OUT: is missing")
    assert vst("publish", tmp_path).complaint.startswith("--to: is missing")
    assert vst("publish", tmp_path, "--to", tmp_path).code == 3
    assert vst("publish", tmp_path, "--to", tmp_path, "--rate", "fast").code == 2
    upwards = vst("publish", tmp_path, "--to", tmp_path / "../show")
    assert (upwards.code, upwards.complaint.rpartition("; ")[2]) == (2, f"give {tmp_path.parent / 'show'}")
    assert vst("publish", "--plugins").out == f"{plugin_folder()}\n"


def _class_in(stem: str) -> str:
    return "".join(word.capitalize() for word in stem.split("_"))


def test_ctrl_c_within_a_question_ends_the_publish(
    painted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("vst_core.cli.verify._look", interrupt)
    with pytest.raises(KeyboardInterrupt):
        publish(str(painted / "out.manifest.json"), to(tmp_path / "show"))
    assert not (tmp_path / "show").exists()


@pytest.mark.parametrize("extension", ["dpx", "exr"])
def test_sheet_and_movie_are_in_the_colours_of_a_plate_that_does_not_say_them(
    tmp_path: Path, small_network: Path, small_shot: SmallShot, extension: str
) -> None:
    """Neither space has an interop ID."""
    space = "ACEScct" if extension == "dpx" else "Linear ARRI Wide Gamut 4"
    brick = np.array([[[0.5, 0.1, 0.05]]], np.float32)
    encoded = ColorConfig.load().convert(brick, "lin_rec709_scene", space)[0, 0].tolist()
    for frame in (1001, 1002):
        picture = oiio.ImageBuf(oiio.ImageSpec(64, 48, 3, "uint16" if extension == "dpx" else "half"))
        oiio.ImageBufAlgo.fill(picture, encoded)
        assert picture.write(str(tmp_path / f"plate.{frame}.{extension}"))
    small_shot.render(
        tmp_path / "out",
        **with_network(small_network, strength=0.0, frames="1001-1002", color_space=space, flow__source="none"),
        plate=str(tmp_path / f"plate.####.{extension}"),
    )
    outcome = publish(str(tmp_path / "out" / "out.manifest.json"), to(tmp_path / "show"))
    assert {row.plugin for row in outcome.rows if row.status == "failed"} == set(), outcome
    version = tmp_path / "show" / "out" / "v001"
    sheet = cv2.imread(str(version / "out.sheet.png"))
    assert sheet is not None
    with av.open(str(version / "out.review.mp4")) as movie:
        first = next(movie.decode(video=0)).to_ndarray(format="rgb24")
    for shown in (sheet[100, 200, ::-1], sheet[-100, 200, ::-1], first[24, 32]):
        assert shown.tolist() == pytest.approx([188, 89, 63], abs=4)


@pytest.mark.parametrize("layers", ["plate", "color"])
def test_sheet_and_movie_show_the_layer_that_was_painted(
    tmp_path: Path, small_network: Path, small_shot: SmallShot, layers: str
) -> None:
    channels = {
        f"{name}.{c}": np.full((48, 64), 0.18 * (name == "Other"), np.float16)
        for name in ("Beauty", "Other")
        for c in "RGB"
    }
    for frame in (1001, 1002):
        write_channels(tmp_path / f"plate.{frame}.exr", channels)
    small_shot.render(
        tmp_path / "out",
        **with_network(small_network, strength=0.0, frames="1001-1002", layer="Other", flow__source="none"),
        plate=str(tmp_path / "plate.####.exr"),
        output__layers=layers,
    )
    assert publish(str(tmp_path / "out" / "out.manifest.json"), to(tmp_path / "show")).exit_code == ExitCode.OK
    version = tmp_path / "show" / "out" / "v001"
    sheet = cv2.imread(str(version / "out.sheet.png"))
    assert sheet is not None
    with av.open(str(version / "out.review.mp4")) as movie:
        first = next(movie.decode(video=0)).to_ndarray(format="rgb24")
    for shown in (sheet[100, 200], sheet[-100, 200], first[24, 32]):
        assert shown.tolist() == pytest.approx([118] * 3, abs=3)

"""The whole way of a shot in the fake Nuke, with the real worker behind it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import fake_nuke
import numpy as np
import OpenEXR
import pytest
from nuke_app import BOX, COLORS, FRAMES, STEP, NukeApp, color, run_threads, shown, status
from nuke_files import Picture, write_nuke

FIT = "the motion vectors fit the pictures as they are"


def settings_of(version: Path) -> dict[str, Any]:
    """What the worker was given for the one job of a version."""
    (file,) = version.glob("jobs/*/settings.json")
    settings: dict[str, Any] = json.loads(file.read_text())
    return settings


def dumped(version: Path, frame: int, view: str = "main") -> dict[str, Any]:
    """The channels of a frame of the plate that Nuke wrote."""
    file = OpenEXR.File(str(version / "plate" / f"plate.{view}.{frame}.exr"), separate_channels=True)
    return {name: channel.pixels for name, channel in file.channels().items()}


def test_a_shot_is_stylised_and_shown(nuke_app: NukeApp) -> None:
    node = nuke_app.script()
    plate = {frame: shown(node, frame) for frame in FRAMES}
    first, *notes = nuke_app.stylize(node).splitlines()
    assert first.startswith("v001, 3 of 3 frames in ")
    assert notes == [FIT]
    assert nuke_app.state.messages == []
    for frame in FRAMES:
        made = shown(node, frame)
        assert (made.box, made.format) == (plate[frame].box, plate[frame].format)
        assert np.abs(color(made) - color(plate[frame])).mean() > 0.05
        for name in set(made.channels) - set(COLORS):
            assert np.array_equal(made.channels[name], plate[frame].channels[name])
    assert np.array_equal(color(shown(node, 1005)), color(plate[1003]))  # beyond the range the plate shows
    assert run_threads() == []
    assert {title for title, _, _ in nuke_app.state.bars} == {"VST_Stylize: VST_Stylize1"}


def test_every_run_is_a_version_and_a_write_of_all_meets_no_dump(nuke_app: NukeApp) -> None:
    node = nuke_app.script()
    nuke_app.stylize(node)
    before = color(shown(node, 1002))
    node["style"].setValue("ink")
    assert nuke_app.stylize(node).startswith("v002, 3 of 3 frames")
    assert not np.array_equal(color(shown(node, 1002)), before)
    written = len(nuke_app.state.written)
    fake_nuke.execute(node.node("Dump"), 1001, 1003)
    assert len(nuke_app.state.written) == written


def test_strength_is_animated_in_nuke(nuke_app: NukeApp) -> None:
    node = nuke_app.script()
    plate = {frame: color(shown(node, frame)) for frame in FRAMES}
    nuke_app.stylize(node)
    full = {frame: color(shown(node, frame)) for frame in FRAMES}
    node["strength"].setValueAt(0.0, 1001)
    node["strength"].setValueAt(1.0, 1003)
    for frame, share in zip(FRAMES, (0.0, 0.5, 1.0), strict=True):
        expected = plate[frame] * (1 - share) + full[frame] * share
        assert np.allclose(color(shown(node, frame)), expected, atol=1e-6)


def test_a_matte_says_where(nuke_app: NukeApp) -> None:
    node = nuke_app.script()
    plate = color(shown(node, 1002))
    nuke_app.stylize(node)
    full = color(shown(node, 1002))
    alpha = np.zeros((48, 64), np.float32)
    alpha[:, 32:] = 1
    write_nuke(nuke_app.folder / "matte.exr", {"main": Picture({"rgba.alpha": alpha}, BOX, BOX[2:])})
    matte = fake_nuke.nodes.Read(name="matte")
    matte["file"].setValue(str(nuke_app.folder / "matte.exr"))
    node.setInput(2, matte)
    made = color(shown(node, 1002))
    assert np.array_equal(made[..., :32], plate[..., :32])
    assert np.array_equal(made[..., 32:], full[..., 32:])


def test_each_view_is_a_shot_of_its_own(nuke_app: NukeApp) -> None:
    nuke_app.state.views = ["left", "right"]
    steps = {"left": STEP, "right": (-3.0, 1.0)}
    node = nuke_app.script(plate=nuke_app.plate(views=steps))
    assert nuke_app.stylize(node).splitlines()[1:] == [FIT]
    version = nuke_app.version(node)
    names = {path.name for path in version.glob("*.exr")}
    assert names == {f"shot.VST_Stylize1.{view}.{frame}.exr" for view in steps for frame in FRAMES}
    for view, (right, down) in steps.items():
        channels = dumped(version, 1002, view)
        assert (channels["forward.u"][0, 0], channels["forward.v"][0, 0]) == (right, -down)
        assert not np.array_equal(color(shown(node, 1002, view)), color(shown(node.input(0), 1002, view)))
    assert len({color(shown(node, 1003, view)).tobytes() for view in steps}) == 2


def test_one_view_of_two(nuke_app: NukeApp) -> None:
    """Into a folder that is named from that of the script, upwards."""
    nuke_app.state.views = ["left", "right"]
    node = nuke_app.script(plate=nuke_app.plate(views={"left": STEP, "right": STEP}), views="right")
    node["folder"].setValue(f"{nuke_app.folder}/scripts/../stylized")
    nuke_app.stylize(node)
    assert {path.name.split(".")[2] for path in nuke_app.version(node).glob("*.exr")} == {"right"}


@pytest.mark.parametrize("box", [(-8, -6, 80, 60), (10, 8, 44, 34)], ids=["larger", "smaller"])
def test_bounding_boxes_and_proxies(nuke_app: NukeApp, box: tuple[int, int, int, int]) -> None:
    node = nuke_app.script(plate=nuke_app.plate(box=box))
    fake_nuke.root()["proxy"].setValue(True)
    nuke_app.stylize(node)
    assert fake_nuke.root()["proxy"].value()
    assert {size for _, _, size in nuke_app.state.written} == {(64, 48)}
    made = shown(node.node("Result"), 1002)
    assert (made.box, made.format) == (box, (64, 48))
    assert shown(node, 1002).box == box


def test_vectors_of_any_name_from_the_second_input(nuke_app: NukeApp) -> None:
    node = nuke_app.script(plate=nuke_app.plate(vectors={"forward": (9.0, 9.0)}))
    node.setInput(1, nuke_app.plate("motion", vectors={"flow:xy": (-1.0, -1.0)}))
    node["flow_layer"].setValue("flow")
    assert nuke_app.stylize(node).splitlines()[1:] == [FIT]
    channels = dumped(nuke_app.version(node), 1002)
    assert (channels["backward.u"][0, 0], channels["backward.v"][0, 0]) == (-STEP[0], STEP[1])
    assert "forward.u" not in channels
    right = color(shown(node, 1003))
    node["flow_direction"].setValue("to the next frame")
    node["flow_layer"].setValue("flow.x,flow.y")
    node["flow_flip_x"].setValue(True)
    node["flow_flip_y"].setValue(True)
    assert nuke_app.stylize(node).splitlines()[1:] == [FIT]
    assert "backward.u" not in dumped(nuke_app.version(node, 2), 1002)
    assert np.abs(color(shown(node, 1003)) - right).mean() < 0.02


def test_the_signs_are_decided_by_the_pixels(nuke_app: NukeApp) -> None:
    node = nuke_app.script()
    nuke_app.stylize(node)
    right = [color(shown(node, frame)) for frame in FRAMES]
    wrong = {"forward": (1.0, -1.0), "backward": (-1.0, 1.0)}
    node.setInput(0, nuke_app.plate("wrong", vectors=wrong))
    (note,) = nuke_app.stylize(node).splitlines()[1:]
    assert note.startswith("frames 1002-1003: the motion vectors fit the pictures with y reversed, and were")
    for frame, expected in zip(FRAMES, right, strict=True):
        assert np.array_equal(color(shown(node, frame)), expected)
    node["flow_flip_y"].setValue(True)
    assert nuke_app.stylize(node).splitlines()[1:] == [FIT]


@pytest.mark.parametrize(
    ("knobs", "space"),
    [
        ({}, "lin_rec709_scene"),
        ({"colorManagement": "OCIO", "workingSpaceLUT": "scene_linear"}, "lin_rec709_scene"),
        (
            {"colorManagement": "OCIO", "OCIO_config": "aces_1.2", "workingSpaceLUT": "ACES - ACEScg"},
            "lin_ap1_scene",
        ),
        ({"colorManagement": "OCIO", "OCIO_config": "aces_1.2", "workingSpaceLUT": "scene_linear"}, "lin_ap1_scene"),
        (
            {"colorManagement": "OCIO", "OCIO_config": "aces_1.2", "workingSpaceLUT": "scene_linear (ACES2065-1)"},
            "lin_ap0_scene",
        ),
    ],
)
def test_the_working_space_is_that_of_the_script(nuke_app: NukeApp, knobs: dict[str, str], space: str) -> None:
    node = nuke_app.script(temporal=False)
    for name, value in knobs.items():
        fake_nuke.root()[name].setValue(value)
    nuke_app.stylize(node)
    assert settings_of(nuke_app.version(node))["color_space"] == space
    header = OpenEXR.File(str(nuke_app.version(node) / "shot.VST_Stylize1.main.1001.exr")).header()
    assert header["colorInteropID"] == space


def test_the_buttons(nuke_app: NukeApp, monkeypatch: pytest.MonkeyPatch) -> None:
    node = nuke_app.script(temporal=False)
    nuke_app.press(node, "open_log")
    assert nuke_app.state.messages == ["There is no log yet; press Stylize first."]
    nuke_app.stylize(node)
    reads = nuke_app.state.reads
    nuke_app.press(node, "reload_frames")
    assert nuke_app.state.reads == reads + 1
    monkeypatch.setenv("PATH", "")
    nuke_app.press(node, "open_log")
    log = Path(nuke_app.state.messages[-1].removeprefix("The log is "))
    assert "frame=1003" in log.read_text()
    nuke_app.press(node, "cancel")
    assert status(node).startswith("v001, 3 of 3 frames")


def test_a_mixture_of_styles(nuke_app: NukeApp) -> None:
    node = nuke_app.script(style="ink", style_second="other", style_second_other="mosaic", mix=0.25)
    nuke_app.stylize(node)
    expected = {"styles": ["ink", "mosaic"], "weights": [0.75, 0.25]}
    assert settings_of(nuke_app.version(node))["style"] == expected


def test_a_node_of_an_older_script_is_rendered_with_the_defaults_of_newer_knobs(nuke_app: NukeApp) -> None:
    node = nuke_app.script()
    del node._knobs["passes"], node._knobs["lags"]
    assert nuke_app.stylize(node).startswith("v001, 3 of 3 frames")

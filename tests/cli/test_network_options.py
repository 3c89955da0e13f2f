"""Styles, mixtures and networks on the command line, and what is said where one is wrong."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from small_network import STYLES, network_command, with_network
from small_shot import Outcome, SmallShot, attributes_of, differing, out, outputs

from vst_core import FrameRange
from vst_core.cli.shot_options import settings_from
from vst_core.settings import StyleSettings

Run = Callable[..., Outcome]
FIRST = FrameRange(1001, 1001)


def settings_of(folder: Path, **given: Any) -> Any:
    return settings_from("plate.####.exr", None, {"output": str(folder / "out.####.exr")} | given)


def test_a_network_tells_its_styles_and_how_it_was_made(vst: Run) -> None:
    assert vst("styles", "fast").out.split() == ["oil", "ink", "mosaic", "watercolor", "woodcut"]
    card = json.loads(vst("styles", "fast", "--card").out)
    assert (card["recipe"]["size"], card["recipe"]["data"]) == ("fast", "synthetic")
    assert "Apache" in card["license"]


def test_the_weights_of_a_file_go_with_its_styles(tmp_path: Path) -> None:
    file = tmp_path / "settings.json"
    file.write_text('{"style": {"styles": ["oil", "ink"], "weights": [0.3, 0.7], "scale": 2}}')

    def style(**given: Any) -> Any:
        return settings_from("plate.####.exr", file, {"output": "out.####.exr"} | given).style

    assert style(style=["mosaic"]) == StyleSettings(styles=("mosaic",), scale=2)
    assert style(style=["oil", "dots"], style_weights="1,3").weights == (1, 3)
    assert style().weights == (0.3, 0.7)


def test_a_network_renders_a_style_of_its_own(
    small_shot: SmallShot, small_network: Path, tmp_path: Path, vst: Run
) -> None:
    outcome = vst(*network_command(small_shot, small_network, tmp_path / "told", "--frames", "1001-1001"))
    assert (outcome.code, outcome.out) == (0, "")
    assert outputs(tmp_path / "told") == ["out.1001.exr"]
    small_shot.render(tmp_path / "called", **with_network(small_network, frames="1001"))
    assert differing(tmp_path / "told", tmp_path / "called", FIRST) == []


def test_a_mixture_is_styles_with_their_weights(
    small_shot: SmallShot, small_network: Path, tmp_path: Path, vst: Run
) -> None:
    mix = ("--style-mix", "dots:0.3, bars:0.9")
    told = vst(*network_command(small_shot, small_network, tmp_path / "told", "--frames", "1001-1001", style=mix))
    assert told.code == 0, told.err
    both = {"style__styles": list(STYLES), "style__weights": [0.3, 0.9], "frames": "1001"}
    small_shot.render(tmp_path / "called", **with_network(small_network, **both))
    assert differing(tmp_path / "told", tmp_path / "called", FIRST) == []


@pytest.mark.parametrize("text", ["", "dots", "dots:", "dots:much", "dots:0.5,", "0.5", ":0.5", " :1", "dots=1"])
def test_what_is_no_mixture_is_said_so(
    text: str, small_shot: SmallShot, small_network: Path, tmp_path: Path, vst: Run
) -> None:
    outcome = vst(*network_command(small_shot, small_network, tmp_path / "out", style=("--style-mix", text)))
    assert outcome.code == 2
    assert outcome.complaint == f"--style-mix: {text!r} is not a mixture; for example oil:0.3,ink:0.7"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("text", ["dots:-1,bars:2", "dots:0", "dots:nan", "dots:inf,bars:1"])
def test_weights_that_make_no_sense(text: str, small_shot: SmallShot, small_network: Path, vst: Run) -> None:
    outcome = vst(*network_command(small_shot, small_network, Path("out"), style=("--style-mix", text)))
    assert outcome.code == 2
    assert outcome.complaint.startswith("--style-mix: ")


@pytest.mark.parametrize("other", [("--style", "dots"), ("--style-weights", "1")])
def test_a_mixture_is_the_only_way_to_say_the_style(
    other: tuple[str, str], small_shot: SmallShot, small_network: Path, vst: Run
) -> None:
    both = ("--style-mix", "dots:1", *other)
    outcome = vst(*network_command(small_shot, small_network, Path("out"), style=both))
    assert (outcome.code, outcome.complaint) == (
        2,
        f"{other[0]}, --style-mix: the style is given twice; give only one of them",
    )


def test_a_mixture_leaves_other_settings_of_the_style_as_they_are(tmp_path: Path) -> None:
    file = tmp_path / "shot.json"
    said = {"plate": "p.####.exr", "style": {"styles": ["a", "b"], "weights": [1, 2], "scale": 0.5}}
    file.write_text(json.dumps(said | {"output": {"pattern": "o.####.exr"}}))
    style = settings_from(None, file, {"style_mix": r"C:\oil.png:0.3,ink:0.7,old:0"}).style
    assert (style.styles, style.weights, style.scale) == ((r"C:\oil.png", "ink", "old"), (0.3, 0.7, 0), 0.5)


def test_the_method_of_the_engine_is_the_trained_network(tmp_path: Path) -> None:
    usual = settings_of(tmp_path, style=["oil"])
    assert (usual.method, usual.network, usual.tile, usual.strength) == ("feedforward", "quality", 0, 1)
    other = settings_of(tmp_path, style=["oil"], network="fast", tile=64, strength=0.25)
    assert (other.network, other.tile, other.strength) == ("fast", 64, 0.25)


@pytest.mark.parametrize("style", [("--style", "oil"), ("--style-mix", "dots:1,oil:1"), ("--style", "oil.png")])
def test_an_unknown_style_lists_those_there_are(
    style: tuple[str, str], small_shot: SmallShot, small_network: Path, tmp_path: Path, vst: Run
) -> None:
    arguments = network_command(small_shot, small_network, tmp_path / "out", style=style)
    rendered, checked = vst(*arguments), vst("check", *arguments[1:])
    assert rendered.code == checked.code == 2
    assert rendered.complaint.startswith("style: the network small has no style 'oil")
    assert "it has dots, bars" in rendered.complaint
    assert checked.out == rendered.complaint + "\n"
    assert list(tmp_path.iterdir()) == []


def damaged(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1000])


@pytest.mark.parametrize("spoil", [damaged, Path.unlink, lambda path: path.write_bytes(b"")])
def test_a_network_that_cannot_be_used(
    spoil: Callable[[Path], object], small_shot: SmallShot, small_network: Path, tmp_path: Path, vst: Run
) -> None:
    network = tmp_path / "network.safetensors"
    network.write_bytes(small_network.read_bytes())
    spoil(network)
    arguments = network_command(small_shot, network, tmp_path / "out")
    rendered, checked = vst(*arguments), vst("check", *arguments[1:])
    assert rendered.code == checked.code == 5
    assert str(network) in rendered.complaint
    assert checked.out == rendered.complaint + "\n"
    assert not (tmp_path / "out").exists()


def test_check_of_a_sound_shot(small_shot: SmallShot, small_network: Path, tmp_path: Path, vst: Run) -> None:
    arguments = network_command(small_shot, small_network, tmp_path / "out", "--tile", 16, "--strength", 0.5)
    assert vst("check", *arguments[1:]) == Outcome(0, "no problems found\n", "")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("more", "said"),
    [(("--tile", -1), "tile"), (("--strength", 1.5), "strength"), (("--strength", -0.1), "strength")],
)
def test_what_is_out_of_range(
    more: tuple[object, ...], said: str, small_shot: SmallShot, small_network: Path, vst: Run
) -> None:
    outcome = vst(*network_command(small_shot, small_network, Path("out"), *more))
    assert outcome.code == 2
    assert said in outcome.complaint


def test_tile_and_strength_reach_the_frames(
    small_shot: SmallShot, small_network: Path, tmp_path: Path, vst: Run
) -> None:
    more = ("--tile", 16, "--strength", 0.5, "--frames", "1001-1001")
    assert vst(*network_command(small_shot, small_network, tmp_path / "told", *more)).code == 0
    small_shot.render(tmp_path / "called", **with_network(small_network, frames="1001", tile=16, strength=0.5))
    assert differing(tmp_path / "told", tmp_path / "called", FIRST) == []
    made = json.loads(attributes_of(out(tmp_path / "told", 1001))["vst:settings"])
    assert (made["tile"], made["strength"]) == (16, 0.5)


def test_styles_are_listed(small_network: Path, tmp_path: Path, vst: Run) -> None:
    assert vst("styles", small_network) == Outcome(0, "dots\nbars\n", "")
    missing = vst("styles", tmp_path / "none.safetensors")
    assert missing.code == 5
    assert "unknown network" in missing.complaint

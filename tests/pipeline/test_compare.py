"""All methods over one shot in one run: what is rendered, measured, and said."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import pytest
from small_shot import Outcome, SmallShot

from vst_core import InputError, SettingsError
from vst_core.errors import ExitCode
from vst_core.pipeline.compare import METHODS, plan_comparison

FILES = ["comparison.json", "comparison.md", "comparison.png"]


def command(shot: SmallShot, folder: Path, *more: object) -> list[str]:
    """Arguments of ``vst`` for a comparison of two frames."""
    steps = ("--iterations", 2, "--iterations-next", 4, "--scales", 1, "--threads", 1)
    network = ("--features", "vgg16", "--weights", shot.weights)
    files = (shot.pattern, "--style", shot.style, "--frames", "1001-1002", "-o", folder)
    return [str(word) for word in ("compare", *files, *network, *steps, *more)]


def base(style: str) -> dict[str, Any]:
    return {"plate": "plate.####.exr", "style": {"styles": [style]}, "optimization": {"iterations": 7}}


def test_each_method_is_rendered_and_measured(vst: Any, small_shot: SmallShot, tmp_path: Path) -> None:
    said: Outcome = vst(*command(small_shot, tmp_path / "out", "--only", "gatys,ruder"))
    assert said.code == 0, said.err
    folder = tmp_path / "out"
    assert sorted(path.name for path in folder.iterdir()) == [*FILES, "gatys", "ruder"]
    assert sorted(path.name for path in folder.glob("gatys/*.exr")) == ["gatys.1001.exr", "gatys.1002.exr"]
    head, ruler, *rows = (folder / "comparison.md").read_text().splitlines()
    assert {line.count("|") for line in (ruler, *rows)} == {head.count("|")}  # else it is shown as no table
    assert "warping error, lag 1" in head
    assert "lag 10" not in head  # it does not fit two frames
    assert [row.split("|")[1].strip() for row in rows] == [
        METHODS["gatys"][0],
        METHODS["ruder"][0],
        "the plate itself",
    ]
    assert "\n".join(rows) in said.out
    found = {each["name"]: each for each in json.loads((folder / "comparison.json").read_text())}
    gatys, ruder = (found[name]["report"] for name in ("gatys", "ruder"))
    assert gatys["warping"][0]["source"] == ruder["warping"][0]["source"] > 0
    assert gatys["warping"][0]["stylized"] != ruder["warping"][0]["stylized"]
    assert found["gatys"]["seconds"] > 0
    picture = cv2.imread(str(folder / "comparison.png"))
    assert picture is not None
    assert picture.std() > 10


def test_methods_look_back_as_far_as_a_short_range_goes(vst: Any, small_shot: SmallShot, tmp_path: Path) -> None:
    said: Outcome = vst(*command(small_shot, tmp_path, "--only", "ruder-long", "--frames", "1001-1003"))
    assert said.code == 0, said.err
    manifest = json.loads((tmp_path / "ruder-long" / "ruder-long.manifest.json").read_text())
    assert [run["settings"]["lags"] for run in manifest["runs"]] == ["1,2"]


def test_every_method_has_its_settings() -> None:
    plan = plan_comparison(base("styles/oil.png"), Path("out"))
    assert list(plan) == list(METHODS)
    for name, settings in plan.items():
        assert settings.output.pattern == f"out/{name}/{name}.####.exr"
        assert settings.overwrite
        assert settings.optimization.iterations == 7
        assert settings.style.styles == (("oil",) if settings.method == "feedforward" else ("styles/oil.png",))
    assert [name for name, settings in plan.items() if not settings.temporal] == ["gatys", "quality-alone"]
    assert plan["naive"].flow.source == "none"
    looking_back = {name: settings.used_lags for name, settings in plan.items() if len(settings.used_lags) > 1}
    networks = dict.fromkeys(("quality", "quality-passes", "fast"), (1, 5))
    assert looking_back == {"ruder-long": (1, 2, 4), **networks}
    several = {name: settings.passes for name, settings in plan.items() if settings.passes > 1}
    assert several == {"ruder-passes": 4, "quality-passes": 2}
    assert {plan[name].network for name in ("quality", "fast")} == {"quality", "fast"}
    assert plan["sliced"].optimization.style_loss == "sliced"


def test_a_method_looks_back_as_its_name_says_whatever_the_settings_of_the_shot_say() -> None:
    data = {**base("oil.png"), "lags": (1, 3), "passes": 2, "network": "fast", "frames": "1-9", "chunk": "4-9"}
    data["optimization"]["long_term"] = "mean"
    plain = plan_comparison({**base("oil.png"), "frames": "1-9"}, Path("out"))
    assert plan_comparison(data, Path("out")) == plain
    assert plan_comparison({**base("oil.png"), "frames": "1-9", "temporal": False}, Path("out")) == plain


def test_a_single_frame_is_compared_without_flicker(vst: Any, small_shot: SmallShot, tmp_path: Path) -> None:
    said: Outcome = vst(*command(small_shot, tmp_path, "--only", "gatys", "--frames", "1001-1001"))
    assert said.code == 0, said.err
    assert sorted(path.name for path in tmp_path.iterdir()) == [*FILES, "gatys"]
    assert said.err.endswith(" s a frame\n")


def test_networks_are_compared_where_they_know_the_style() -> None:
    assert not {"quality", "quality-alone", "fast"} & set(plan_comparison(base("another.png"), Path("out")))
    with pytest.raises(SettingsError, match="network 'fast' has no style 'another'; its styles are"):
        plan_comparison(base("another.png"), Path("out"), ["fast"])


@pytest.mark.parametrize(
    ("options", "code", "complaint"),
    [
        (("--only", "gatys,monet"), ExitCode.USAGE, "--only: unknown method 'monet'; choose from gatys, naive"),
        (("--style", "b.png"), ExitCode.USAGE, "--style: takes one style image"),
        (("--only", "gatys", "--iterations", 0), ExitCode.USAGE, "iterations"),
        (("--only", "gatys", "--frames", "1001-1009"), InputError.exit_code, "1006-1009"),
    ],
)
def test_comparisons_that_cannot_be(
    vst: Any, small_shot: SmallShot, tmp_path: Path, options: tuple[object, ...], code: int, complaint: str
) -> None:
    said: Outcome = vst(*command(small_shot, tmp_path / "out", *options))
    assert said.code == code
    assert complaint in said.complaint
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("only", ["gatys", "fast"])
def test_a_style_image_that_is_not_there_is_told_before_anything_is_made(
    vst: Any, small_shot: SmallShot, tmp_path: Path, only: str
) -> None:
    shot = replace(small_shot, style=Path("missing/oil.png"))
    said: Outcome = vst(*command(shot, tmp_path / "out", "--only", only))
    assert said.code == InputError.exit_code
    assert said.complaint.startswith("missing/oil.png: ")
    assert list(tmp_path.iterdir()) == []

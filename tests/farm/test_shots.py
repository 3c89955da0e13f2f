"""What all shots of a list have in common, and what each has of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from vst_core import RenderSettings, SettingsError
from vst_core.farm.shot_list import Row
from vst_core.farm.shots import listed_shots

COMMON: dict[str, Any] = {
    "plate": "{shot}.####.exr",
    "style": {"styles": ["oil", "ink"], "weights": [1, 3]},
    "flow": {"source": "dis", "flip_x": True},
    "strength": 0.5,
    "output": {"pattern": "out/{shot}.####.exr"},
}


def of_a_row(own: dict[str, Any]) -> RenderSettings:
    ((name, settings),) = listed_shots(COMMON, [Row("a", "shots.csv, line 2", {})], lambda _: own, Path("list"))
    assert name == "a"
    return settings


def test_a_row_changes_what_it_says_and_no_more() -> None:
    settings = of_a_row({"flow": {"flip_x": False, "scale": 2}, "plate": "plates/a.####.exr"})
    assert settings.plate == str(Path("list/plates/a.####.exr").absolute())
    assert settings.output.pattern == str(Path("out/a.####.exr").absolute())
    assert (settings.flow.source, settings.flow.flip_x, settings.flow.scale) == ("dis", False, 2)
    assert (settings.style.styles, settings.style.weights) == (("oil", "ink"), (1, 3))


def test_styles_of_a_row_have_its_own_weights() -> None:
    assert of_a_row({"style": {"styles": ["wash"]}}).style.weights == ()
    assert of_a_row({"style": {"weights": [2, 1]}}).style.weights == (2, 1)


def test_what_a_row_takes_back_is_as_if_nobody_had_said_it() -> None:
    assert of_a_row({"strength": None}).strength == 1


def test_what_is_wrong_with_a_row_is_told_with_its_place() -> None:
    with pytest.raises(SettingsError) as raised:
        of_a_row({"strength": 7})
    assert str(raised.value).startswith("shots.csv, line 2: strength: ")

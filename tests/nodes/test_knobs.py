from __future__ import annotations

from typing import Any

import pytest
from shot_settings import changed

from nodes.knob_table import ROWS, Row
from nodes.knobs import FILE, Knob, read_knobs, to_settings
from nodes.make_knobs import knobs_text
from vst_core import RenderSettings, SettingsError
from vst_core.settings import FLOW_SOURCES

KNOBS = read_knobs()
BY_NAME = {knob.name: knob for knob in KNOBS}
TYPES: dict[str, type] = {"bool": bool, "int": int, "float": float, "choice": str}


def settings_with(knob: Knob, value: Any) -> RenderSettings:
    """The smallest settings of a shot with one changed by a knob."""
    return RenderSettings.of(changed(**{knob.setting.replace(".", "__"): value}))


def test_the_file_is_what_the_engines_settings_make_it() -> None:
    made = knobs_text(RenderSettings.model_json_schema())
    assert FILE.read_text() == made, "make it anew: vst describe | python -m nodes.make_knobs"


def test_every_knob_can_be_told_from_the_others() -> None:
    assert len(BY_NAME) == len(KNOBS) == len(ROWS)
    assert all(knob.name.isidentifier() and knob.label and knob.group and knob.help.endswith(".") for knob in KNOBS)


def test_groups_are_not_torn_apart() -> None:
    groups = [knob.group for knob in KNOBS]
    torn = [group for index, group in enumerate(groups) if group in groups[:index] and groups[index - 1] != group]
    assert torn == []


@pytest.mark.parametrize("knob", KNOBS, ids=lambda knob: knob.name)
def test_the_engine_takes_what_a_knob_offers_and_refuses_what_lies_beyond(knob: Knob) -> None:
    for choice in knob.choices:
        settings_with(knob, choice)
    for end in (*knob.slider, knob.minimum, knob.maximum, knob.default):
        if end not in (None, 0, ()) and not knob.kind.endswith("list"):
            settings_with(knob, end)
    beyond: list[Any] = []
    if knob.minimum is not None:
        beyond.append(knob.minimum - 1)
    if knob.above is not None:
        beyond.append(knob.above)
    if knob.maximum is not None:
        beyond.append(knob.maximum + 1)
    if knob.kind == "choice":
        beyond.append("no such choice")
    for value in beyond:
        with pytest.raises(SettingsError):
            settings_with(knob, value)


@pytest.mark.parametrize("knob", [knob for knob in KNOBS if knob.kind in TYPES], ids=lambda knob: knob.name)
def test_defaults_are_of_the_kind_of_their_knob(knob: Knob) -> None:
    assert isinstance(knob.default, TYPES[knob.kind])
    if knob.slider:
        assert isinstance(knob.default, int | float)
        assert knob.slider[0] <= knob.default <= knob.slider[1]
    if knob.kind == "choice":
        assert knob.default in knob.choices


def test_choices_that_the_schema_does_not_have_are_those_of_the_engine() -> None:
    assert BY_NAME["flow_source"].choices == FLOW_SOURCES


def test_values_become_settings_of_a_render() -> None:
    values = {
        "style_styles": ("oil", "ink"),
        "style_weights": (0.3, 0.7),
        "strength": 0.0,
        "flow_flip_x": False,
        "flow_layer": "",
        "weights": None,
        "method": "feedforward",
        "optimization_iterations": 5,
    }
    settings = to_settings(values)
    assert settings == {
        "style": {"styles": ["oil", "ink"], "weights": [0.3, 0.7]},
        "strength": 0.0,
        "flow": {"flip_x": False},
        "method": "feedforward",
    }
    RenderSettings.of({"plate": "in.####.exr", "output": {"pattern": "out.####.exr"}, **settings})
    with pytest.raises(KeyError, match="loudness"):
        to_settings({"loudness": 3})


def test_what_a_method_does_not_read_is_not_sent_to_it() -> None:
    other = {"method": "optimization", "network": "fast", "optimization_iterations": 5}
    assert to_settings(other) == {"method": "optimization", "optimization": {"iterations": 5}}
    assert to_settings({"network": "fast", "optimization_iterations": 5}) == {"network": "fast"}


def test_all_defaults_together_are_the_engines_own() -> None:
    """Showing the knobs changes nothing."""
    bare: dict[str, Any] = {"plate": "in.####.exr", "output": {"pattern": "out.####.exr"}, "style": {"styles": ["oil"]}}
    for method in BY_NAME["method"].choices:
        given = to_settings({knob.name: knob.default for knob in KNOBS} | {"method": method})
        style, output = given.pop("style", {}), given.pop("output", {})
        joined = {**bare, **given, "style": bare["style"] | style, "output": bare["output"] | output}
        assert RenderSettings.of(joined) == RenderSettings.of(bare | {"method": method})


@pytest.mark.parametrize(
    ("row", "words"), [(Row("none.such", "A", "A"), "no setting"), (Row("optimization", "A", "A"), "is no knob")]
)
def test_a_table_that_does_not_fit_the_engine_is_an_error(
    monkeypatch: pytest.MonkeyPatch, row: Row, words: str
) -> None:
    monkeypatch.setattr("nodes.make_knobs.ROWS", (row,))
    with pytest.raises(ValueError, match=words):
        knobs_text(RenderSettings.model_json_schema())

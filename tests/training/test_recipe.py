from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from vst_core.errors import SettingsError
from vst_core.training.recipe import Recipe, read_recipe

STYLES = ["a/oil.png", "b/ink.png"]


def stage(frames: int, share: float) -> dict[str, Any]:
    return {"frames": frames, "share": share, "side": 64, "batch": 1}


def recipe(**changes: Any) -> Recipe:
    return Recipe.of({"styles": STYLES} | changes)


def test_stages_take_their_shares_in_order() -> None:
    made = recipe(steps=100, stages=[stage(1, 3), stage(2, 1), stage(4, 1)])
    assert made.stage_ends == (60, 80, 100)
    frames = [made.stage_at(step).frames for step in range(100)]
    assert frames == [1] * 60 + [2] * 20 + [4] * 20


def test_the_last_stage_ends_with_the_last_step() -> None:
    for steps in (1, 2, 7, 1000, 4200):
        made = recipe(steps=steps, stages=[stage(1, 0.45), stage(2, 0.4), stage(4, 0.15)])
        assert made.stage_ends[-1] == steps


def test_a_style_is_called_as_its_file_and_two_of_one_name_are_refused() -> None:
    assert recipe().style_names == ("oil", "ink")
    with pytest.raises(SettingsError, match="two style images have one name"):
        recipe(styles=["a/oil.png", "b/oil.jpg"])
    with pytest.raises(SettingsError, match="styles"):
        recipe(styles=[])


@pytest.mark.parametrize(
    "change",
    [
        {"steps": 0},
        {"stages": []},
        {"stages": [stage(9, 1)]},
        {"stages": [stage(1, 0)]},
        {"stages": [stage(1, 1) | {"side": 70}]},
        {"style_layers": ["relu9_1"]},
        {"style_loss": "sliced"},
        {"learning_rate": 0},
        {"normalization": "layer"},
        {"size": "huge"},
        {"epochs": 3},
    ],
    ids=str,
)
def test_what_cannot_be_trained_is_refused_by_name(change: dict[str, Any]) -> None:
    with pytest.raises(SettingsError, match=next(iter(change))):
        recipe(**change)


def test_every_setting_and_what_is_added_decide_the_digest() -> None:
    changed = {
        "size": "quality",
        "normalization": "none",
        "styles": ["a/oil.png", "b/ink2.png"],
        "style_side": 321,
        "data": "photos",
        "steps": 4001,
        "stages": [stage(1, 1)],
        "learning_rate": 2e-3,
        "style_loss": "wasserstein",
        "style_layers": ["relu1_1"],
        "content_layers": ["relu2_1"],
        "style_weight": 2,
        "content_weight": 2,
        "temporal_weight": 2,
        "tv_weight": 2,
        "spike_weight": 2,
        "keep": 1,
        "start": "first.safetensors",
        "features": "vgg19",
        "seed": 1,
    }
    assert changed.keys() == Recipe.model_fields.keys()
    digests = {recipe(**{name: value}).digest() for name, value in changed.items()}
    digests |= {recipe().digest(), recipe().digest("weights"), recipe().digest("weights", "device")}
    assert len(digests) == len(changed) + 3
    assert recipe().digest("weights") == recipe().digest("weights")


def test_a_recipe_is_read_from_a_file_with_or_without_styles(tmp_path: Path) -> None:
    path = tmp_path / "recipe.json"
    for said in ({"steps": 3}, {"steps": 3, "styles": STYLES}):
        path.write_text(json.dumps(said))
        assert read_recipe(path) == said


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("{", "is not JSON"),
        ("[1]", "should be a valid dictionary"),
        ('{"stepz": 3}', "unknown setting 'stepz'"),
        ('{"steps": "many"}', "steps: "),
        ("\udcff", "cannot be read"),
    ],
)
def test_a_recipe_that_cannot_be_read_is_named(text: str, complaint: str, tmp_path: Path) -> None:
    path = tmp_path / "recipe.json"
    path.write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(SettingsError) as refused:
        read_recipe(path)
    assert str(refused.value).startswith(f"{path}: ")
    assert complaint in str(refused.value)


def test_a_recipe_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"none\.json: no such file"):
        read_recipe(tmp_path / "none.json")

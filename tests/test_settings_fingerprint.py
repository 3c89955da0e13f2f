from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import BaseModel
from shot_settings import SMALLEST, changed, with_values

from vst_core.settings import RenderSettings

# For every setting a value that is neither its default nor the one above.
OTHER: dict[str, Any] = {
    "plate": "in/other.####.exr",
    "frames": "1001-1010",
    "chunk": "1003-1004",
    "state": None,  # only with a chunk, as is the next
    "preroll": None,
    "layer": "diffuse",
    "color_space": "ACEScg",
    "style.styles": ["ink.png"],
    "style.weights": [0.5],
    "style.scale": 0.5,
    "style_color_space": "ACEScg",
    "method": "feedforward",
    "network": "fast",
    "tile": 64,
    "strength": 0.5,
    "matte.name": "CryptoObject:Hero",
    "matte.file": "mattes/sh.####.exr",
    "matte.invert": None,  # only with a matte
    "over": None,  # only with a matte or less strength, which is tested by itself
    "keep_color": "match",
    "lags": "1,2",
    "cuts": "1040",
    "passes": 2,
    "temporal": False,
    "scale": 0.5,
    "flow.source": "dis",
    "flow.forward": None,  # only with a pattern, which is tested by itself
    "flow.layer": "u,v",
    "flow.forward_layer": "motionFore",
    "flow.flip_x": True,
    "flow.flip_y": True,
    "flow.scale": 0.5,
    "flow.zero": 0.5,
    "flow.raft_weights": "raft.pth",
    "optimization.style_loss": "gram",
    "optimization.optimizer": "lbfgs",
    "optimization.iterations": 10,
    "optimization.iterations_next": 10,
    "optimization.long_term": "mean",
    "optimization.learning_rate": 0.1,
    "optimization.scales": 1,
    "optimization.content_weight": 0.5,
    "optimization.style_weight": 0.5,
    "optimization.temporal_weight": 0.5,
    "optimization.tv_weight": 0.5,
    "optimization.content_layers": ["relu3_1"],
    "optimization.style_layers": ["relu3_1"],
    "optimization.seed": 1,
    "features": "vgg16",
    "weights": "vgg.safetensors",
    "device": "cuda:1",
    "precision": "bfloat16",
    "threads": 3,
    "output.pattern": "elsewhere/sh.####.exr",
    "output.data_type": "float",
    "output.compression": "zip",
    "output.layers": "color",
    "overwrite": True,
}
DECIDES_NO_PIXEL = {
    "frames",
    "chunk",
    "device",  # what it became goes into the fingerprint as an extra
    "precision",  # likewise
    "network",  # of the other method
    "tile",
    "output.pattern",
    "output.data_type",
    "output.compression",
    "output.layers",
    "overwrite",
}


def paths_of(model: type[BaseModel], prefix: str = "") -> Iterator[str]:
    for name, field in model.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from paths_of(kind, f"{prefix}{name}.")
        else:
            yield prefix + name


def test_the_table_above_has_every_setting() -> None:
    assert sorted(OTHER) == sorted(paths_of(RenderSettings))


@pytest.mark.parametrize("path", [path for path, value in OTHER.items() if value is not None])
def test_the_fingerprint_follows_what_decides_pixels_and_nothing_else(path: str) -> None:
    before = RenderSettings.of(SMALLEST)
    after = RenderSettings.of(with_values({path: OTHER[path]}))
    assert after != before
    assert (after.fingerprint() == before.fingerprint()) == (path in DECIDES_NO_PIXEL)


@pytest.mark.parametrize(
    ("path", "value", "decides"),
    [
        ("network", "fast", True),
        ("optimization.iterations", 10, False),
        ("weights", "vgg.safetensors", False),
        ("style.scale", 2, False),
        ("style_color_space", "ACEScg", False),
    ],
)
def test_each_method_has_settings_of_its_own(path: str, value: object, decides: bool) -> None:
    before = RenderSettings.of(with_values({"method": "feedforward"}))
    after = RenderSettings.of(with_values({"method": "feedforward", path: value}))
    assert (after.fingerprint() != before.fingerprint()) == decides


def test_the_fingerprint_follows_forward_flow_and_the_extras() -> None:
    pattern = {"source": "bwd.####.flo"}
    before = RenderSettings.of(changed(flow=pattern))
    after = RenderSettings.of(changed(flow=pattern | {"forward": "fwd.####.flo"}))
    assert len({before.fingerprint(), after.fingerprint(), before.fingerprint(weights="1234")}) == 3
    assert before.fingerprint(weights="1", device="cpu") == before.fingerprint(device="cpu", weights="1")


def test_the_fingerprint_follows_what_lies_below() -> None:
    before = RenderSettings.of(changed(strength=0.5))
    after = RenderSettings.of(changed(strength=0.5, over="oil/sh.####.exr"))
    assert before.fingerprint() != after.fingerprint()


@pytest.mark.parametrize("more", [{"state": "states"}, {"preroll": 8}])
def test_a_chunk_is_part_of_a_whole(more: dict[str, Any]) -> None:
    """What a preroll changes is the first frame, which a shot adds to its fingerprint."""
    assert (
        RenderSettings.of(changed(chunk="1003-1004", **more)).fingerprint() == RenderSettings.of(SMALLEST).fingerprint()
    )


def test_the_fingerprint_is_the_same_however_a_setting_was_spelt() -> None:
    spelt = changed(temporal=True, optimization={"iterations": 300}, flow={"source": "vectors"}, style__scale=1)
    assert RenderSettings.of(spelt).fingerprint() == RenderSettings.of(SMALLEST).fingerprint()


def test_the_schema_describes_every_setting() -> None:
    schema = RenderSettings.model_json_schema()
    json.dumps(schema)
    for model in (schema, *schema["$defs"].values()):
        assert model["additionalProperties"] is False
        for name, field in model["properties"].items():
            group = schema["$defs"].get(field.get("$ref", "").rpartition("/")[2], {})
            assert field.get("description") or group.get("description"), f"{model['title']}.{name}"


def test_the_schema_says_that_frames_are_text() -> None:
    frames = RenderSettings.model_json_schema()["properties"]["frames"]
    assert {option["type"] for option in frames["anyOf"]} == {"string", "null"}

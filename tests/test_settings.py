from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from shot_settings import SMALLEST, changed, with_values

from vst_core.errors import SettingsError
from vst_core.frames import FrameRange
from vst_core.settings import COMPRESSIONS, RenderSettings
from vst_core.settings_model import LAYERS


def refusal(data: Any) -> str:
    with pytest.raises(SettingsError) as caught:
        RenderSettings.of(data)
    message = str(caught.value)
    assert "\n" not in message
    assert "pydantic" not in message
    return message


def test_plate_style_and_output_are_enough() -> None:
    settings = RenderSettings.of(SMALLEST)
    assert settings.frames is None
    assert settings.optimization.style_loss == "wasserstein"
    assert settings.temporal
    assert settings.style.blend == (1.0,)


@pytest.mark.parametrize("missing", ["plate", "style", "output"])
def test_without_them_the_missing_one_is_named(missing: str) -> None:
    data = {key: value for key, value in SMALLEST.items() if key != missing}
    assert f"{missing}: Field required" in refusal(data)


@pytest.mark.parametrize(
    "path", ["colour", "style.image", "flow.sources", "optimization.iteration", "output.path", "optimization.Seed"]
)
def test_an_unknown_setting_is_refused_by_name(path: str) -> None:
    assert f"unknown setting '{path}'" in refusal(with_values({path: 1}))


@pytest.mark.parametrize(
    "changes",
    [
        {"state": "states"},
        {"preroll": 4},
        {"chunk": "1003", "temporal": False, "preroll": 4},
        {"chunk": "1003", "preroll": 4, "state": "states"},
        {"chunk": "1003", "preroll": -1},
    ],
)
def test_what_is_said_about_a_chunk_fits_together(changes: dict[str, Any]) -> None:
    assert "chunk" in refusal(changed(**changes)) or "preroll" in refusal(changed(**changes))


def test_every_complaint_comes_at_once() -> None:
    message = refusal(changed(scale=2, optimization__iterations=0, flow__sauce="dis", frames="5-x"))
    for name in ("scale", "optimization.iterations", "flow.sauce", "frames"):
        assert name in message


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("scale", 0),
        ("scale", 1.01),
        ("scale", float("nan")),
        ("threads", -1),
        ("threads", 1.5),
        ("features", "vgg11"),
        ("precision", "float16"),
        ("method", "magic"),
        ("frames", 1001),
        ("frames", "1010-1001"),
        ("style.styles", []),
        ("style.scale", 0),
        ("style.scale", 5),
        ("style.weights", [1, 1]),
        ("style.weights", [0]),
        ("style.weights", [-1]),
        ("style.weights", [float("nan")]),
        ("style.weights", [float("inf")]),
        ("matte.invert", True),
        ("over", "oil/sh.####.exr"),
        ("flow.source", "optical"),
        ("flow.forward", "fwd.####.flo"),
        ("flow.scale", 0),
        ("flow.scale", float("nan")),
        ("flow.zero", float("nan")),
        ("optimization.style_loss", "adain"),
        ("optimization.optimizer", "sgd"),
        ("optimization.iterations", 0),
        ("optimization.iterations_next", -1),
        ("optimization.learning_rate", 0),
        ("optimization.learning_rate", 2),
        ("optimization.scales", 0),
        ("optimization.scales", 9),
        ("optimization.content_weight", -0.1),
        ("optimization.style_weight", float("inf")),
        ("optimization.temporal_weight", float("nan")),
        ("optimization.tv_weight", -1),
        ("optimization.content_layers", []),
        ("optimization.content_layers", ["relu4_2", "relu4_2"]),
        ("optimization.style_layers", ["conv1_1"]),
        ("optimization.style_layers", ["relu1_3"]),
        ("optimization.seed", -1),
        ("optimization.seed", 1 << 70),
        ("output.data_type", "uint8"),
        ("output.compression", "jpeg"),
    ],
)
def test_what_is_out_of_range_is_refused_by_name(path: str, value: Any) -> None:
    assert path.partition(".")[0] in refusal(with_values({path: value}))


@pytest.mark.parametrize("data", [None, [], "plate", 3])
def test_what_is_no_object_is_refused(data: Any) -> None:
    refusal(data)


def test_style_weights_blend_to_one() -> None:
    style = {"styles": ["a.png", "b.png", "c.png"]}
    assert sum(RenderSettings.of(changed(style=style)).style.blend) == pytest.approx(1)
    weighted = RenderSettings.of(changed(style=style | {"weights": [3, 0, 1]})).style
    assert weighted.blend == (0.75, 0.0, 0.25)
    assert weighted.weights == (3, 0, 1)


def test_one_weight_too_few_is_refused() -> None:
    assert "1 weights for 2 styles" in refusal(changed(style={"styles": ["a.png", "b.png"], "weights": [1]}))


@pytest.mark.parametrize("layer", ["relu3_4", "relu4_4", "relu5_4"])
@pytest.mark.parametrize("role", ["content_layers", "style_layers"])
def test_the_smaller_network_lacks_some_layers(layer: str, role: str) -> None:
    data = with_values({f"optimization.{role}": [layer]})
    RenderSettings.of(data)
    assert f"vgg16 has no layer {layer}" in refusal(data | {"features": "vgg16"})


def test_layers_are_the_sixteen_of_vgg19() -> None:
    assert len(LAYERS) == 16
    for layer in LAYERS:
        RenderSettings.of(with_values({"optimization.style_layers": [layer]}))


@pytest.mark.parametrize("compression", ["plate", *COMPRESSIONS])
def test_every_listed_compression_is_taken(compression: str) -> None:
    assert RenderSettings.of(changed(output__compression=compression)).output.compression == compression


@pytest.mark.parametrize("source", ["flow/sh.####.flo", "flow\\sh.####.flo", "sh.%04d.exr", "sh_@@@@", "sh.$F4.flo"])
def test_a_flow_source_may_be_a_pattern(source: str) -> None:
    settings = RenderSettings.of(changed(flow={"source": source, "forward": "fwd/sh.####.flo"}))
    assert settings.flow.is_pattern


def test_settings_cannot_be_changed_after_the_check() -> None:
    settings = RenderSettings.of(SMALLEST)
    with pytest.raises(ValidationError, match="frozen"):
        settings.scale = 0.5


@pytest.mark.parametrize("frames", [None, "1001-1100", "7", "-5--1"])
def test_plain_data_and_back_is_the_same(frames: str | None) -> None:
    settings = RenderSettings.of(changed(frames=frames, flow__source="dis", style__weights=[2]))
    data = settings.model_dump(mode="json")
    assert data["frames"] == frames
    assert RenderSettings.of(json.loads(json.dumps(data))) == settings
    assert settings.frames == (None if frames is None else FrameRange.parse(frames))


def test_a_file_holds_the_same_as_plain_data(tmp_path: Path) -> None:
    path = tmp_path / "sh010.json"
    path.write_text(json.dumps(changed(frames="1001-1004", style__styles=["öl.png"])), encoding="utf-8")
    settings = RenderSettings.load(path)
    assert settings == RenderSettings.load(str(path))
    assert settings.style.images == (Path("öl.png"),)
    assert settings.frames == FrameRange(1001, 1004)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is not JSON (line 1"),
        (b'{\n"plate": "x",\n}', "is not JSON (line "),  # 2 or 3: Python 3.13 names the comma
        (b"\xff\xfe{}", "cannot be read"),
        (b"[1, 2]", "dictionary"),
        (b'{"plate": "x", "typo": 1}', "unknown setting 'typo'"),
        (json.dumps(SMALLEST | {"frames": "9-1"}).encode(), "frames"),
    ],
)
def test_a_file_that_is_no_good_is_named(content: bytes, said: str, tmp_path: Path) -> None:
    path = tmp_path / "sh010.json"
    path.write_bytes(content)
    with pytest.raises(SettingsError) as caught:
        RenderSettings.load(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert said in message
    assert "\n" not in message


def test_a_file_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"none\.json: no such file$"):
        RenderSettings.load(tmp_path / "none.json")


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read"):
        RenderSettings.load(tmp_path)

from __future__ import annotations

from pathlib import Path

import cv2
import pytest
import torch
from small_pictures import LAYERS, LOSSES, MakeFeatures, settings
from torch import Tensor

from vst_core.features import Features
from vst_core.methods.style_target import layer_shares, measure_style
from vst_core.weights import load


@pytest.mark.parametrize("style_loss", LOSSES)
@pytest.mark.parametrize("layers", [("relu1_1",), LAYERS, ("relu1_1", "relu1_2", "relu5_1")])
def test_shares_sum_to_one(style_loss: str, layers: tuple[str, ...]) -> None:
    shares = layer_shares(settings(style_loss=style_loss, style_layers=layers))
    assert tuple(shares) == layers
    assert sum(shares.values()) == pytest.approx(1)
    assert all(share > 0 for share in shares.values())


@pytest.mark.parametrize("style_loss", LOSSES)
def test_a_style_is_no_distance_from_itself_and_one_share_from_nothing(
    style_loss: str, random_features: MakeFeatures
) -> None:
    network, chosen, style = random_features(LAYERS), settings(style_loss=style_loss), torch.rand(1, 3, 48, 40)
    target = measure_style(chosen, network, [style], [1.0])
    maps = network(style)
    for layer, share in layer_shares(chosen).items():
        loss = target.losses[layer]
        assert abs(target.weights[layer] * float(loss(maps[layer]))) < 1e-3
        nothing = target.weights[layer] * float(loss(torch.zeros_like(maps[layer])))
        assert nothing == pytest.approx(share, rel=0.4 if style_loss == "sliced" else 0.02)


@pytest.mark.parametrize("style_loss", LOSSES)
def test_the_size_of_features_has_no_say(style_loss: str, random_features: MakeFeatures) -> None:
    network, style, image = random_features(LAYERS), torch.rand(1, 3, 32, 32), torch.rand(1, 3, 32, 32) / 2
    found = []
    for scale in (1.0, 50.0):

        def scaled(picture: Tensor, by: float = scale) -> dict[str, Tensor]:
            return {layer: by * maps for layer, maps in network(picture).items()}

        target = measure_style(settings(style_loss=style_loss), scaled, [style], [1.0])  # type: ignore[arg-type]  # any callable that gives features will do
        maps = scaled(image)
        found.append([target.weights[layer] * float(target.losses[layer](maps[layer])) for layer in LAYERS])
    assert found[0] == pytest.approx(found[1], rel=0.01)


def test_content_is_relative_to_the_styles_features(random_features: MakeFeatures) -> None:
    network, styles = random_features(LAYERS), [torch.rand(1, 3, 32, 32), torch.rand(1, 3, 40, 40) / 3]
    target = measure_style(settings(), network, styles, [0.25, 0.75])
    squares = [float(network(style)["relu2_1"].square().mean()) for style in styles]
    expected = 1 / (0.25 * squares[0] + 0.75 * squares[1])
    assert target.content_weights == {"relu2_1": pytest.approx(expected, rel=1e-4)}


@pytest.mark.parametrize("style_loss", LOSSES)
def test_a_blend_lies_between_its_styles(style_loss: str, random_features: MakeFeatures) -> None:
    network = random_features(LAYERS)
    dark, bright = torch.rand(1, 3, 48, 48) / 4, torch.rand(1, 3, 48, 48) / 4 + 0.75
    chosen = settings(style_loss=style_loss)

    def distance(weight: float) -> float:
        target = measure_style(chosen, network, [dark, bright], [1 - weight, weight])
        maps = network(bright)
        return sum(target.weights[layer] * float(target.losses[layer](maps[layer])) for layer in LAYERS)

    assert distance(0) > distance(0.5) > distance(1)
    assert abs(distance(1)) < 1e-3


def test_a_black_style_measures_without_dividing_by_zero(random_features: MakeFeatures) -> None:
    target = measure_style(settings(), random_features(LAYERS), [torch.zeros(1, 3, 32, 32)], [1.0])
    assert all(0 < weight < float("inf") for weight in (*target.weights.values(), *target.content_weights.values()))


def test_another_seed_gives_other_directions_in_every_layer(random_features: MakeFeatures) -> None:
    network, style, image = random_features(LAYERS), torch.rand(1, 3, 32, 32), torch.rand(1, 3, 32, 32)
    maps, found = network(image), set()
    for seed in (0, 1, 2):
        target = measure_style(settings(style_loss="sliced", seed=seed), network, [style], [1.0])
        found |= {(layer, float(target.losses[layer](maps[layer]))) for layer in LAYERS}
    assert len(found) == 6


def read_small(path: Path) -> Tensor:
    pixels = cv2.imread(str(path), cv2.IMREAD_COLOR_RGB)
    assert pixels is not None
    pixels = cv2.resize(pixels, (128, 128), interpolation=cv2.INTER_AREA)
    return torch.from_numpy(pixels).permute(2, 0, 1).unsqueeze(0) / 255


@pytest.mark.parametrize("style_loss", LOSSES)
def test_one_half_of_a_painting_tells_the_other_half_from_other_paintings(
    style_loss: str, vgg16_weights: Path, sample_styles: Path
) -> None:
    layers = ("relu1_1", "relu2_1", "relu3_1")
    network = Features("vgg16", load("vgg16", vgg16_weights), layers)
    paintings = {path.stem: read_small(path) for path in sorted(sample_styles.glob("*.png"))}
    assert len(paintings) == 5
    right = {name: network(painting[..., 64:]) for name, painting in paintings.items()}
    chosen = settings(style_loss=style_loss, style_layers=layers)
    for name, painting in paintings.items():
        target = measure_style(chosen, network, [painting[..., :64]], [1.0])
        distances = {
            other: sum(target.weights[layer] * float(target.losses[layer](maps[layer])) for layer in layers)
            for other, maps in right.items()
        }
        own = distances.pop(name)
        assert own < 0.8 * min(distances.values()), name

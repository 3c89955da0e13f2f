from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor
from torchvision_vgg import VGG16_LAYERS, torchvision_maps, torchvision_stack

from vst_core.errors import ModelError, SettingsError
from vst_core.features import Features
from vst_core.torchvision_compat import import_torchvision
from vst_core.weights import Weights, load

MakeFeatures = Callable[[Sequence[str]], Features]


def with_state(weights: Weights, change: Callable[[dict[str, Tensor]], object]) -> Weights:
    state = dict(weights.state)
    change(state)
    return replace(weights, state=state)


def assert_as_torchvisions(weights: Weights, image: Tensor) -> None:
    with torch.no_grad():
        found = Features("vgg16", weights, VGG16_LAYERS)(image)
        expected = torchvision_maps(torchvision_stack(weights), image, VGG16_LAYERS)
    assert list(found) == list(expected)
    for layer, maps in expected.items():
        assert torch.allclose(found[layer], maps, rtol=1e-4, atol=1e-4 * float(maps.abs().mean())), layer


def test_every_layer_is_torchvisions(random_vgg16: Weights) -> None:
    assert_as_torchvisions(random_vgg16, torch.rand(2, 3, 64, 48))


def test_every_layer_of_the_real_network_is_torchvisions(vgg16_weights: Path) -> None:
    assert_as_torchvisions(load("vgg16", vgg16_weights), torch.rand(1, 3, 64, 64))


def test_sizes_and_channels_follow_the_block(random_features: MakeFeatures) -> None:
    layers = ["relu1_1", "relu2_2", "relu3_3", "relu4_2", "relu5_1"]
    found = random_features(layers)(torch.rand(1, 3, 64, 96))
    assert list(found) == layers
    channels = (64, 128, 256, 512, 512)
    for block, (layer, count) in enumerate(zip(layers, channels, strict=True)):
        assert found[layer].shape == (1, count, 64 >> block, 96 >> block)
        assert found[layer].min() == 0


def test_a_layer_does_not_depend_on_which_others_are_asked_for(random_features: MakeFeatures) -> None:
    image = torch.rand(1, 3, 32, 32)
    alone = random_features(["relu3_1"])(image)["relu3_1"]
    among = random_features(["relu4_1", "relu3_1", "relu3_2", "relu1_1"])(image)["relu3_1"]
    assert torch.equal(alone, among)


def test_the_network_ends_at_the_deepest_layer(random_features: MakeFeatures) -> None:
    parameters = [sum(p.numel() for p in random_features([layer]).parameters()) for layer in ("relu1_2", "relu2_1")]
    assert parameters == [3 * 64 * 9 + 64 + 64 * 64 * 9 + 64, 3 * 64 * 9 + 64 + 64 * 64 * 9 + 64 + 64 * 128 * 9 + 128]


def test_vgg19_has_a_fourth_layer_in_the_later_blocks() -> None:
    with torch.device("meta"):
        stack = import_torchvision().models.vgg19(weights=None).features
    state = {f"features.{name}": torch.zeros(value.shape) for name, value in stack.state_dict().items()}
    weights = Weights(state, Path("random.pth"), "0" * 64)
    found = Features("vgg19", weights, ["relu3_4", "relu5_4"])(torch.rand(1, 3, 32, 32))
    assert found["relu3_4"].shape == (1, 256, 8, 8)
    assert found["relu5_4"].shape == (1, 512, 2, 2)


@pytest.mark.parametrize("layer", ["relu3_4", "relu6_1", "conv1_1", ""])
def test_a_layer_that_is_not_there_is_refused_by_name(layer: str, random_features: MakeFeatures) -> None:
    with pytest.raises(SettingsError, match=f"vgg16 has no layer {layer}") as caught:
        random_features(["relu1_1", layer])
    assert "relu5_3" in str(caught.value)
    assert "\n" not in str(caught.value)


def wrong_network(state: dict[str, Tensor]) -> None:
    state["features.5.weight"] = torch.ones(128, 64, 1, 1)


def missing_tensor(state: dict[str, Tensor]) -> None:
    del state["features.2.bias"]


def foreign_names(state: dict[str, Tensor]) -> None:
    for key in list(state):
        state[key.replace("features", "module.features")] = state.pop(key)


def nothing(state: dict[str, Tensor]) -> None:
    state.clear()


def not_a_number(state: dict[str, Tensor]) -> None:
    state["features.5.weight"] = state["features.5.weight"].clone()
    state["features.5.weight"][3, 2, 1, 0] = torch.nan


def infinite(state: dict[str, Tensor]) -> None:
    state["features.0.bias"] = torch.full((64,), torch.inf)


def whole_numbers(state: dict[str, Tensor]) -> None:
    state["features.2.weight"] = torch.ones(64, 64, 3, 3, dtype=torch.int64)


@pytest.mark.parametrize(
    "change", [wrong_network, missing_tensor, foreign_names, nothing, not_a_number, infinite, whole_numbers]
)
def test_weights_that_do_not_fit_are_one_plain_line(
    change: Callable[[dict[str, Tensor]], object], random_vgg16: Weights
) -> None:
    with pytest.raises(ModelError, match=r"random\.safetensors: (contains|does not contain)") as caught:
        Features("vgg16", with_state(random_vgg16, change), ["relu2_2"])
    assert "\n" not in str(caught.value)


def test_weights_of_layers_that_are_not_used_need_not_be_there(random_vgg16: Weights) -> None:
    def classifier_only_after_block_one(state: dict[str, Tensor]) -> None:
        for key in [key for key in state if key not in ("features.0.weight", "features.0.bias")]:
            del state[key]
        state["classifier.0.weight"] = torch.full((2, 2), torch.nan)

    Features("vgg16", with_state(random_vgg16, classifier_only_after_block_one), ["relu1_1"])


def test_weights_stored_in_half_precision_are_taken(random_vgg16: Weights) -> None:
    def shorten(state: dict[str, Tensor]) -> None:
        for key in state:
            state[key] = state[key].half()

    found = Features("vgg16", with_state(random_vgg16, shorten), ["relu2_1"])(torch.rand(1, 3, 32, 32))
    assert found["relu2_1"].dtype == torch.float32


@pytest.mark.parametrize("size", [(15, 64), (64, 15), (1, 1)])
def test_a_small_image_is_refused_with_its_size(size: tuple[int, int], random_features: MakeFeatures) -> None:
    with pytest.raises(SettingsError, match=f"{size[1]}x{size[0]} is too small") as caught:
        random_features(["relu1_1"])(torch.rand(1, 3, *size))
    assert "16 pixels" in str(caught.value)


def test_the_smallest_image_reaches_the_deepest_layer(random_features: MakeFeatures) -> None:
    assert random_features(["relu5_3"])(torch.rand(1, 3, 16, 16))["relu5_3"].shape == (1, 512, 1, 1)


@pytest.mark.parametrize("channels", [1, 2, 4])
def test_an_image_that_is_not_rgb_is_refused(channels: int, random_features: MakeFeatures) -> None:
    with pytest.raises(ValueError, match="3"):
        random_features(["relu1_1"])(torch.rand(1, channels, 32, 32))


@pytest.mark.parametrize(("maps", "moments"), [(["relu2_1"], []), ([], ["relu2_1"])])
def test_a_layer_that_was_not_asked_for_at_first_is_refused(
    maps: list[str], moments: list[str], random_features: MakeFeatures
) -> None:
    with pytest.raises(ValueError, match="relu2_1"):
        random_features(["relu1_1"]).statistics(torch.rand(1, 3, 32, 32), maps, moments)


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_neither_image_nor_weights_of_the_caller_change(
    random_vgg16: Weights, precision: str, request: pytest.FixtureRequest
) -> None:
    image = torch.rand(1, 3, 32, 32)
    kept = image.clone()
    state = {key: value.clone() for key, value in random_vgg16.state.items()}
    dtype = request.getfixturevalue("bfloat16") if precision == "bfloat16" else torch.float32
    network = Features("vgg16", random_vgg16, ["relu1_1", "relu3_1"], dtype=dtype)
    network(image)
    assert torch.equal(image, kept)
    for key, value in random_vgg16.state.items():
        assert torch.equal(value, state[key])
        assert value.dtype == torch.float32
        assert not value.requires_grad


def test_bfloat16_is_the_same_picture_less_precise(vgg16_weights: Path, bfloat16: torch.dtype) -> None:
    weights = load("vgg16", vgg16_weights)
    layers = ["relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1"]
    image = torch.rand(1, 3, 64, 64)
    with torch.no_grad():
        exact = Features("vgg16", weights, layers)(image)
        short = Features("vgg16", weights, layers, dtype=bfloat16)(image)
    for layer in layers:
        assert short[layer].dtype == bfloat16
        error = (short[layer].float() - exact[layer]).norm() / exact[layer].norm()
        assert 0 < error < 0.02, layer


def test_a_network_repeats_itself_and_leaves_the_random_numbers_alone(random_features: MakeFeatures) -> None:
    image = torch.rand(1, 3, 32, 32)
    before = torch.get_rng_state()
    first = random_features(["relu3_1"])(image)["relu3_1"]
    assert torch.equal(first, random_features(["relu3_1"])(image)["relu3_1"])
    assert torch.equal(torch.get_rng_state(), before)


def test_training_mode_changes_nothing(random_features: MakeFeatures) -> None:
    network = random_features(["relu2_1"])
    image = torch.rand(1, 3, 32, 32)
    assert torch.equal(network(image)["relu2_1"], network.train()(image)["relu2_1"])

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
import torch
from torch import Tensor, nn
from torchvision_vgg import torchvision_maps, torchvision_stack

from vst_core.features import Features, frozen_stack
from vst_core.moments import Moments, feature_moments
from vst_core.weights import Weights

MakeFeatures = Callable[[Sequence[str]], Features]


def test_gradients_reach_the_image_and_no_weight(random_features: MakeFeatures) -> None:
    network = random_features(["relu1_2", "relu4_1"])
    image = torch.rand(1, 3, 32, 32, requires_grad=True)
    sum(value.square().mean() for value in network(image).values()).backward()
    assert image.grad is not None
    assert torch.isfinite(image.grad).all()
    assert (image.grad != 0).all()
    assert all(not parameter.requires_grad and parameter.grad is None for parameter in network.parameters())


@pytest.mark.parametrize(
    "used",
    [("relu1_1",), ("relu1_2",), ("relu3_1",), ("relu1_1", "relu3_1"), ("relu3_1", "relu1_2", "relu2_2", "relu1_1")],
)
def test_gradients_are_those_of_torchvisions_stack(used: tuple[str, ...], random_vgg16: Weights) -> None:
    network = Features("vgg16", random_vgg16, ["relu2_2", "relu1_1", "relu3_1", "relu1_2"], dtype=torch.float64)
    stack = torchvision_stack(random_vgg16).double()
    image = torch.rand(2, 3, 18, 20, dtype=torch.float64, requires_grad=True)

    def loss(maps: dict[str, Tensor]) -> Tensor:
        return torch.stack([maps[layer].pow(3).mean() for layer in used]).sum()

    found = loss(network(image))
    (expected,) = torch.autograd.grad(loss(torchvision_maps(stack, image, used)), image)
    for _ in range(2):  # the second time shows whether the first one spoilt what the graph keeps
        (gradient,) = torch.autograd.grad(found, image, retain_graph=True)
        assert torch.allclose(gradient, expected, rtol=1e-6, atol=1e-12)


@pytest.mark.parametrize("fuses", [True, False])  # a card has no such operator
def test_a_callers_autocast_changes_nothing(
    fuses: bool, random_features: MakeFeatures, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(frozen_stack, "_FUSES", fuses)
    network, image = random_features(["relu1_1", "relu2_1"]), torch.rand(1, 3, 32, 32, requires_grad=True)
    found = []
    for shortens in (False, True):
        with torch.autocast("cpu", torch.bfloat16, shortens):
            maps, moments = network.statistics(image, ["relu2_1"], ["relu1_1"])
        value = maps["relu2_1"].square().mean() + moments["relu1_1"].second.mean()
        found.append((value.detach(), *torch.autograd.grad(value, image)))
    assert all(torch.equal(without, within) for without, within in zip(*found, strict=True))


def test_a_gradient_that_comes_in_is_left_as_it_was(random_features: MakeFeatures) -> None:
    image = torch.randn(1, 3, 32, 32, requires_grad=True)
    maps = random_features(["relu2_1"])(image)["relu2_1"]
    pull = torch.randn_like(maps)
    kept = pull.clone()
    torch.autograd.grad(maps, image, pull)
    assert torch.equal(pull, kept)


@pytest.mark.parametrize(
    ("maps", "moments", "with_mean"),
    [
        ((), ("relu1_1",), True),
        ((), ("relu1_2", "relu3_1"), False),
        (("relu2_2",), ("relu1_1", "relu3_1"), True),
        (("relu1_1", "relu2_2"), ("relu2_2", "relu1_1"), True),
        (("relu3_1",), ("relu3_1", "relu2_2"), False),
    ],
)
def test_statistics_are_the_maps_and_their_moments_gradients_too(
    maps: tuple[str, ...], moments: tuple[str, ...], with_mean: bool, random_vgg16: Weights
) -> None:
    network = Features("vgg16", random_vgg16, ["relu1_1", "relu1_2", "relu2_2", "relu3_1"], dtype=torch.float64)
    stack = torchvision_stack(random_vgg16).double()
    image = torch.rand(2, 3, 18, 20, dtype=torch.float64, requires_grad=True)

    def loss(of_maps: dict[str, Tensor], of_moments: dict[str, Moments]) -> Tensor:
        parts = [of_maps[layer].pow(3).mean() for layer in maps]
        for layer in moments:
            parts += [values.pow(3).sum() for values in (of_moments[layer].second, of_moments[layer].mean)]
        return torch.stack(parts).sum()

    found_maps, found_moments = network.statistics(image, maps, moments, with_mean=with_mean)
    assert (set(found_maps), set(found_moments)) == (set(maps), set(moments))
    alone = torchvision_maps(stack, image, {*maps, *moments})
    measured = {layer: feature_moments(alone[layer]) for layer in moments}
    for layer in moments:
        assert torch.allclose(found_moments[layer].second, measured[layer].second)
        if with_mean:
            assert torch.allclose(found_moments[layer].mean, measured[layer].mean)
        else:
            assert found_moments[layer].mean.shape == (2, 0)
            measured[layer] = measured[layer]._replace(mean=found_moments[layer].mean.detach())
    (expected,) = torch.autograd.grad(loss(alone, measured), image)
    found = loss(found_maps, found_moments)
    for _ in range(2):
        (gradient,) = torch.autograd.grad(found, image, retain_graph=True)
        assert torch.allclose(gradient, expected, rtol=1e-6, atol=1e-12)


def test_a_mean_may_be_used_without_its_second_moment(random_features: MakeFeatures) -> None:
    image = torch.rand(1, 3, 32, 32, requires_grad=True)
    network = random_features(["relu1_1", "relu2_1"])
    found = network.statistics(image, (), ["relu1_1", "relu2_1"])[1]
    expected = {layer: maps.mean((2, 3)) for layer, maps in network(image).items()}
    for used in (["relu1_1"], ["relu1_1", "relu2_1"]):
        first, second = (
            torch.autograd.grad(torch.cat(parts, 1).square().sum(), image, retain_graph=True)[0]
            for parts in ([found[layer].mean for layer in used], [expected[layer] for layer in used])
        )
        assert torch.allclose(first, second, rtol=1e-4, atol=1e-7)


LARGE = [("relu1_2", "relu2_2"), ("relu3_1",), ("relu1_1", "relu2_1", "relu3_1", "relu4_1"), ("relu4_2", "relu5_1")]


@pytest.mark.parametrize("layers", LARGE)
@pytest.mark.parametrize(("height", "width"), [(333, 18), (288, 16)])
def test_a_large_image_in_bands_is_the_same_image(
    layers: tuple[str, ...], height: int, width: int, random_vgg16: Weights, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Maps, moments and gradients, of a band's own rows and across its edges."""
    network = Features("vgg16", random_vgg16, layers, dtype=torch.float64)
    image = torch.rand(2, 3, height, width, dtype=torch.float64, requires_grad=True)

    def result() -> list[Tensor]:
        maps, moments = network.statistics(image, layers[-1:], layers)
        parts = [*maps.values(), *(each for values in moments.values() for each in values)]
        loss = torch.stack([part.pow(3).sum() / part.pow(3).sum().detach() for part in parts]).sum()
        gradients = (torch.autograd.grad(loss, image, retain_graph=True)[0] for _ in range(2))
        return [part.detach() for part in parts] + list(gradients)

    def sizes() -> list[int]:
        given: list[int] = []
        usual = frozen_stack._rectified_convolution

        def seen(x: Tensor, module: nn.Conv2d) -> Tensor:
            given.append(x.numel())
            return usual(x, module)

        with pytest.MonkeyPatch.context() as patch, torch.no_grad():
            patch.setattr(frozen_stack, "_rectified_convolution", seen)
            network(image)
        return given

    whole, largest = result(), max(sizes())
    monkeypatch.setattr(frozen_stack, "_MOST_BYTES", 100 * width * 8)
    assert max(sizes()) < largest
    for found, expected in zip(result(), whole, strict=True):
        assert torch.allclose(found, expected, rtol=1e-7, atol=1e-9 * float(expected.abs().max()))


def test_bands_without_a_way_back_give_the_same(random_vgg16: Weights, monkeypatch: pytest.MonkeyPatch) -> None:
    network = Features("vgg16", random_vgg16, ["relu1_1", "relu3_1"])
    image = torch.rand(1, 3, 200, 24)
    with torch.no_grad():
        whole = network.statistics(image, ["relu3_1"], ["relu1_1"], with_mean=False)
        monkeypatch.setattr(frozen_stack, "_MOST_BYTES", 64 * 24 * 4)
        found = network.statistics(image, ["relu3_1"], ["relu1_1"], with_mean=False)
    assert torch.allclose(found[0]["relu3_1"], whole[0]["relu3_1"], rtol=1e-4, atol=1e-5)
    assert torch.allclose(found[1]["relu1_1"].second, whole[1]["relu1_1"].second, rtol=1e-4)
    assert found[1]["relu1_1"].mean.shape == (1, 0)

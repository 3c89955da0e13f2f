"""A network taken apart: each layer alone gives what the convolution it was made from gives."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from small_network import one_of, random_frame, random_network
from torch import Tensor

from vst_core.networks.blocks import ReflectConv, UpsampleConv
from vst_core.networks.layers import Layer, from_display, layers_of, widened
from vst_core.networks.transformer import network_input

few = settings(max_examples=25, deadline=None)
SIZES = ("quality", "fast")


def layer_of(conv: ReflectConv | UpsampleConv, neighbours: int = 1) -> Layer:
    """A layer of a convolution alone."""
    assert conv.bias is not None
    weight = conv.transposed_kernel() if isinstance(conv, UpsampleConv) else conv.weight
    weight, bias = widened(weight, conv.bias, neighbours) if neighbours > 1 else (weight, conv.bias)
    upsamples = isinstance(conv, UpsampleConv)
    return Layer(weight.detach(), bias.detach(), conv.kernel_size[0], conv.stride[0], upsamples, neighbours=neighbours)


def padded_rows(layer: Layer, x: Tensor, top: int, bottom: int) -> Tensor:
    """The rows of ``x`` that a layer asks for, their padding filled by it; what it leaves undone stays NaN."""
    start, stop = layer.input_rows(top, bottom)
    above, below, margin = max(0, -start), max(0, stop - x.shape[2]), layer.margin
    padded = x.new_full((1, x.shape[1], stop - start, x.shape[3] + 2 * margin), float("nan"))
    inside = slice(above, stop - start - below)
    padded[:, :, inside, margin : x.shape[3] + margin] = x[:, :, start + above : stop - below]
    layer.pad(padded, above, below)
    return padded


@few
@given(st.sampled_from([3, 5, 9]), st.sampled_from([2, 3, 4]), st.integers(1, 5), st.integers(1, 5))
def test_a_widened_convolution_gives_pixels_side_by_side(
    kernel: int, neighbours: int, height: int, groups: int
) -> None:
    torch.manual_seed(height * groups)
    weight, bias = torch.randn(4, 3, kernel, kernel).double(), torch.randn(4).double()
    x = torch.randn(1, 3, height + kernel - 1, neighbours * groups + kernel - 1).double()
    wide, biases = widened(weight, bias, neighbours)
    assert wide.shape == (4 * neighbours, 3, kernel, kernel + neighbours - 1)
    found = F.conv2d(x, wide, biases, (1, neighbours))
    assert found.shape == (1, 4 * neighbours, height, groups)
    side_by_side = found.view(1, neighbours, 4, height, groups).permute(0, 2, 3, 4, 1).flatten(3)
    assert torch.allclose(side_by_side, F.conv2d(x, weight, bias), atol=1e-12)


@few
@given(st.sampled_from([1, 3, 9]), st.integers(0, 1000))
def test_a_convolution_of_display_values_is_that_of_the_networks_input(kernel: int, seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    weight, bias = torch.randn(5, 7, kernel, kernel, generator=generator).double(), torch.randn(5).double()
    image, warped, valid = (item.double() for item in random_frame(12, 11, seed))
    found = F.conv2d(torch.cat((image, warped * valid, valid), 1), *from_display(weight, bias))
    assert torch.allclose(found, F.conv2d(network_input(image, warped, valid), weight, bias), atol=1e-12)


@few
@given(
    st.sampled_from([ReflectConv(3, 4, 3), ReflectConv(3, 4, 5, 2), ReflectConv(3, 4, 9), UpsampleConv(3, 4, 3)])
    | st.sampled_from([ReflectConv(3, 4, 3, 2), UpsampleConv(3, 4, 5)]),
    st.sampled_from([1, 2]),
    st.integers(5, 9),
    st.data(),
)
def test_any_rows_of_a_layer_are_those_of_the_whole(
    conv: ReflectConv | UpsampleConv, neighbours: int, half_height: int, data: st.DataObject
) -> None:
    one = conv.stride[0] > 1 or isinstance(conv, UpsampleConv)
    layer = layer_of(conv, 1 if one else neighbours)
    x = torch.randn(1, 3, 2 * half_height, 14, generator=torch.Generator().manual_seed(half_height))
    whole = conv(x).detach()
    assert layer.output_size(2 * half_height, 14) == whole.shape[-2:]
    assert layer.channels == whole.shape[1]
    top = data.draw(st.integers(0, whole.shape[2] - 1), "top")
    bottom = data.draw(st.integers(top + 1, whole.shape[2]), "bottom")
    found = layer.convolved(padded_rows(layer, x, top, bottom), top, bottom)
    assert torch.allclose(found, whole[:, :, top:bottom], atol=1e-5)


@pytest.mark.parametrize("size", SIZES)
def test_the_layers_of_a_network_are_its_convolutions(size: str) -> None:
    network = random_network(size)
    layers = layers_of(network, one_of(2, 1), torch.float32)
    convolutions = [module for module in network.modules() if isinstance(module, torch.nn.Conv2d)]
    assert [layer.channels for layer in layers] == [conv.out_channels for conv in convolutions]
    assert [layer.scale is None for layer in layers] == [False] * (len(layers) - 1) + [True]
    adding = [number for number, layer in enumerate(layers) if layer.adds is not None]
    assert len(adding) == network.architecture.blocks
    assert all(layers[number].adds == number - 2 and not layers[number].rectifies for number in adding)
    assert sum(layer.rectifies for layer in layers) == len(layers) - len(adding) - 1


def test_layers_are_of_the_type_asked_for_but_the_last_which_makes_the_colours() -> None:
    *layers, last = layers_of(random_network(), one_of(2, 0), torch.bfloat16)
    assert {layer.weight.dtype for layer in layers} == {torch.bfloat16}
    assert {layer.scale.dtype for layer in layers if layer.scale is not None} == {torch.float32}
    assert last.weight.dtype == torch.float32

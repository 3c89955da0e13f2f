"""The parts of the network are what their papers say, however they are computed."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from vst_core.networks.architecture import Normalization
from vst_core.networks.blocks import EPSILON, ConditionalNorm, ReflectConv, ResidualBlock, UpsampleConv

SIDES = st.integers(5, 12)
few = settings(max_examples=20, deadline=None)


def enlarged(x: Tensor, conv: UpsampleConv, padding: str) -> Tensor:
    """What an ``UpsampleConv`` is, one step after the other."""
    margin = (conv.kernel_size[0] // 2,) * 4
    return F.conv2d(F.pad(F.interpolate(x, scale_factor=2), margin, mode=padding), conv.weight, conv.bias)


def styled(channels: int, styles: int, normalization: Normalization = "instance") -> ConditionalNorm:
    """A norm whose styles differ."""
    norm = ConditionalNorm(channels, styles, normalization)
    with torch.no_grad():
        norm.scale.normal_()
        norm.shift.normal_()
    return norm


@few
@given(st.sampled_from([(3, "replicate"), (5, "replicate"), (3, "reflect")]), SIDES, SIDES, st.integers(1, 3))
def test_upsampling_in_one_step_is_upsampling_in_two(
    kind: tuple[int, str], height: int, width: int, batch: int
) -> None:
    """Doubled, an edge reflected by one pixel is the edge repeated."""
    torch.manual_seed(height * width)
    conv, x = UpsampleConv(3, 4, kind[0]).double(), torch.randn(batch, 3, height, width).double()
    assert conv(x).shape == (batch, 4, 2 * height, 2 * width)
    assert torch.allclose(conv(x), enlarged(x, conv, kind[1]), atol=1e-12)


@pytest.mark.parametrize("kernel", [3, 5])
def test_upsampling_in_one_step_learns_as_in_two(kernel: int) -> None:
    conv, x = UpsampleConv(3, 4, kernel).double(), torch.randn(2, 3, 6, 7).double().requires_grad_()
    assert conv.bias is not None
    wanted = (x, conv.weight, conv.bias)
    aim = torch.randn(2, 4, 12, 14).double()
    found = torch.autograd.grad((conv(x) * aim).sum(), wanted)
    expected = torch.autograd.grad((enlarged(x, conv, "replicate") * aim).sum(), wanted)
    for gradient, other in zip(found, expected, strict=True):
        assert torch.allclose(gradient, other, atol=1e-12)


@few
@given(SIDES, SIDES, st.sampled_from([3, 5, 9]), st.sampled_from([1, 2]))
def test_a_convolution_keeps_the_size_but_for_its_stride(height: int, width: int, kernel: int, stride: int) -> None:
    torch.manual_seed(height * width)
    conv, x = ReflectConv(3, 4, kernel, stride).double(), torch.randn(2, 3, height, width).double()
    assert conv(x).shape == (2, 4, math.ceil(height / stride), math.ceil(width / stride))
    padded = F.pad(x, (kernel // 2,) * 4, mode="reflect")
    assert torch.allclose(conv(x), F.conv2d(padded, conv.weight, conv.bias, stride), atol=1e-12)


def test_a_norm_is_the_instance_normalisation_of_its_style() -> None:
    norm, x = styled(4, 3).double(), 5 + 3 * torch.randn(3, 4, 6, 7).double()
    found = norm(x, torch.eye(3).double())
    for image in range(3):
        alone = F.instance_norm(x[image : image + 1], weight=norm.scale[image], bias=norm.shift[image], eps=EPSILON)
        assert torch.allclose(found[image : image + 1], alone, atol=1e-12)


@few
@given(st.lists(st.floats(0, 1), min_size=3, max_size=3).filter(lambda weights: sum(weights) > 0.1))
def test_a_mixture_of_styles_is_the_mixture_of_their_parameters(weights: list[float]) -> None:
    torch.manual_seed(1)
    norm, x = styled(4, 3).double(), torch.randn(1, 4, 6, 7).double()
    mix = torch.tensor([weights]).double() / sum(weights)
    scale, shift = (sum(m * each for m, each in zip(mix[0], item, strict=True)) for item in (norm.scale, norm.shift))
    assert isinstance(scale, Tensor)
    assert isinstance(shift, Tensor)
    assert torch.allclose(norm(x, mix), F.instance_norm(x, weight=scale, bias=shift, eps=EPSILON), atol=1e-12)


def test_the_norms_to_compare_with() -> None:
    x, mix = 5 + 3 * torch.randn(4, 2, 6, 7), torch.tensor([[0.0, 1.0]]).expand(4, 2)
    batch, none = styled(2, 2, "batch"), styled(2, 2, "none")
    assert torch.allclose(batch(x, mix), F.batch_norm(x, None, None, batch.scale[1], batch.shift[1], True), atol=1e-5)
    assert torch.allclose(none(x, mix), x * none.scale[1, :, None, None] + none.shift[1, :, None, None], atol=1e-5)


def test_a_residual_block_adds_to_what_it_is_given() -> None:
    block, x, mix = ResidualBlock(4, 2), torch.randn(2, 4, 8, 9), torch.eye(2)
    y = F.relu(block.norm1(block.conv1(x), mix))
    added = block.norm2(block.conv2(y), mix)
    assert added.abs().max() > 0.1
    assert added.min() < 0  # no rectifier after the sum
    assert torch.allclose(block(x, mix), x + added, atol=1e-6)


def test_a_style_learns_from_its_own_pictures_alone() -> None:
    block, x = ResidualBlock(4, 3), torch.randn(2, 4, 8, 9, requires_grad=True)
    (block(x, torch.eye(3)[:2]) * torch.randn(2, 4, 8, 9)).sum().backward()
    for norm in (block.norm1, block.norm2):
        for parameter in (norm.scale, norm.shift):
            assert parameter.grad is not None
            assert (parameter.grad.abs().sum(1) > 0).tolist() == [True, True, False]
    for tensor in (x, block.conv1.weight, block.conv2.weight):
        assert tensor.grad is not None
        assert tensor.grad.abs().max() > 0

"""A network taken apart into layers for inference: one convolution each, and what happens to its result."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from vst_core.networks.blocks import ConditionalNorm, ReflectConv, ResidualBlock, UpsampleConv
from vst_core.networks.transformer import TransformerNet

_NEIGHBOURS = 4


@dataclass(frozen=True, slots=True)
class Layer:
    """A convolution and the instance normalisation after it, for one mixture of styles.

    Attributes:
        weight: as ``conv2d`` takes it, or as ``conv_transpose2d`` does where ``upsamples``.
        bias: (C,).
        kernel: side of the kernel that reflection or edge padding is sized for.
        stride: 1 or 2.
        upsamples: whether the map is enlarged by two.
        scale: (C,) after normalisation, float32; None where there is no normalisation.
        shift: (C,).
        rectifies: whether a rectifier follows.
        adds: number of the layer whose result is added, or None.
        neighbours: pixels side by side that one step of the convolution gives; see ``widened``.
    """

    weight: Tensor
    bias: Tensor
    kernel: int
    stride: int
    upsamples: bool
    scale: Tensor | None = None
    shift: Tensor | None = None
    rectifies: bool = False
    adds: int | None = None
    neighbours: int = 1

    @property
    def channels(self) -> int:
        """Of the result."""
        return len(self.bias) // self.neighbours

    def output_size(self, height: int, width: int) -> tuple[int, int]:
        """Size of the result for an input of a size that the stride divides."""
        return (height * 2, width * 2) if self.upsamples else (height // self.stride, width // self.stride)

    def input_rows(self, top: int, bottom: int) -> tuple[int, int]:
        """Rows of the input, padding included, that rows ``top`` to ``bottom`` (exclusive) of the result come from."""
        reach = self.kernel // 2
        if self.upsamples:
            return (top - reach) // 2, (bottom - 1 + reach) // 2 + 1
        return top * self.stride - reach, (bottom - 1) * self.stride + reach + 1

    @property
    def margin(self) -> int:
        """Padding at either side of the input."""
        return 1 if self.upsamples else self.kernel // 2

    def pad(self, x: Tensor, above: int, below: int) -> None:
        """Fill the padding of (1, C, h, W), in place: the ``margin`` outermost columns and some rows."""
        height, width, margin = x.shape[2], x.shape[3], self.margin
        for step in range(1, margin + 1):
            inner = 0 if self.upsamples else step  # the edge repeated, or the picture reflected in it
            x[..., margin - step] = x[..., margin + inner]
            x[..., width - 1 - margin + step] = x[..., width - 1 - margin - inner]
        for step in range(1, above + 1):
            x[:, :, above - step] = x[:, :, above + (0 if self.upsamples else step)]
        for step in range(1, below + 1):
            last = height - 1 - below
            x[:, :, last + step] = x[:, :, last - (0 if self.upsamples else step)]

    def convolved(self, x: Tensor, top: int, bottom: int) -> Tensor:
        """Rows ``top`` to ``bottom`` (exclusive) of the result.

        Args:
            x: (1, C, h, W), the rows that ``input_rows`` says, padded.
            top: first row.
            bottom: last row, exclusive.
        """
        if self.upsamples:
            result = F.conv_transpose2d(x, self.weight, self.bias, 2, (0, self.kernel // 2 + 2))
            skip = top + self.kernel // 2 - 2 * self.input_rows(top, bottom)[0]
            return result[:, :, skip : skip + bottom - top]
        if self.neighbours == 1:
            return F.conv2d(x, self.weight, self.bias, self.stride)
        result = F.conv2d(x, self.weight, self.bias, (1, self.neighbours))
        batch, _, height, width = result.shape
        apart = result.view(batch, self.neighbours, self.channels, height, width)
        return apart.permute(0, 2, 3, 4, 1).reshape(batch, self.channels, height, -1)


def from_display(weight: Tensor, bias: Tensor) -> tuple[Tensor, Tensor]:
    """The first convolution, for an input that is not yet brought to [-1, 1].

    Args:
        weight: (C, 7, k, k), for ``network_input``.
        bias: (C,).

    Returns:
        Weight and bias for image, ``warped * valid`` and ``valid``, display [0, 1].
    """
    image, warped, valid = torch.split(weight, [3, 3, 1], 1)
    valid = valid - warped.sum(1, keepdim=True)
    return torch.cat((image * 2, warped * 2, valid), 1), bias - image.sum((1, 2, 3))


def widened(weight: Tensor, bias: Tensor, neighbours: int) -> tuple[Tensor, Tensor]:
    """A convolution that gives the channels of several pixels side by side at once.

    Few channels leave most of a processor's lanes idle.

    Args:
        weight: (C', C, k, k), of a convolution of stride 1.
        bias: (C',).
        neighbours: n.

    Returns:
        (n C', C, k, k + n - 1) and (n C',), for a stride of n across.
    """
    shifted = [F.pad(weight, (index, neighbours - 1 - index)) for index in range(neighbours)]
    return torch.cat(shifted), bias.repeat(neighbours)


def layers_of(network: TransformerNet, mix: Tensor, dtype: torch.dtype) -> list[Layer]:
    """A network's layers, in order, the last without normalisation.

    Args:
        network: uses instance normalisation.
        mix: (S,), one weight for each style.
        dtype: type of weights and maps, but for the last layer, which is float32: it makes the colours.
    """
    layers: list[Layer] = []
    for conv, norm, rectifies, adds in walk(network):
        kind = torch.float32 if norm is None else dtype
        upsamples = isinstance(conv, UpsampleConv)
        weight = conv.transposed_kernel() if isinstance(conv, UpsampleConv) else conv.weight
        weight, bias = weight.detach().to(kind), _bias(conv).detach().to(kind)
        neighbours = _NEIGHBOURS if norm is None and not upsamples else 1
        if not layers:
            weight, bias = from_display(weight, bias)
        if neighbours > 1:
            weight, bias = widened(weight, bias, neighbours)
        affine = (None, None) if norm is None else tuple(item[0].float() for item in norm.affine(mix[None]))
        layers.append(
            Layer(
                weight=weight.contiguous(memory_format=torch.channels_last),
                bias=bias,
                kernel=conv.kernel_size[0],
                stride=conv.stride[0],
                upsamples=upsamples,
                scale=affine[0],
                shift=affine[1],
                rectifies=rectifies,
                adds=None if adds is None else len(layers) + adds,
                neighbours=neighbours,
            )
        )
    return layers


def walk(
    network: TransformerNet,
) -> Iterator[tuple[ReflectConv | UpsampleConv, ConditionalNorm | None, bool, int | None]]:
    """Convolution, norm, whether a rectifier follows, and how many layers back lies what is added."""
    yield network.stem, network.stem_norm, True, None
    for conv, norm in zip(network.down, network.down_norms, strict=True):
        assert isinstance(conv, ReflectConv)
        assert isinstance(norm, ConditionalNorm)
        yield conv, norm, True, None
    for block in network.blocks:
        assert isinstance(block, ResidualBlock)
        yield block.conv1, block.norm1, True, None
        yield block.conv2, block.norm2, False, -2
    for conv, norm in zip(network.up, network.up_norms, strict=True):
        assert isinstance(conv, UpsampleConv)
        assert isinstance(norm, ConditionalNorm)
        yield conv, norm, True, None
    yield network.last, None, False, None


def _bias(conv: ReflectConv | UpsampleConv) -> Tensor:
    assert conv.bias is not None
    return conv.bias

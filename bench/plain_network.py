"""The network as one would write it down first, in torch's own modules: a peer of the benchmarks."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn

from vst_core.networks import Architecture


class PlainNetwork(nn.Module):
    """The architecture with padding, upsampling and instance normalisation as layers of their own, in float32."""

    def __init__(self, architecture: Architecture) -> None:
        super().__init__()
        widths, stem, last = architecture.widths, architecture.stem_kernel, architecture.last_kernel
        layers: list[nn.Module] = [*_conv(7, widths[0], stem, architecture.stem_stride), *_norm(widths[0])]
        for before, after in pairwise(widths):
            layers += [*_conv(before, after, 3, 2), *_norm(after)]
        layers += [_Residual(widths[-1]) for _ in range(architecture.blocks)]
        for before, after in pairwise(widths[::-1]):
            layers += [nn.Upsample(scale_factor=2), *_conv(before, after, 3), *_norm(after)]
        if architecture.stem_stride == 2:
            layers.append(nn.Upsample(scale_factor=2))
        self.layers = nn.Sequential(*layers, *_conv(widths[0], 3, last), nn.Tanh())

    def forward(self, image: Tensor, warped: Tensor, valid: Tensor) -> Tensor:
        """(1, 3, H, W), (1, 3, H, W) and (1, 1, H, W) -> (1, 3, H, W)."""
        result: Tensor = self.layers(torch.cat((image, warped, valid), 1))
        return result


class _Residual(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            *_conv(channels, channels, 3), *_norm(channels), *_conv(channels, channels, 3), *_norm(channels)[:1]
        )

    def forward(self, x: Tensor) -> Tensor:
        return x + self.layers(x)


def _conv(before: int, after: int, kernel: int, stride: int = 1) -> list[nn.Module]:
    return [nn.ReflectionPad2d(kernel // 2), nn.Conv2d(before, after, kernel, stride)]


def _norm(channels: int) -> list[nn.Module]:
    return [nn.InstanceNorm2d(channels, affine=True), nn.ReLU()]

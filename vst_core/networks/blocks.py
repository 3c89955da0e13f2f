"""What the feed-forward network is made of."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vst_core.networks.architecture import Normalization

EPSILON = 1e-5


class ReflectConv(nn.Conv2d):
    """A convolution with reflection padding: an odd kernel, and (H, W) in gives (H, W) / stride, rounded up."""

    def __init__(self, channels_in: int, channels_out: int, kernel: int, stride: int = 1) -> None:
        super().__init__(channels_in, channels_out, kernel, stride)

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) -> (B, C', H / stride, W / stride); each side at least half the kernel plus one."""
        return F.conv2d(F.pad(x, padding(self.kernel_size[0]), mode="reflect"), self.weight, self.bias, self.stride)


class UpsampleConv(nn.Conv2d):
    """Nearest-neighbour upsampling by two and a convolution with edge padding (Odena et al. 2016: no checkerboard).

    Neither the enlarged map nor its padding is made: both steps together are one transposed convolution of stride two
    whose kernel sums the weights that meet the same pixel.
    """

    def __init__(self, channels_in: int, channels_out: int, kernel: int) -> None:
        super().__init__(channels_in, channels_out, kernel)

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) -> (B, C', 2 H, 2 W)."""
        x = F.pad(x, padding(3), mode="replicate")
        return F.conv_transpose2d(x, self.transposed_kernel(), self.bias, 2, self.kernel_size[0] // 2 + 2)

    def transposed_kernel(self) -> Tensor:
        """The transposed convolution's kernel, (C, C', k + 1, k + 1)."""
        flipped = self.weight.flip(2, 3).transpose(0, 1)
        rows = F.pad(flipped, (0, 0, 0, 1)) + F.pad(flipped, (0, 0, 1, 0))
        return F.pad(rows, (0, 1)) + F.pad(rows, (1, 0))


class ConditionalNorm(nn.Module):
    """Instance normalisation with one set of affine parameters for each style (Dumoulin et al. 2017).

    Args:
        channels: C.
        styles: S.
        normalization: batch statistics, or none at all, instead of those of each image: for comparison.
    """

    def __init__(self, channels: int, styles: int, normalization: Normalization = "instance") -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(styles, channels))
        self.shift = nn.Parameter(torch.zeros(styles, channels))
        self.by_instance = normalization == "instance"
        self.batch_norm = nn.BatchNorm2d(channels, affine=False) if normalization == "batch" else nn.Identity()

    def forward(self, x: Tensor, mix: Tensor) -> Tensor:
        """(B, C, H, W) and one weight for each style, (B, S) -> (B, C, H, W)."""
        scale, shift = self.affine(mix)
        if self.by_instance:
            # One image's batch statistics are its instance statistics, and torch's fastest kernel takes those.
            rows = enumerate(zip(scale, shift, strict=True))
            images = [F.batch_norm(x[i : i + 1], None, None, a, b, True, 0, EPSILON) for i, (a, b) in rows]
            return images[0] if len(images) == 1 else torch.cat(images)
        normalized: Tensor = self.batch_norm(x)
        return normalized * scale[:, :, None, None] + shift[:, :, None, None]

    def affine(self, mix: Tensor) -> tuple[Tensor, Tensor]:
        """Scale and shift of a mixture of styles, (B, C) each: styles interpolate by their parameters."""
        return mix @ self.scale, mix @ self.shift


class ResidualBlock(nn.Module):
    """x + norm(conv(relu(norm(conv(x))))), without a rectifier after the sum (Johnson et al. 2016)."""

    def __init__(self, channels: int, styles: int, normalization: Normalization = "instance") -> None:
        super().__init__()
        self.conv1 = ReflectConv(channels, channels, 3)
        self.norm1 = ConditionalNorm(channels, styles, normalization)
        self.conv2 = ReflectConv(channels, channels, 3)
        self.norm2 = ConditionalNorm(channels, styles, normalization)

    def forward(self, x: Tensor, mix: Tensor) -> Tensor:
        """(B, C, H, W) and (B, S) -> (B, C, H, W)."""
        y: Tensor = self.norm2(self.conv2(F.relu(self.norm1(self.conv1(x), mix))), mix)
        return x + y


def padding(kernel: int) -> tuple[int, int, int, int]:
    """Pixels at each side that keep a map's size under an odd kernel."""
    return (kernel // 2,) * 4

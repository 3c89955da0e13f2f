"""The feed-forward network for video: Johnson et al. 2016 with the inputs of Ruder et al. 2018."""

from __future__ import annotations

from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vst_core.networks.architecture import Architecture, Normalization
from vst_core.networks.blocks import ConditionalNorm, ReflectConv, ResidualBlock, UpsampleConv

INPUTS = 7
# Red, green, blue and how much of the prior is kept.
OUTPUTS = 4
# Of half the display range: black and white lie within reach of a hyperbolic tangent and not at its infinite ends.
REACH = 1.1
# Of a pixel, at most this share is the frame before: a prior kept whole would never follow a change of light.
MOST_KEPT = 0.95


class TransformerNet(nn.Module):
    """Encoder, residual blocks and decoder with conditional instance normalisation.

    Departs from the papers in one thing: a fourth output says, pixel by pixel, how much of the warped previous result
    is kept where that is valid. Detail of the prior would otherwise have to pass the narrow middle of the network.

    Args:
        architecture: its size.
        styles: number of styles.
        normalization: see ``ConditionalNorm``.
    """

    def __init__(self, architecture: Architecture, styles: int, normalization: Normalization = "instance") -> None:
        super().__init__()
        widths = architecture.widths
        pairs = list(pairwise(widths))
        self.architecture = architecture
        self.styles = styles
        self.stem = ReflectConv(INPUTS, widths[0], architecture.stem_kernel, architecture.stem_stride)
        self.stem_norm = ConditionalNorm(widths[0], styles, normalization)
        self.down = nn.ModuleList(ReflectConv(a, b, 3, 2) for a, b in pairs)
        self.down_norms = nn.ModuleList(ConditionalNorm(b, styles, normalization) for _, b in pairs)
        self.blocks = nn.ModuleList(
            ResidualBlock(widths[-1], styles, normalization) for _ in range(architecture.blocks)
        )
        self.up = nn.ModuleList(UpsampleConv(b, a, 3) for a, b in reversed(pairs))
        self.up_norms = nn.ModuleList(ConditionalNorm(a, styles, normalization) for a, _ in reversed(pairs))
        last = UpsampleConv if architecture.stem_stride == 2 else ReflectConv
        self.last = last(widths[0], OUTPUTS, architecture.last_kernel)

    def forward(
        self, image: Tensor, warped: Tensor, valid: Tensor, mix: Tensor, most_kept: Tensor | float = MOST_KEPT
    ) -> Tensor:
        """Stylise a batch of frames.

        Args:
            image: (B, 3, H, W), display [0, 1]; sides are multiples of ``architecture.reduction``.
            warped: (B, 3, H, W), the previous result on this frame's grid, display [0, 1].
            valid: (B, 1, H, W), 1 where ``warped`` can be trusted; 0 all over for the first frame of a shot.
            mix: (B, S), one weight for each style, summing to 1.
            most_kept: of a pixel, the share of the prior at most; a number, or one for each frame, (B, 1, 1, 1).

        Returns:
            (B, 3, H, W), display, a little beyond [0, 1] at most.
        """
        x = network_input(image, warped, valid)
        x = F.relu(self.stem_norm(self.stem(x), mix))
        for conv, norm in zip(self.down, self.down_norms, strict=True):
            x = F.relu(norm(conv(x), mix))
        for block in self.blocks:
            x = block(x, mix)
        for conv, norm in zip(self.up, self.up_norms, strict=True):
            x = F.relu(norm(conv(x), mix))
        return to_picture(self.last(x), warped, valid, most_kept)

    def keep_more(self, amount: float) -> None:
        """Keep more of the prior from now on: ``amount`` is added to the fourth output, before its sigmoid."""
        assert self.last.bias is not None
        with torch.no_grad():
            self.last.bias[3] += amount


def network_input(image: Tensor, warped: Tensor, valid: Tensor) -> Tensor:
    """(B, 7, H, W): frame and prior in [-1, 1], the prior's holes 0, and its mask (Ruder et al. 2018)."""
    return torch.cat((image * 2 - 1, (warped * 2 - 1) * valid, valid), 1)


def to_picture(output: Tensor, warped: Tensor, valid: Tensor, most_kept: Tensor | float = MOST_KEPT) -> Tensor:
    """The last convolution's (B, 4, H, W) and the prior -> (B, 3, H, W), display; see ``TransformerNet.forward``."""
    output = output.float()  # a picture in less would show its steps
    color = 0.5 + 0.5 * REACH * torch.tanh(output[:, :3])
    kept = most_kept * valid * torch.sigmoid(output[:, 3:])
    return torch.lerp(color, warped, kept.expand_as(warped))

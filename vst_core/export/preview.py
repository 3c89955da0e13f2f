"""A network as one small module that other programs run: scene-linear light in, scene-linear light out.

What a render does with an opaque frame that has no frame before it, in plain operators and for frames of any size. It
needs the memory of whole maps, where the engine goes by bands.
"""

# No annotations from the future: TorchScript takes a constant from its annotation, and cannot read one that is text.
from typing import Final

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vst_core.export.light import Light
from vst_core.networks import TransformerNet
from vst_core.networks.blocks import EPSILON, ConditionalNorm, ReflectConv, UpsampleConv
from vst_core.networks.layers import walk
from vst_core.networks.transformer import REACH


class Preview(nn.Module):
    """A network's styles on a frame of its own.

    Args:
        network: uses instance normalisation.
        to_working: (3, 3), takes a host's colour as a column to scene-linear Rec.709.
    """

    def __init__(self, network: TransformerNet, to_working: Tensor) -> None:
        super().__init__()
        self.light = Light(to_working)
        self.network = PlainNetwork(network)

    def forward(self, plate: Tensor, mix: Tensor, strength: Tensor) -> Tensor:
        """Stylise a frame.

        Colour is computed in float32, the network in the type of the plate.

        Args:
            plate: (1, 3, H, W), the host's scene-linear colour, opaque.
            mix: (S,), how much of each style, not negative; they need not sum to 1. All 0 gives the plate.
            strength: (), how much of the stylised frame lies over the plate, [0, 1].

        Returns:
            (1, 3, H, W), the host's scene-linear colour.
        """
        color = plate.float()
        linear = self.light.to_working(color)
        display = self.light.to_display(linear)
        total = mix.sum()
        stylized = self.network(display.to(plate.dtype), (mix / total.clamp(min=1e-6)).to(plate.dtype)).float()
        painted = self.light.to_host(self.light.to_scene_linear(stylized, display, linear))
        share = strength * (total > 0)
        return (painted * share + color * (1 - share)).to(plate.dtype)


class PlainNetwork(nn.Module):
    """A transformer network that has no prior.

    Args:
        network: uses instance normalisation.
    """

    reduction: Final[int]
    reach: Final[float] = REACH

    def __init__(self, network: TransformerNet) -> None:
        super().__init__()
        self.reduction = network.architecture.reduction
        layers = [PlainLayer(*step) for step in walk(network)]
        layers[0].weight = nn.Buffer(layers[0].weight[:, :3].contiguous())  # the inputs of a prior would be 0
        self.layers = nn.ModuleList(layers)

    def forward(self, image: Tensor, mix: Tensor) -> Tensor:
        """(1, 3, H, W), display [0, 1], and one weight for each style, (S,) -> (1, 3, H, W), display [0, 1]."""
        height, width = image.shape[-2:]
        x = F.pad(image, [0, -width % self.reduction, 0, -height % self.reduction], mode="replicate") * 2 - 1
        before = x
        for layer in self.layers:
            result = layer(x, mix)
            if layer.adds:  # what went into the layer before
                result = result + before
            before, x = x, result
        color = x[:, :3, :height, :width]  # the fourth says how much of a prior is kept
        return (0.5 + 0.5 * self.reach * torch.tanh(color)).clamp(0.0, 1.0)


class PlainLayer(nn.Module):
    """A convolution, and what happens to its result.

    Args:
        conv: the convolution.
        norm: the instance normalisation after it.
        rectifies: whether a rectifier follows.
        adds: how many layers back lies what is added afterwards.
    """

    kernel: Final[int]
    stride: Final[int]
    upsamples: Final[bool]
    normalizes: Final[bool]
    rectifies: Final[bool]
    adds: Final[bool]
    epsilon: Final[float] = EPSILON

    def __init__(
        self, conv: ReflectConv | UpsampleConv, norm: ConditionalNorm | None, rectifies: bool, adds: int | None
    ) -> None:
        super().__init__()
        self.kernel, self.stride = conv.kernel_size[0], conv.stride[0]
        self.upsamples = isinstance(conv, UpsampleConv)
        self.normalizes, self.rectifies, self.adds = norm is not None, rectifies, adds is not None
        weight = conv.transposed_kernel() if isinstance(conv, UpsampleConv) else conv.weight
        assert conv.bias is not None
        self.weight, self.bias = nn.Buffer(weight.detach()), nn.Buffer(conv.bias.detach())
        if norm is not None:
            self.scale, self.shift = nn.Buffer(norm.scale.detach()), nn.Buffer(norm.shift.detach())

    def forward(self, x: Tensor, mix: Tensor) -> Tensor:
        """(1, C, H, W) and one weight for each style, (S,) -> (1, C', H', W')."""
        if self.upsamples:
            padded = F.pad(x, [1, 1, 1, 1], mode="replicate")
            x = F.conv_transpose2d(padded, self.weight, self.bias, 2, self.kernel // 2 + 2)
        else:
            around = self.kernel // 2
            x = F.conv2d(
                F.pad(x, [around, around, around, around], mode="reflect"), self.weight, self.bias, self.stride
            )
        if self.normalizes:
            x = torch.instance_norm(x, mix @ self.scale, mix @ self.shift, None, None, True, 0.0, self.epsilon, True)
        return F.relu(x) if self.rectifies else x

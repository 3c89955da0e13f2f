"""torchvision's VGG-16, run one module after the other: the oracle of the feature network's tests."""

from __future__ import annotations

from collections.abc import Collection

import torch
from torch import Tensor, nn

from vst_core.features import IMAGENET_MEAN, IMAGENET_STD
from vst_core.settings_model import LAYERS
from vst_core.torchvision_compat import import_torchvision
from vst_core.weights import Weights

VGG16_LAYERS = [layer for layer in LAYERS if not layer.endswith("_4")]
# Depth at which torchvision's own list has each rectifier: convolution, rectifier, ..., pooling after each block.
VGG16_INDICES = [1, 3, 6, 8, 11, 13, 15, 18, 20, 22, 25, 27, 29]


def torchvision_stack(weights: Weights) -> nn.Sequential:
    with torch.device("meta"):
        stack: nn.Sequential = import_torchvision().models.vgg16(weights=None).features
    state = {key.removeprefix("features."): value for key, value in weights.state.items()}
    stack.load_state_dict(state, assign=True)
    return stack


def torchvision_maps(stack: nn.Sequential, image: Tensor, layers: Collection[str]) -> dict[str, Tensor]:
    """The same layers, one module of torchvision's after the other."""
    mean, std = (torch.tensor(values).view(1, 3, 1, 1) for values in (IMAGENET_MEAN, IMAGENET_STD))
    names = dict(zip(VGG16_INDICES, VGG16_LAYERS, strict=True))
    maps: dict[str, Tensor] = {}
    x = (image - mean) / std
    for index, module in enumerate(stack):
        if len(maps) == len(layers):
            break
        x = module(x)
        if names.get(index) in layers:
            maps[names[index]] = x
    return maps

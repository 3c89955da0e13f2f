"""The feature network: VGG activations by layer name (Simonyan & Zisserman 2014; layer names as in Gatys et al.
2016).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor, nn

from vst_core.errors import ModelError, SettingsError
from vst_core.features.frozen_stack import Wanted, run_frozen
from vst_core.moments import Moments
from vst_core.torchvision_compat import import_torchvision
from vst_core.weights import Weights

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)
# A layer of block n sees the image reduced n - 1 times by two; below this many pixels a side it would have none left.
_MIN_SIDE = 16


class Features(nn.Module):
    """VGG up to the deepest layer asked for, with frozen weights.

    Args:
        network: ``"vgg19"`` or ``"vgg16"``, torchvision's architecture.
        weights: a state dictionary with torchvision's names; classifier entries are ignored.
        layers: names ``relu1_1`` … ``relu5_4`` (``relu5_3`` for vgg16).
        dtype: type of weights and activations.
        device: where the network lives.

    Raises:
        ModelError: the weights are those of another network.
        SettingsError: the network has no such layer.
    """

    def __init__(
        self,
        network: Literal["vgg19", "vgg16"],
        weights: Weights,
        layers: Sequence[str],
        *,
        dtype: torch.dtype = torch.float32,
        device: torch.device | str = "cpu",
    ) -> None:
        super().__init__()
        models = import_torchvision().models
        with torch.device("meta"):
            stack = getattr(models, network)(weights=None).features
        names = layer_names(stack)
        unknown = [layer for layer in layers if layer not in names]
        if unknown:
            raise SettingsError(
                f"{network} has no layer {', '.join(unknown)}", remedy=f"its layers are {', '.join(names)}"
            )
        rectifiers = [index for index, module in enumerate(stack) if isinstance(module, nn.ReLU)]
        ordered = sorted(set(layers), key=names.index)
        self._captures = {rectifiers[names.index(layer)]: layer for layer in ordered}
        stack = stack[: max(self._captures) + 1]
        state = {
            key.removeprefix("features."): value for key, value in weights.state.items() if key.startswith("features.")
        }
        wanted = stack.state_dict()
        for key, parameter in wanted.items():
            if key not in state or state[key].shape != parameter.shape or not state[key].is_floating_point():
                raise ModelError(
                    f"does not contain the weights of {network}: features.{key} is missing or of another shape or type",
                    where=weights.path,
                )
        stack.load_state_dict({key: state[key] for key in wanted}, assign=True)
        if not all(bool(torch.isfinite(parameter).all()) for parameter in stack.parameters()):
            raise ModelError("contains weights that are not finite", where=weights.path, remedy="fetch the file again")
        self.stack = (
            stack.to(device=device, dtype=dtype, memory_format=torch.channels_last).requires_grad_(False).eval()
        )
        self.dtype = dtype
        self.register_buffer("mean", torch.tensor(IMAGENET_MEAN, device=device).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(IMAGENET_STD, device=device).view(1, 3, 1, 1), persistent=False)
        self.mean: Tensor
        self.std: Tensor

    def forward(self, image: Tensor) -> dict[str, Tensor]:
        """Activations after the named rectifiers.

        Args:
            image: (B, 3, H, W), display [0, 1], at least 16 pixels a side.

        Returns:
            layer name -> (B, C, h, w) in the network's ``dtype``, shallow layers first. Differentiable once.
        """
        return self.statistics(image, tuple(self._captures.values()), ())[0]

    def statistics(
        self, image: Tensor, maps: Sequence[str], moments: Sequence[str], *, with_mean: bool = True
    ) -> tuple[dict[str, Tensor], dict[str, Moments]]:
        """Activations of some layers and only the moments of others, which costs less than taking them afterwards.

        Args:
            image: as for ``forward``.
            maps: layers whose activations are wanted.
            moments: layers whose moments over the pixels are wanted.
            with_mean: whether their means are; without, they are empty, (B, 0).

        Returns:
            layer name -> (B, C, h, w) in the network's ``dtype``, and layer name -> moments in float32.

        Raises:
            ValueError: the network was made without one of the layers, or the image is not (B, 3, H, W).
            SettingsError: the image is too small.
        """
        if image.dim() != 4 or image.shape[1] != 3:  # one channel would be taken three times
            raise ValueError(f"an image must be (B, 3, H, W), but is {tuple(image.shape)}")
        if absent := sorted({*maps, *moments} - set(self._captures.values())):
            raise ValueError(f"this feature network was not made with {', '.join(absent)} among its layers")
        if min(image.shape[-2:]) < _MIN_SIDE:
            raise SettingsError(
                f"an image of {image.shape[-1]}x{image.shape[-2]} is too small for the feature network",
                remedy=f"it needs at least {_MIN_SIDE} pixels a side; raise the working scale",
            )
        x = ((image - self.mean) / self.std).to(self.dtype, memory_format=torch.channels_last)
        wanted = {index: Wanted(layer in maps, layer in moments) for index, layer in self._captures.items()}
        found, taken = run_frozen(x, self.stack, wanted, with_mean=with_mean)
        return (
            {self._captures[index]: each for index, each in found.items()},
            {self._captures[index]: Moments(*each) for index, each in taken.items()},
        )


def layer_names(stack: nn.Sequential) -> list[str]:
    """Names of a VGG stack's rectifiers, ``relu{block}_{number}``, in order."""
    names: list[str] = []
    block, number = 1, 0
    for module in stack:
        if isinstance(module, nn.ReLU):
            number += 1
            names.append(f"relu{block}_{number}")
        elif isinstance(module, nn.MaxPool2d):
            block, number = block + 1, 0
    return names

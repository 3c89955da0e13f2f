"""The feature network: VGG activations by layer name (Simonyan & Zisserman 2014; layer names as in Gatys et al.
2016).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from vst_core.errors import ModelError, SettingsError
from vst_core.moments import Moments, as_pixels, pixel_gradient, pixel_moments
from vst_core.torchvision_compat import import_torchvision
from vst_core.weights import Weights

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)
# A layer of block n sees the image reduced n - 1 times by two; below this many pixels a side it would have none left.
_MIN_SIDE = 16
_FUSED_TYPES = (torch.float32, torch.bfloat16)
_FUSES = bool(torch.backends.mkldnn.is_available())  # type: ignore[no-untyped-call]


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
                    f"holds no weights of {network}: features.{key} is missing or of another shape or type",
                    where=weights.path,
                )
        stack.load_state_dict({key: state[key] for key in wanted}, assign=True)
        if not all(bool(torch.isfinite(parameter).all()) for parameter in stack.parameters()):
            raise ModelError("holds weights that are not finite", where=weights.path, remedy="fetch the file again")
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
        """
        if image.dim() != 4 or image.shape[1] != 3:  # one channel would be taken three times
            raise ValueError(f"an image must be (B, 3, H, W), but is {tuple(image.shape)}")
        if min(image.shape[-2:]) < _MIN_SIDE:
            raise SettingsError(
                f"an image of {image.shape[-1]}x{image.shape[-2]} is too small for the feature network",
                remedy=f"it needs at least {_MIN_SIDE} pixels a side; raise the working scale",
            )
        x = ((image - self.mean) / self.std).to(self.dtype, memory_format=torch.channels_last)
        wanted = {index: (layer in maps, layer in moments) for index, layer in self._captures.items()}
        results = iter(_FrozenStack.apply(x, self.stack, wanted, with_mean))  # type: ignore[no-untyped-call]
        found_maps: dict[str, Tensor] = {}
        found_moments: dict[str, Moments] = {}
        for index, (with_map, with_moments) in wanted.items():
            if with_map:
                found_maps[self._captures[index]] = next(results)
            if with_moments:
                found_moments[self._captures[index]] = Moments(next(results), next(results))
        return found_maps, found_moments


class _FrozenStack(torch.autograd.Function):
    """A stack of 3x3 convolutions, rectifiers and 2x2 maxima whose weights are frozen, as one node of the graph.

    Nothing between its layers is anybody's but its own, so gradients are masked and summed in place, where a graph of
    single layers makes a new map for each of these; and no gradient of a weight is thought of. Moments are taken within
    the node for the same reason: their gradient is a product that adds itself to the one that passes.
    """

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, stack: nn.Sequential, wanted: dict[int, tuple[bool, bool]], with_mean: bool
    ) -> tuple[Tensor, ...]:
        saved: list[Tensor] = []
        results: list[Tensor] = []
        for index, module in enumerate(stack):
            if isinstance(module, nn.Conv2d):
                saved.append(x)
                x = _rectified_convolution(x, module)
            elif isinstance(module, nn.ReLU):
                saved.append(x)
                with_map, with_moments = wanted.get(index, (False, False))
                if with_map:
                    results.append(x)
                if with_moments:
                    results.extend(pixel_moments(as_pixels(x), with_mean))
            else:
                saved.append(x)
                x, indices = F.max_pool2d(x, 2, return_indices=True)
                saved.append(indices)
        ctx.save_for_backward(*saved)
        ctx.set_materialize_grads(False)
        ctx.stack, ctx.wanted = stack, wanted
        return tuple(results)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *grads: Tensor | None) -> tuple[Tensor | None, None, None, None]:
        saved, left = list(ctx.saved_tensors), list(grads)
        grad: Tensor | None = None
        pooled, masked = saved[-1], False
        for index, module in reversed(list(enumerate(ctx.stack))):
            if isinstance(module, nn.ReLU):
                output = saved.pop()
                with_map, with_moments = ctx.wanted.get(index, (False, False))
                if with_moments:
                    second, mean = left.pop(), left.pop()
                    grad = _add_moments_gradient(grad, output, mean, second)
                if with_map:
                    own = left.pop()
                    if own is not None:
                        grad = own.clone(memory_format=torch.channels_last) if grad is None else grad.add_(own)
                if grad is not None and not masked:
                    _mask(grad, output)
                masked = False
            elif isinstance(module, nn.Conv2d):
                given = saved.pop()
                if grad is not None:
                    grad = _conv_input_gradient(grad, given, module.weight)
                pooled = given
            else:
                indices, given = saved.pop(), saved.pop()
                if grad is not None:
                    # Only maxima pass anything back, and those are positive where their pool is: a quarter of the mask.
                    masked = index - 1 not in ctx.wanted
                    if masked:
                        _mask(grad, pooled)
                    grad = torch.ops.aten.max_pool2d_with_indices_backward(
                        grad, given, [2, 2], [2, 2], [0, 0], [1, 1], False, indices
                    )
        return grad, None, None, None


def _rectified_convolution(x: Tensor, module: nn.Conv2d) -> Tensor:
    """A 3x3 convolution with padding 1 and the rectifier that follows it, in one pass where the processor has one.

    torch's own compiler uses that operator, which rounds a little otherwise than the two.
    """
    fused = getattr(torch.ops.mkldnn, "_convolution_pointwise", None)
    if fused is None or not _FUSES or x.device.type != "cpu" or x.dtype not in _FUSED_TYPES:
        return F.conv2d(x, module.weight, module.bias, padding=1).relu_()
    one = [1, 1]
    result: Tensor = fused(x, module.weight, module.bias, one, one, one, 1, "relu", [], "")
    return result


def _mask(grad: Tensor, output: Tensor) -> None:
    """Set the gradient to 0, in place, where a rectifier's output is."""
    torch.ops.aten.threshold_backward.grad_input(grad, output, 0, grad_input=grad)


def _add_moments_gradient(
    grad: Tensor | None, output: Tensor, mean: Tensor | None, second: Tensor | None
) -> Tensor | None:
    """Add what the moments of ``output`` pass back to it to ``grad``, in place where there is one."""
    if second is None and (mean is None or not mean.shape[1]):
        return grad
    into = None if grad is None else as_pixels(grad.contiguous(memory_format=torch.channels_last))
    result = pixel_gradient(as_pixels(output), mean, second, into)
    return result.view(output.shape[0], *output.shape[-2:], -1).permute(0, 3, 1, 2)


def _conv_input_gradient(grad: Tensor, given: Tensor, weight: Tensor) -> Tensor:
    """What a 3x3 convolution with padding 1 passes back to its input."""
    one = [1, 1]
    result: Tensor = torch.ops.aten.convolution_backward(
        grad, given, weight, None, one, one, one, False, [0, 0], 1, [True, False, False]
    )[0]
    return result


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

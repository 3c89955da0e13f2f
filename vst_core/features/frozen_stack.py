"""A stack of 3x3 convolutions, rectifiers and 2x2 maxima whose weights are frozen, as one node of the graph.

Nothing between its layers is anybody's but its own, so gradients are masked and summed in place, where a graph of
single layers makes a new map for each of these; and no gradient of a weight is thought of. Moments are taken within
the node for the same reason: their gradient is a product that adds itself to the one that passes.

A large image goes through in bands of rows. Going back, each band is computed again, so that no more than one band's
maps are ever there: half as much time again, with what bands look at beyond themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from vst_core.features.bands import Band, plan_bands, reach_of
from vst_core.moments import as_pixels, pixel_gradient, pixel_moments
from vst_core.tensors import without_autocast

# Of one channel of an image, or of a band of it: 2K in float32 goes through at once. Maps and gradients take some five
# hundred times that. It is not decided by the free memory, for the last bits depend on it.
_MOST_BYTES = 2048 * 1152 * 4
_FUSED_TYPES = (torch.float32, torch.bfloat16)
_FUSES = bool(torch.backends.mkldnn.is_available())  # type: ignore[no-untyped-call]

Outputs = tuple[Tensor, ...]


class Wanted(NamedTuple):
    """What is wanted of a rectifier's output."""

    map: bool
    moments: bool


class _Gradient(NamedTuple):
    """What comes back to a rectifier's output: for its map, for its moments; None for nothing."""

    map: Tensor | None
    mean: Tensor | None = None
    second: Tensor | None = None


def run_frozen(
    x: Tensor, stack: nn.Sequential, wanted: Mapping[int, Wanted], *, with_mean: bool
) -> tuple[dict[int, Tensor], dict[int, tuple[Tensor, Tensor]]]:
    """Send images through a stack. Differentiable once.

    Args:
        x: (B, 3, H, W), channels last, in the type of the stack's weights.
        stack: the modules, the last of them wanted.
        wanted: by the number of a rectifier.
        with_mean: whether means are wanted of the moments; without, they are empty, (B, 0).

    Returns:
        Maps (B, C, h, w), and moments (B, C) and (B, C, C) over the pixels, at least float32, by number.
    """
    with without_autocast(x):  # the way back asks for the types of the way there
        results = iter(_FrozenStack.apply(x, stack, dict(wanted), with_mean))  # type: ignore[no-untyped-call]
    maps, moments = {}, {}
    for index, (with_map, with_moments) in wanted.items():
        if with_map:
            maps[index] = next(results)
        if with_moments:
            moments[index] = next(results), next(results)
    return maps, moments


class _FrozenStack(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, stack: nn.Sequential, wanted: dict[int, Wanted], with_mean: bool) -> Outputs:
        reach = reach_of(stack, wanted)
        images, _, height, width = x.shape
        bands = plan_bands(images, height, width, reach, _MOST_BYTES // x.itemsize)
        ctx.set_materialize_grads(False)
        ctx.stack, ctx.wanted, ctx.bands, ctx.factors = stack, wanted, bands, reach.factors
        if len(bands) == 1:
            saved: list[Tensor] = []
            results: list[Tensor] = []

            def take(index: int, output: Tensor) -> None:
                with_map, with_moments = wanted[index]
                if with_map:
                    results.append(output)
                if with_moments:
                    results.extend(pixel_moments(as_pixels(output), with_mean))

            _go(x, stack, wanted, take, saved.append if ctx.needs_input_grad[0] else _ignore)
            ctx.save_for_backward(*saved)
            return tuple(results)
        ctx.save_for_backward(x)
        return _in_bands(x, stack, wanted, with_mean, bands, reach.factors)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *grads: Tensor | None) -> tuple[Tensor | None, None, None, None]:
        left = iter(grads)
        given = {
            index: _Gradient(
                next(left) if with_map else None,
                *((next(left), next(left)) if with_moments else ()),
            )
            for index, (with_map, with_moments) in ctx.wanted.items()
        }
        if len(ctx.bands) == 1:

            def add(index: int, grad: Tensor | None, output: Tensor) -> Tensor | None:
                return _add(grad, output, given[index])

            return _go_back(list(ctx.saved_tensors), ctx.stack, ctx.wanted, add), None, None, None
        (x,) = ctx.saved_tensors
        total = torch.zeros_like(x)
        for band in ctx.bands:

            def add_own(index: int, grad: Tensor | None, output: Tensor, band: Band = band) -> Tensor | None:
                return _add_band(grad, output, given[index], band, x.shape[2], ctx.factors[index])

            saved: list[Tensor] = []
            rows = slice(band.top, band.bottom)
            _go(x[band.images, :, rows], ctx.stack, (), _ignore, saved.append)
            grad = _go_back(saved, ctx.stack, ctx.wanted, add_own)
            if grad is not None:
                total[band.images, :, rows] += grad
        return total, None, None, None


def _in_bands(
    x: Tensor,
    stack: nn.Sequential,
    wanted: Mapping[int, Wanted],
    with_mean: bool,
    bands: list[Band],
    factors: tuple[int, ...],
) -> Outputs:
    """What the whole images give, from bands of them."""
    batch, _, height, width = x.shape
    results: dict[int, list[Tensor]] = {index: [] for index in wanted}
    for band in bands:

        def take(index: int, output: Tensor, band: Band = band) -> None:
            factor, channels = factors[index], output.shape[1]
            own, found = output[:, :, band.own(factor)], results[index]
            with_map, with_moments = wanted[index]
            if not found and with_map:
                whole = output.new_empty(batch, channels, height // factor, width // factor)
                found.append(whole.contiguous(memory_format=torch.channels_last))
            if len(found) == with_map and with_moments:
                wide = torch.promote_types(output.dtype, torch.float32)
                found.append(output.new_zeros(batch, channels if with_mean else 0, dtype=wide))
                found.append(output.new_zeros(batch, channels, channels, dtype=wide))
            if with_map:
                found[0][band.images, :, band.place(factor)] = own
            if with_moments and own.numel():
                for total, part in zip(found[-2:], pixel_moments(as_pixels(own), with_mean), strict=True):
                    total[band.images] += part.mul_(band.share(height, factor))

        _go(x[band.images, :, band.top : band.bottom], stack, wanted, take, _ignore)
    return tuple(result for found in results.values() for result in found)


def _go(
    x: Tensor,
    stack: nn.Sequential,
    wanted: Collection[int],
    take: Callable[[int, Tensor], object],
    save: Callable[[Tensor], object],
) -> None:
    """Send images through the stack.

    Args:
        x: the images.
        stack: the modules.
        wanted: of which rectifiers to give the output.
        take: is given them, with their number.
        save: is given all that the way back needs, in order.
    """
    for index, module in enumerate(stack):
        save(x)
        if isinstance(module, nn.Conv2d):
            x = _rectified_convolution(x, module)
        elif isinstance(module, nn.ReLU):
            if index in wanted:
                take(index, x)
        else:
            x, indices = F.max_pool2d(x, 2, return_indices=True)
            save(indices)


def _ignore(*_: object) -> None:
    """For what is not taken, or where there is no way back."""


def _go_back(
    saved: list[Tensor],
    stack: nn.Sequential,
    wanted: Collection[int],
    add: Callable[[int, Tensor | None, Tensor], Tensor | None],
) -> Tensor | None:
    """What comes back to the images that ``_go`` sent.

    Args:
        saved: what it saved; it is emptied on the way.
        stack: the modules.
        wanted: the rectifiers that something may come back to.
        add: adds that to the gradient, if there is one; is given the rectifier's number, the gradient and the output.
    """
    grad: Tensor | None = None
    pooled, masked = saved[-1], False
    for index, module in reversed(list(enumerate(stack))):
        if isinstance(module, nn.ReLU):
            output = saved.pop()
            if index in wanted:
                grad = add(index, grad, output)
            if grad is not None and not masked:
                _mask(grad, output)
            masked = False
        elif isinstance(module, nn.Conv2d):
            before = saved.pop()
            if grad is not None:
                grad = _conv_input_gradient(grad, before, module.weight)
            pooled = before
        else:
            indices, before = saved.pop(), saved.pop()
            if grad is not None:
                # Only maxima pass anything back, and those are positive where their pool is: a quarter of the mask.
                masked = index - 1 not in wanted
                if masked:
                    _mask(grad, pooled)
                grad = torch.ops.aten.max_pool2d_with_indices_backward(
                    grad, before, [2, 2], [2, 2], [0, 0], [1, 1], False, indices
                )
    return grad


def _add(grad: Tensor | None, output: Tensor, own: _Gradient) -> Tensor | None:
    """Add what comes back to ``output`` itself to ``grad``, in place where there is one."""
    if own.second is not None or (own.mean is not None and own.mean.shape[1]):
        into = None if grad is None else as_pixels(grad.contiguous(memory_format=torch.channels_last))
        result = pixel_gradient(as_pixels(output), own.mean, own.second, into)
        grad = result.view(output.shape[0], *output.shape[-2:], -1).permute(0, 3, 1, 2)
    if own.map is not None:
        grad = own.map.clone(memory_format=torch.channels_last) if grad is None else grad.add_(own.map)
    return grad


def _add_band(
    grad: Tensor | None, output: Tensor, own: _Gradient, band: Band, height: int, factor: int
) -> Tensor | None:
    """The same for a band, from what comes back to the whole images."""
    rows, share = band.own(factor), band.share(height, factor)
    if all(each is None for each in own) or not share:
        return grad
    if grad is None:
        grad = torch.zeros_like(output, memory_format=torch.channels_last)
    part = _Gradient(
        None if own.map is None else own.map[band.images, :, band.place(factor)],
        *(None if each is None else each[band.images] * share for each in own[1:]),
    )
    _add(grad[:, :, rows], output[:, :, rows], part)
    return grad


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


def _conv_input_gradient(grad: Tensor, given: Tensor, weight: Tensor) -> Tensor:
    """What a 3x3 convolution with padding 1 passes back to its input."""
    one = [1, 1]
    result: Tensor = torch.ops.aten.convolution_backward(
        grad, given, weight, None, one, one, one, False, [0, 0], 1, [True, False, False]
    )[0]
    return result

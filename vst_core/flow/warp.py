"""Moving an image along a flow field."""

from __future__ import annotations

import math
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

_BAND = 256
"""Rows that are warped at a time where a picture is large."""
_STRIPS = 16
"""What a band is cut into, at most, for threads to share."""


def warp(image: Tensor, backward_flow: Tensor, *, padding: Literal["border", "zeros"] = "border") -> Tensor:
    """Sample ``image`` bilinearly at ``x + backward_flow(x)``: the previous frame, moved to where it is now.

    Differentiable in ``image``. Whole-pixel flows return the image's own values bit for bit: the sampling grid is laid
    over a canvas whose sides are powers of two, where normalised coordinates lose nothing.

    Args:
        image: (B, C, H, W), any range; float32 or float64 (narrower types are computed in the flow's type).
        backward_flow: (B, 2, H, W), pixels, x right, y down.
        padding: beyond the frame, ``"border"`` repeats the outermost pixels and ``"zeros"`` fades to 0 within a pixel.

    Returns:
        (B, C, H, W) in the wider of the two types.

    Raises:
        ValueError: the shapes do not belong together.
    """
    _check_shapes(image, backward_flow)
    image = image.to(torch.promote_types(image.dtype, backward_flow.dtype))
    x, y = _points_within(backward_flow, image, 0 if padding == "border" else 1)
    canvas = _canvas(image)
    return _sample(canvas, _grid(x, y, canvas))


def warp_sharp(image: Tensor, backward_flow: Tensor) -> Tensor:
    """`warp` that keeps detail when a picture is moved again and again, frame after frame.

    Linear interpolation lifts a curve by half its second derivative times f (1 - f), at a fraction f of a pixel. Here
    that is taken off, with the derivatives across and down. Along a row or a column this is cubic convolution
    (Keys 1981, a = -1/2). Whole-pixel flows return the image's own values bit for bit. Not differentiable.

    Args:
        image: (B, C, H, W), any range; the border is repeated beyond it.
        backward_flow: (B, 2, H, W), pixels, x right, y down.

    Returns:
        (B, C, H, W) in the wider of the two types; at edges it leaves the image's range by a little.

    Raises:
        ValueError: the shapes do not belong together.
    """
    _check_shapes(image, backward_flow)
    with torch.no_grad():
        image = image.to(torch.promote_types(image.dtype, backward_flow.dtype))
        canvas, result = _canvas(image), image.new_empty(*image.shape[:2], *backward_flow.shape[2:])
        for axis in (None, 3, 2):  # one derivative at a time, a band at a time: each takes the room of one
            if axis is not None:
                _bend(image, axis, out=canvas[..., : image.shape[2], : image.shape[3]])
            for top in range(0, result.shape[2], _BAND):
                flow = backward_flow[:, :, top : top + _BAND]
                x, y = _points_within(flow, image, 0, top)
                fraction = (y - y.floor() if axis == 2 else x - x.floor())[:, None]
                sampled, band = _sample_strips(canvas, _grid(x, y, canvas)), result[:, :, top : top + _BAND]
                if axis is None:
                    band.copy_(sampled)
                else:
                    band.addcmul_(sampled, fraction * (1 - fraction), value=-0.5)
    return result


def _bend(image: Tensor, axis: int, out: Tensor) -> None:
    """Write the second derivative along an axis into ``out``; the border is repeated beyond the image."""
    last = image.shape[axis] - 1
    torch.mul(image, -2, out=out)
    out.narrow(axis, 1, last).add_(image.narrow(axis, 0, last))
    out.narrow(axis, 0, last).add_(image.narrow(axis, 1, last))
    for end in (0, last):
        out.select(axis, end).add_(image.select(axis, end))


def _points_within(backward_flow: Tensor, image: Tensor, margin: int, top: int = 0) -> tuple[Tensor, Tensor]:
    """What a flow whose first row is ``top`` samples, taken back to within ``margin`` pixels of the image."""
    height, width = image.shape[-2:]
    x, y = sample_points(backward_flow, top)
    return x.clamp_(-margin, width - 1 + margin), y.clamp_(-margin, height - 1 + margin)


def inside(backward_flow: Tensor) -> Tensor:
    """Where the sample points lie within the frame, its outermost pixel centres included.

    Args:
        backward_flow: (B, 2, H, W), pixels, x right, y down.

    Returns:
        (B, 1, H, W), 1 inside and 0 outside (or where the flow is NaN), in the flow's type.
    """
    return is_inside(backward_flow).to(backward_flow.dtype)


def compose(first: Tensor, second: Tensor) -> Tensor:
    """Chain two backward flows: x -> x + first(x) -> x + first(x) + second(x + first(x)).

    Args:
        first: (B, 2, H, W), pixels, on t's grid, to t-1.
        second: (B, 2, H, W), pixels, on (t-1)'s grid, to t-2.

    Returns:
        (B, 2, H, W), pixels, on t's grid, to t-2. Where ``first`` leaves the frame, ``second`` is taken at its border.
    """
    return first + warp(second, first)


def invert(forward_flow: Tensor, *, iterations: int = 8) -> Tensor:
    """The backward flow that undoes a forward flow, by the fixed point ``b(x) = -f(x + b(x))``.

    It is exact where the motion is smooth. What comes into view has no inverse: what comes out there fails
    `vst_core.flow.consistency_mask`, given the same ``forward_flow``. Where one thing moves over another, either of the
    two motions may come out.

    Args:
        forward_flow: (B, 2, H, W), pixels, on (t-1)'s grid, to t.
        iterations: how often the point is refined.

    Returns:
        (B, 2, H, W), pixels, on t's grid, to t-1.
    """
    backward_flow = -forward_flow
    for _ in range(iterations):
        backward_flow = -warp(forward_flow, backward_flow)
    return backward_flow


def is_inside(backward_flow: Tensor) -> Tensor:
    """`inside` as bool."""
    height, width = backward_flow.shape[-2:]
    x, y = sample_points(backward_flow)
    return ((x >= 0) & (x <= width - 1) & (y >= 0) & (y <= height - 1))[:, None]


def sample_points(backward_flow: Tensor, top: int = 0) -> tuple[Tensor, Tensor]:
    """The columns and rows, each (B, H, W), at which a flow, whose first row is ``top``, samples the other frame."""
    height, width = backward_flow.shape[-2:]
    dtype, device = backward_flow.dtype, backward_flow.device
    columns = torch.arange(width, dtype=dtype, device=device)
    rows = torch.arange(top, top + height, dtype=dtype, device=device)
    return backward_flow[:, 0] + columns, backward_flow[:, 1] + rows[:, None]


def _grid(x: Tensor, y: Tensor, canvas: Tensor) -> Tensor:
    """Points, (B, H, W) each, in a canvas's normalised coordinates; the points are written over."""
    rows, columns = canvas.shape[-2:]
    return torch.stack((x.mul_(2 / columns).add_(1 / columns - 1), y.mul_(2 / rows).add_(1 / rows - 1)), dim=-1)


def _sample(canvas: Tensor, grid: Tensor) -> Tensor:
    return F.grid_sample(canvas, grid.to(canvas.dtype), mode="bilinear", padding_mode="zeros", align_corners=False)


def _sample_strips(canvas: Tensor, grid: Tensor) -> Tensor:
    """`_sample`, to the same bits; torch has a thread for each picture of a batch, so one alone is cut for them."""
    strips = math.gcd(grid.shape[1], _STRIPS) if len(grid) == 1 < torch.get_num_threads() else 1
    if strips == 1:
        return _sample(canvas, grid)
    sampled = _sample(canvas.expand(strips, -1, -1, -1), grid.reshape(strips, -1, *grid.shape[2:]))
    return sampled.transpose(0, 1).flatten(1, 2)[None]


def _canvas(image: Tensor) -> Tensor:
    """The image in the corner of a canvas whose sides are powers of two.

    Two rows and columns of zeros follow it, as far as any sample reaches; the rest is left unwritten.
    """
    height, width = image.shape[-2:]
    canvas = image.new_empty(*image.shape[:2], _power_of_two(height), _power_of_two(width))
    canvas[..., :height, :width] = image
    canvas[..., height : height + 2, :] = 0
    canvas[..., width : width + 2] = 0
    return canvas


def _power_of_two(size: int) -> int:
    return 1 << (size - 1).bit_length()


def _check_shapes(image: Tensor, backward_flow: Tensor) -> None:
    batch, _, height, width = image.shape
    if backward_flow.shape != (batch, 2, height, width):
        raise ValueError(f"flow {tuple(backward_flow.shape)} does not belong to an image {tuple(image.shape)}")

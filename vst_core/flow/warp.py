"""Moving an image along a flow field."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

from vst_core.flow.filters import second_difference
from vst_core.flow.sampling import bilinear


def warp(image: Tensor, backward_flow: Tensor, *, padding: Literal["border", "zeros"] = "border") -> Tensor:
    """Sample ``image`` bilinearly at ``x + backward_flow(x)``: the previous frame, moved to where it is now.

    Differentiable in ``image``. Whole-pixel flows return the image's own values bit for bit.

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
    return bilinear(image, *_points_within(backward_flow, image, 0 if padding == "border" else 1))


def warp_sharp(image: Tensor, backward_flow: Tensor) -> Tensor:
    """`warp` that keeps detail when a picture is moved again and again, frame after frame.

    Linear interpolation lifts a curve by half its second derivative times f (1 - f), at a fraction f of a pixel. Here
    that is taken off, with the derivatives across and down of the mean of the channels: what is fine in a picture is
    lightness more than colour. In grey, along a row or a column, this is cubic convolution (Keys 1981, a = -1/2).
    Whole-pixel flows return the image's own values bit for bit. Not differentiable.

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
        x, y = _points_within(backward_flow, image, 0)
        result = bilinear(image, x, y)
        mean = image.mean(1, keepdim=True)
        lifted = torch.zeros_like(result[:, :1])
        for axis, at in ((3, x), (2, y)):
            lifted.addcmul_(bilinear(second_difference(mean, axis), x, y), _bulge(at), value=0.5)
    return result.sub_(lifted)


def _bulge(at: Tensor) -> Tensor:
    """For fractions f of coordinates, f (1 - f): (B, H, W) -> (B, 1, H, W)."""
    fraction = at.frac()[:, None]
    return fraction.addcmul_(fraction, fraction, value=-1)


def _points_within(backward_flow: Tensor, image: Tensor, margin: int) -> tuple[Tensor, Tensor]:
    """What a flow samples, taken back to within ``margin`` pixels of the image, in the image's type."""
    height, width = image.shape[-2:]
    x, y = sample_points(backward_flow.to(image.dtype))
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
    columns, rows = _grid(backward_flow)
    x, y = backward_flow[:, 0], backward_flow[:, 1]
    within = (x >= -columns) & (x <= width - 1 - columns)
    return (within & (y >= -rows) & (y <= height - 1 - rows))[:, None]


def sample_points(backward_flow: Tensor) -> tuple[Tensor, Tensor]:
    """The columns and rows, each (B, H, W), at which a flow samples the other frame."""
    columns, rows = _grid(backward_flow)
    return backward_flow[:, 0] + columns, backward_flow[:, 1] + rows


def _grid(flow: Tensor) -> tuple[Tensor, Tensor]:
    """The numbers of the columns, (W,), and of the rows, (H, 1), in the flow's type."""
    height, width = flow.shape[-2:]
    columns, rows = (torch.arange(size, dtype=flow.dtype, device=flow.device) for size in (width, height))
    return columns, rows[:, None]


def _check_shapes(image: Tensor, backward_flow: Tensor) -> None:
    batch, _, height, width = image.shape
    if backward_flow.shape != (batch, 2, height, width):
        raise ValueError(f"flow {tuple(backward_flow.shape)} does not belong to an image {tuple(image.shape)}")

"""Everything that is done with motion, on a small picture and flows in both directions."""

from __future__ import annotations

from collections.abc import Callable

from flow_scenes import grid, pattern, smooth_flow
from torch import Tensor

from vst_core.flow import (
    compose,
    consistency_mask,
    estimate_flow,
    inside,
    invert,
    is_cut,
    steady_motion,
    unchanged_mask,
    warp,
    warp_sharp,
)

HEIGHT, WIDTH = 40, 56
FLOW, BACK = smooth_flow(HEIGHT, WIDTH, 2), smooth_flow(HEIGHT, WIDTH, 2, seed=1)
IMAGE = pattern(*grid(HEIGHT, WIDTH))
Operation = Callable[[Tensor, Tensor, Tensor], Tensor]
OPERATIONS: dict[str, Operation] = {
    "warp": lambda image, flow, _: warp(image, flow),
    "warp_sharp": lambda image, flow, _: warp_sharp(image, flow),
    "inside": lambda _, flow, __: inside(flow),
    "compose": lambda _, flow, back: compose(flow, back),
    "invert": lambda _, flow, __: invert(flow),
    "consistency_mask": lambda _, flow, back: consistency_mask(flow, back),
    "is_cut": lambda image, flow, _: flow.new_tensor(is_cut(image, inside(flow) * 0)),
    "unchanged_mask": lambda image, flow, _: unchanged_mask(image, warp(image, flow), inside(flow)),
    "steady_motion": lambda _, flow, back: steady_motion(flow, back, 3).backward_flow,
    "estimate_flow": lambda image, flow, _: estimate_flow(image, warp(image, flow)),
}

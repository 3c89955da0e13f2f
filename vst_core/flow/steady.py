"""Motion over several frames of what something hides on the way."""

from __future__ import annotations

import torch
from torch import Tensor

from vst_core.flow.motion import Motion
from vst_core.flow.warp import inside, warp
from vst_core.tensors import squared_length

_REFINEMENTS = 3


def steady_motion(backward_flow: Tensor, earlier_forward_flow: Tensor, steps: int) -> Motion:
    """The motion over several steps out of the first and the last of them.

    What is hidden is taken to go on evenly: with w the backward flow and v the earlier frame's forward flow, it comes
    from the point x + d(x) for which d(x) = steps (w(x) - v(x + d(x))) / 2, as under constant acceleration. It is valid
    where w and v, each times ``steps``, are consistent in the sense of Ruder et al. 2016, section 4.2: then both belong
    to one thing. That thing may be seen at both ends and be hidden in between, where a chain of steps would break.
    Motion boundaries, at which the things that come out of hiding lie, are no reason for distrust here: this is for
    motion that is known and not estimated.

    Args:
        backward_flow: (B, 2, H, W), pixels, on t's grid, to t-1.
        earlier_forward_flow: (B, 2, H, W), pixels, on (t-steps)'s grid, to t-steps+1.
        steps: how many lie between the two frames.

    Returns:
        Motion from t-steps to t. Whether the two pictures look alike there is for the caller to ask.
    """
    with torch.no_grad():
        flow = backward_flow * steps
        for _ in range(_REFINEMENTS):
            flow = (backward_flow - warp(earlier_forward_flow, flow)) * (steps / 2)
        first, last = backward_flow * steps, warp(earlier_forward_flow, flow) * steps
        limit = 0.01 * (squared_length(first) + squared_length(last)) + 0.5
        is_one_thing = (squared_length(first + last) < limit) & (squared_length(flow - (first - last) / 2) < limit)
        return Motion(flow, is_one_thing.to(flow.dtype) * inside(flow))

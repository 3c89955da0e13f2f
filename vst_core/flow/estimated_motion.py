"""Motion estimated from the pictures alone."""

from __future__ import annotations

from vst_core.flow.estimate import Estimator
from vst_core.flow.motion import FlowFrame, Motion
from vst_core.flow.occlusion import consistency_mask


class EstimatedMotion:
    """Motion estimated from the pictures, in both directions, so that occlusions show."""

    def __init__(self, estimate: Estimator) -> None:
        self._estimate = estimate

    def __call__(self, current: FlowFrame, previous: FlowFrame) -> Motion:
        """The motion between any two frames."""
        backward_flow = self._estimate(current.image, previous.image)
        forward_flow = self._estimate(previous.image, current.image)
        return Motion(backward_flow, consistency_mask(backward_flow, forward_flow), forward_flow=forward_flow)

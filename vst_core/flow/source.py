"""The motion between two frames of a shot, from whichever source the shot's settings name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor

from vst_core.errors import InputError, SettingsError
from vst_core.flow.estimate import ESTIMATORS, make_estimator
from vst_core.flow.estimated_motion import EstimatedMotion
from vst_core.flow.files import read_flow
from vst_core.flow.motion import FindMotion, FlowFrame, Motion, check_size, check_sizes, steps_forward
from vst_core.flow.occlusion import consistency_mask
from vst_core.flow.vector_motion import MotionFromVectors

FlowPath = Callable[[int], str | Path]


class MotionFinder:
    """Finds the motion between the frames of one shot. Built once a shot; it remembers nothing from pair to pair.

    Args:
        source: ``"vectors"`` (the renderer's), an estimator (``"dis"``, ``"farneback"``, ``"deepflow"``, ``"raft"``),
            ``"none"`` (nothing moves) or ``"files"``.
        backward: for ``"files"``, frame number -> file with the flow on that frame's grid to the frame before.
        forward: for ``"files"``, frame number -> file with the flow on that frame's grid to the frame after; without
            it, occlusions cannot be found beyond motion boundaries and the frame's edge.
        raft_weights: for ``"raft"``, the file with its weights.
        device: where RAFT runs.

    Raises:
        SettingsError: the source is unknown, or ``"files"`` has no ``backward``.
        ModelError: the source needs weights or an OpenCV that are not there.
    """

    def __init__(
        self,
        source: str = "vectors",
        *,
        backward: FlowPath | None = None,
        forward: FlowPath | None = None,
        raft_weights: str | Path | None = None,
        device: str | torch.device = "cpu",
    ) -> None:
        self._find: FindMotion
        if source == "vectors":
            self._find = MotionFromVectors(make_estimator("dis"))
        elif source in ESTIMATORS:
            self._find = EstimatedMotion(make_estimator(source, raft_weights=raft_weights, device=device))
        elif source == "none":
            self._find = no_motion
        elif source == "files" and backward is not None:
            self._find = MotionFromFiles(backward, forward)
        else:
            raise SettingsError(
                f"unknown flow source {source!r}",
                where="flow",
                remedy=f"choose {', '.join(('vectors', *ESTIMATORS, 'none'))} or flow files",
            )

    def __call__(self, current: FlowFrame, previous: FlowFrame) -> Motion:
        """The motion from ``previous`` to ``current``.

        Args:
            current: the frame whose pixels are asked for.
            previous: the frame visited before; its number is the higher one in a pass that runs backwards.

        Raises:
            InputError: the frames have no usable motion, or sizes that differ; the message names file and frame.
        """
        check_sizes(current, previous)
        return self._find(current, previous)


class MotionFromFiles:
    """Motion between neighbouring frames, read from flow files. Pixels that the file does not know are not valid."""

    def __init__(self, backward: FlowPath, forward: FlowPath | None) -> None:
        self._backward = backward
        self._forward = forward

    def __call__(self, current: FlowFrame, previous: FlowFrame) -> Motion:
        """The motion from ``previous`` to ``current``."""
        there, back = self._backward, self._forward
        if not steps_forward(current, previous):
            if back is None:
                raise InputError(
                    "no forward flow files for a pass that runs backwards",
                    where=current.path,
                    remedy="set flow.forward",
                )
            there, back = back, there
        backward_flow, known = self._read(there, current)
        if back is None:
            return Motion(backward_flow, consistency_mask(backward_flow) * known)
        forward_flow, forward_known = self._read(back, previous)
        tested = forward_flow.masked_fill(forward_known == 0, torch.nan)  # the unknown is consistent with nothing
        valid = consistency_mask(backward_flow, tested) * known
        return Motion(backward_flow, valid, forward_flow=forward_flow)

    @staticmethod
    def _read(flow_path: FlowPath, frame: FlowFrame) -> tuple[Tensor, Tensor]:
        path = flow_path(frame.frame)
        flow, known = read_flow(path)
        check_size(flow, frame, str(path))
        return flow.to(frame.image), known.to(frame.image)


def no_motion(current: FlowFrame, previous: FlowFrame) -> Motion:  # noqa: ARG001 - a FindMotion takes both frames
    """Zero flow, valid everywhere: the temporal loss without motion compensation, kept as a baseline."""
    batch, _, height, width = current.image.shape
    like = current.image
    return Motion(like.new_zeros(batch, 2, height, width), like.new_ones(batch, 1, height, width))

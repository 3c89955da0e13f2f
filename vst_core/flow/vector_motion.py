"""Motion from a renderer's vectors, watched: they are proven on the pictures before they are trusted."""

from __future__ import annotations

import math
from dataclasses import replace

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from vst_core.errors import InputError
from vst_core.flow.agreement import Agreement, BoolArray, GreyArray, judge_vectors
from vst_core.flow.estimate import Estimator, to_grey
from vst_core.flow.estimated_motion import EstimatedMotion
from vst_core.flow.motion import FlowFrame, Motion, check_size, steps_forward
from vst_core.flow.occlusion import consistency_mask
from vst_core.flow.sampling import shrunk
from vst_core.flow.vectors import Vectors
from vst_core.flow.warp import invert

SKY_DEPTH = 1e9  # Blender writes 1e10 where a ray meets nothing
_SKY_WIDTH = 960  # pixels: the width at which the sky's motion is estimated, at most
_HORIZON = 16  # one part in so many of a frame's height: what is looked at beyond the sky, above and below
_RIM = 5  # pixels, across: what a pixel filter smears of a silhouette into the sky
_ROUNDING = 1e-3  # pixels: a still camera's vectors are 0 but for the renderer's rounding, 6e-5 in Cycles


class MotionFromVectors:
    """Motion between neighbouring frames from their vectors.

    - The sky has vector 0 in Blender even while the camera turns: there, where it shows anything, flow is estimated.
    - Vectors that fit the pictures only with x, y or both reversed are reversed, with a note.
    - Vectors that clearly do not fit the pictures (Blender's moving orthographic cameras) are replaced by the estimate
      for that pair, with a note.
    - Vectors that are 0 all over while the picture moves (motion blur was on, the pass is empty) are refused.
    - Where a frame has only the other direction's vectors, the neighbour's are inverted.

    Args:
        estimate: the estimator for all of this.
    """

    def __init__(self, estimate: Estimator) -> None:
        self._estimate = estimate

    def __call__(self, current: FlowFrame, previous: FlowFrame) -> Motion:
        """The motion from ``previous`` to ``current``, its neighbour."""
        notes: tuple[str, ...] = ()
        there, back = _vectors_between(current, previous)
        sky, sky_before = _sky(current), _sky(previous)
        grey, grey_before = (to_grey(frame.image)[0] for frame in (current, previous))
        agreement = judge_vectors(grey, grey_before, there, None if sky is None else ~sky)
        if not there.any() and (back is None or not back.any()):
            if not agreement.still:
                raise _all_zero(current)
        elif agreement.signs is not None:
            signs = torch.tensor(agreement.signs).view(1, 2, 1, 1)
            there, back = there * signs, None if back is None else back * signs
            notes = (_reversed(current, agreement.signs),)
        elif agreement.contradicted:
            motion = EstimatedMotion(self._estimate)(current, previous)
            return replace(motion, notes=(_misfit(current, agreement),))
        there, back = F.hardshrink(there, _ROUNDING), None if back is None else F.hardshrink(back, _ROUNDING)
        if _has_detail(grey, sky) or _has_detail(grey_before, sky_before):
            there = self._fill(there, sky, current, previous)
            back = None if back is None else self._fill(back, sky_before, previous, current)
        valid = consistency_mask(there, back)
        forward_flow = None if back is None else back.to(current.image)
        return Motion(there.to(current.image), valid.to(current.image), notes, forward_flow)

    def _fill(self, flow: Tensor, sky: BoolArray | None, at: FlowFrame, to: FlowFrame) -> Tensor:
        """Flow, but estimated in the sky; far things move evenly, so a reduced picture tells as much."""
        if sky is None or not sky.any():
            return flow
        width = sky.shape[1]
        shrink = max(1, math.ceil(width / _SKY_WIDTH))
        rows = _around_sky(sky, shrink)
        pictures = [shrunk(frame.image[..., rows, :], shrink) for frame in (at, to)]
        estimated = self._estimate(*pictures).to(flow) * shrink
        if shrink > 1:
            estimated = F.interpolate(estimated, scale_factor=shrink, mode="bilinear")
        filled = flow.clone()
        part = filled[..., rows, :]
        estimated = estimated[..., : part.shape[-2], :width]
        part.copy_(torch.where(torch.from_numpy(sky[rows]), estimated, part))
        return filled


def _around_sky(sky: BoolArray, shrink: int) -> slice:
    """The rows that have sky and some beside them, from a multiple of ``shrink`` to another, or to the last row."""
    height, found = len(sky), np.flatnonzero(sky.any(1))
    beyond = max(height // _HORIZON, 2 * _RIM * shrink)
    first = max(0, int(found[0]) - beyond) // shrink * shrink
    last = int(found[-1]) + 1 + beyond
    return slice(first, min(height, last + -last % shrink))


def _vectors_between(current: FlowFrame, previous: FlowFrame) -> tuple[Tensor, Tensor | None]:
    """Flow from current to previous, and back on previous's grid where there is such; on the processor, float32."""
    forward = steps_forward(current, previous)
    here, before = _checked(current), _checked(previous)
    there, back = (here.backward, before.forward) if forward else (here.forward, before.backward)
    if back is not None:
        back = back.to("cpu", torch.float32)
    if there is not None:
        return there.to("cpu", torch.float32), back
    if back is not None:
        return invert(back), back
    raise InputError(
        f"frame {current.frame} has no {'backward' if forward else 'forward'} motion vectors",
        where=current.path,
        remedy="add them to the render, or use flow 'dis'",
    )


def _checked(frame: FlowFrame) -> Vectors:
    if frame.vectors is None:
        raise InputError(
            f"frame {frame.frame} has no motion vectors",
            where=frame.path,
            remedy="turn on the vector pass, or use flow 'dis'",
        )
    fields = {
        "backward vectors": frame.vectors.backward,
        "forward vectors": frame.vectors.forward,
        "depth": frame.depth,
    }
    for name, field in fields.items():
        if field is not None:
            check_size(field, frame, f"{frame.path}, {name}")
    return frame.vectors


def _sky(frame: FlowFrame) -> BoolArray | None:
    """(H, W), or None where depth tells nothing."""
    return None if frame.depth is None else frame.depth[0, 0].cpu().numpy() >= SKY_DEPTH


def _has_detail(grey: GreyArray, sky: BoolArray | None) -> bool:
    """Whether the sky, less its antialiased rim, is anything but one flat tone, in which there is nothing to follow."""
    if sky is None:
        return False
    inner = cv2.erode(sky.astype(np.uint8), np.ones((_RIM, _RIM), np.uint8))
    darkest, brightest = cv2.minMaxLoc(grey, inner)[:2]
    return brightest > darkest


def _all_zero(frame: FlowFrame) -> InputError:
    return InputError(
        f"the motion vectors of frame {frame.frame} are 0 all over although the picture moves: motion blur was on, or "
        "the Vector pass is empty",
        where=frame.path,
        remedy="render with the Vector pass on and motion blur off, or use flow 'dis'",
    )


def _reversed(frame: FlowFrame, signs: tuple[float, float]) -> str:
    axes = [axis for axis, sign in zip("xy", signs, strict=True) if sign < 0]
    return (
        f"frame {frame.frame}: the motion vectors fit the pictures with {' and '.join(axes)} reversed, and were; "
        f"change {' and '.join(f'flow.flip_{axis}' for axis in axes)} to say so"
    )


def _misfit(frame: FlowFrame, agreement: Agreement) -> str:
    return (
        f"frame {frame.frame}: the motion vectors do not fit the pictures (correlation {agreement.vectors:.2f}, that "
        f"of estimated flow {agreement.estimated:.2f}), so estimated flow was used; a moving orthographic camera in "
        "Blender does this"
    )

"""Motion from a renderer's vectors, watched: they are proven on the pictures before they are trusted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import cast

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from vst_core.errors import InputError
from vst_core.flow.agreement import Agreement, BoolArray, judge_vectors
from vst_core.flow.estimate import Estimator, to_grey
from vst_core.flow.estimated_motion import EstimatedMotion
from vst_core.flow.inverse import shown_inverse
from vst_core.flow.motion import FlowFrame, Motion, check_size, steps_forward
from vst_core.flow.occlusion import consistency_mask
from vst_core.flow.sky import camera_turn, common_turn, estimated, is_told, shown_sky_of, sky_has_detail, sky_of, turned
from vst_core.flow.vectors import Vectors

_OTHER_WAY = ", or flow.forward_layer if they lead to the next frame"
_ROUNDING = 1e-3  # pixels: a still camera's vectors are 0 but for the renderer's rounding, 6e-5 in Cycles


class MotionFromVectors:
    """Motion between neighbouring frames from their vectors.

    - The sky has vector 0 even while the camera turns. Where it shows anything, it moves as the camera turned by the
      vectors of all else; where the pictures contradict, or nothing tells, flow is estimated.
    - Vectors that fit the pictures only with x, y or both reversed are reversed, with a note.
    - Vectors that clearly do not fit the pictures (Blender's moving orthographic cameras) are replaced by the estimate
      for that pair, with a note.
    - Vectors that are 0 all over while the picture moves (motion blur was on, the pass is empty) are refused.
    - Where the vectors of one direction are missing, those of the other are inverted.

    Args:
        estimate: the estimator for all of this.
    """

    def __init__(self, estimate: Estimator) -> None:
        self._estimate = estimate

    def __call__(self, current: FlowFrame, previous: FlowFrame) -> Motion:
        """The motion from ``previous`` to ``current``, its neighbour."""
        notes: tuple[str, ...] = ()
        given = _vectors_between(current, previous)
        there, back = _both(given, current, previous)
        sky, sky_before = sky_of(current.depth), sky_of(previous.depth)
        grey, grey_before = (to_grey(frame.image)[0] for frame in (current, previous))
        agreement = judge_vectors(grey, grey_before, there, None if sky is None else ~sky)
        if not there.numpy().any() and not back.numpy().any():
            if not agreement.still:
                raise _all_zero(current)
        elif agreement.signs is not None:
            signs = torch.tensor(agreement.signs).view(1, 2, 1, 1)
            righted = [None if flow is None else flow * signs for flow in given]
            there, back = _both(righted, current, previous)
            notes = (_reversed(current, agreement.signs),)
        elif agreement.contradicted:
            motion = EstimatedMotion(self._estimate)(current, previous)
            return replace(motion, notes=(_misfit(current, agreement),))
        there, back = F.hardshrink(there, _ROUNDING), F.hardshrink(back, _ROUNDING)
        shown = shown_sky_of(current.depth), shown_sky_of(previous.depth)
        if sky_has_detail(grey, shown[0]) or sky_has_detail(grey_before, shown[1]):
            there, back = self._with_sky((there, back), (current, previous), (sky, sky_before), shown)
        valid = consistency_mask(there, back, known=True)
        return Motion(there.to(current.image), valid.to(current.image), notes, back.to(current.image))

    def _with_sky(
        self,
        flows: tuple[Tensor, Tensor],
        frames: tuple[FlowFrame, FlowFrame],
        skies: tuple[BoolArray | None, BoolArray | None],
        shown: tuple[BoolArray | None, BoolArray | None],
    ) -> tuple[Tensor, Tensor]:
        """Both flows with the sky's motion: as the camera turned, if the pictures agree, or as they themselves tell."""
        (there, back), (current, previous), (sky, sky_before) = flows, frames, skies
        pictures = current.image, previous.image
        turn = camera_turn(there, current.depth, sky)
        if turn is None or not is_told(turn, pictures, shown):
            found = estimated(self._estimate, there, sky, *pictures)
            turn = common_turn(found, shown[0])
            if turn is None or not is_told(turn, pictures, shown):
                return found, estimated(self._estimate, back, sky_before, *pictures[::-1])
        return turned(there, sky, turn), turned(back, sky_before, np.linalg.inv(turn))


def _vectors_between(current: FlowFrame, previous: FlowFrame) -> list[Tensor | None]:
    """Flow from current to previous, and back on previous's grid, at least one of them; on the processor, float32."""
    forward = steps_forward(current, previous)
    here, before = _checked(current), _checked(previous)
    flows = (here.backward, before.forward) if forward else (here.forward, before.backward)
    if all(flow is None for flow in flows):
        raise InputError(
            f"frame {current.frame} has no {'backward' if forward else 'forward'} motion vectors",
            where=current.path,
            remedy="add them to the render, or use flow 'dis'",
        )
    return [None if flow is None else flow.to("cpu", torch.float32) for flow in flows]


def _both(flows: Sequence[Tensor | None], current: FlowFrame, previous: FlowFrame) -> tuple[Tensor, Tensor]:
    """The flow there and back, of which one may be missing: then it is what undoes the other."""
    there, back = flows
    if there is not None and back is not None:
        return there, back
    images = [frame.image.to("cpu", torch.float32) for frame in (current, previous)]
    if back is None:
        back = shown_inverse(cast(Tensor, there), *images[::-1])
    return shown_inverse(back, *images) if there is None else there, back


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


def _all_zero(frame: FlowFrame) -> InputError:
    return InputError(
        f"the motion vectors of frame {frame.frame} are zero throughout although the picture moves: motion "
        "blur was on, or the Vector pass is empty",
        where=frame.path,
        remedy="render with the Vector pass on and motion blur off, or use flow 'dis'",
    )


def _reversed(frame: FlowFrame, signs: tuple[float, float]) -> str:
    axes = [axis for axis, sign in zip("xy", signs, strict=True) if sign < 0]
    return (
        f"frame {frame.frame}: the motion vectors fit the pictures with {' and '.join(axes)} reversed, and were; "
        f"change {' and '.join(f'flow.flip_{axis}' for axis in axes)} to say so{_OTHER_WAY if len(axes) > 1 else ''}"
    )


def _misfit(frame: FlowFrame, agreement: Agreement) -> str:
    if agreement.scale is None:
        why = "a moving orthographic camera in Blender does this, and so does another zero (flow.zero) or direction"
    else:
        other_way = _OTHER_WAY if agreement.scale < 0 else ""
        why = f"they would fit {float(f'{agreement.scale:.2g}'):g} times as long, see flow.scale{other_way}"
    return (
        f"frame {frame.frame}: the motion vectors do not fit the pictures (correlation {agreement.vectors:.2f}, that "
        f"of estimated flow {agreement.estimated:.2f}), so estimated flow was used; {why}"
    )

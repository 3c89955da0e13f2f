"""What a source of motion is given and what it returns."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

from vst_core.errors import InputError
from vst_core.flow.vectors import Vectors


@dataclass(frozen=True, slots=True)
class FlowFrame:
    """What a source of motion may look at in one frame.

    Attributes:
        frame: its number.
        path: its file, for messages.
        image: (1, 3, H, W), display, [0, 1].
        vectors: the renderer's motion vectors, where the frame has them.
        depth: (1, 1, H, W), along the optical axis, any unit, at least 1e9 where there is sky, and infinite where that
            has no alpha; or None.
    """

    frame: int
    path: str
    image: Tensor
    vectors: Vectors | None = None
    depth: Tensor | None = None


@dataclass(frozen=True, slots=True)
class Motion:
    """How the current frame's pixels got to where they are.

    Attributes:
        backward_flow: (1, 2, H, W), pixels, x right, y down, on the current frame's grid, to the previous frame.
        valid: (1, 1, H, W) in [0, 1], 1 where the warped previous frame can be trusted.
        notes: what a user should know about this pair, one line each, naming the frame.
        forward_flow: (1, 2, H, W), pixels, on the previous frame's grid, to the current one; None where nobody looked.
    """

    backward_flow: Tensor
    valid: Tensor
    notes: tuple[str, ...] = ()
    forward_flow: Tensor | None = None


FindMotion = Callable[[FlowFrame, FlowFrame], Motion]
"""``(current, previous) -> motion``: what it returns depends on the pair alone, on no earlier call.

``previous`` is the frame that was visited before; its number is the higher one in a pass that runs backwards.
"""


def check_sizes(current: FlowFrame, previous: FlowFrame) -> None:
    """Refuse frames whose pictures differ in size.

    Raises:
        InputError: naming both sizes.
    """
    check_size(previous.image, current, previous.path)


def check_size(field: Tensor, frame: FlowFrame, where: str) -> None:
    """Refuse what is not of a frame's size.

    Raises:
        InputError: naming both sizes.
    """
    (height, width), (rows, columns) = field.shape[-2:], frame.image.shape[-2:]
    if (height, width) != (rows, columns):
        raise InputError(
            f"is {width}x{height}, but frame {frame.frame} is {columns}x{rows}",
            where=where,
            remedy="all frames of a shot and their motion must have the same size",
        )


def steps_forward(current: FlowFrame, previous: FlowFrame) -> bool:
    """Whether ``current`` comes after ``previous``, of which it must be a neighbour.

    Raises:
        InputError: the frames are no neighbours.
    """
    step = current.frame - previous.frame
    if abs(step) != 1:
        raise InputError(
            f"has no motion to frame {previous.frame}: vectors and flow files reach only the next frame",
            where=f"{current.path} (frame {current.frame})",
            remedy="render every frame, or use flow 'dis'",
        )
    return step == 1

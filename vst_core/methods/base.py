"""What every method takes and gives."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from torch import Tensor

from vst_core.moments import Moments


@dataclass(frozen=True, slots=True)
class Prior:
    """The previous result on this frame's grid.

    Attributes:
        warped: (1, 3, H, W), display [0, 1].
        valid: (1, 1, H, W) in [0, 1], 1 where ``warped`` can be trusted.
        results: (1, 1, H, W), how many results ``warped`` is the mean of; None stands for one everywhere.
    """

    warped: Tensor
    valid: Tensor
    results: Tensor | None = None

    @property
    def weight(self) -> Tensor:
        """(1, 1, H, W), what the temporal loss weighs a pixel with: what all results would have together.

        The sum of (x - w_j)^2 over n of them is n (x - w)^2 and something that does not depend on x.
        """
        return self.valid if self.results is None else self.valid * self.results


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a method is within one frame.

    Attributes:
        step: steps done so far.
        steps: steps this frame takes at most.
        loss: the total, and its weighted parts by name; empty where nothing is minimised.
    """

    step: int
    steps: int
    loss: dict[str, float]


class Method(Protocol):
    """A way to stylise frames, its style taken.

    Attributes:
        colors: moments of the style's colours, display [0, 1], on the processor; None where they are unknown.
    """

    colors: Moments | None

    def held_to(self, earlier: Sequence[Prior], coming: Prior | None = None) -> Prior | None:
        """What to hold a frame to; None for nothing.

        Args:
            earlier: results of frames that were visited before in this pass, the nearest first.
            coming: the next frame's, as the pass before left it; None in the first pass.
        """

    def stylize(self, content: Tensor, prior: Prior | None, on_progress: Callable[[Progress], None]) -> Tensor:
        """Stylise one frame.

        Args:
            content: (1, 3, H, W), display [0, 1].
            prior: the previous result, or None for a frame on its own.
            on_progress: called now and then; raising ``Cancelled`` in it stops the frame.

        Returns:
            (1, 3, H, W), display [0, 1].
        """

"""The loss of every step of a training."""

from __future__ import annotations

import json
import math
from array import array
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

PARTS = ("total", "content", "style", "tv", "spikes", "temporal", "drift")


class History:
    """The losses of the steps that are done, in order.

    Args:
        values: (steps, parts) as ``values`` gave them.
    """

    def __init__(self, values: NDArray[np.float64] | None = None) -> None:
        self._numbers = array("d", [] if values is None else values.reshape(-1).tolist())

    def __len__(self) -> int:
        return len(self._numbers) // len(PARTS)

    @property
    def values(self) -> NDArray[np.float64]:
        """(steps, parts), in the order of ``PARTS``; NaN where a step has no such part."""
        return np.array(self._numbers, np.float64).reshape(-1, len(PARTS))

    def append(self, loss: dict[str, float]) -> str:
        """Add a step; gives its line of JSON."""
        self._numbers.extend(loss.get(part, math.nan) for part in PARTS)
        return _line(len(self), loss)

    def lines(self) -> Iterator[str]:
        """A line of JSON a step: its number from 1 on, and its losses by name."""
        for number, row in enumerate(self.values.tolist(), start=1):
            yield _line(number, {part: value for part, value in zip(PARTS, row, strict=True) if not math.isnan(value)})

    def mean(self, steps: int) -> dict[str, float]:
        """The mean of each part over the last steps that have it."""
        last = self.values[-steps:]
        means = {part: last[:, index][~np.isnan(last[:, index])] for index, part in enumerate(PARTS)}
        return {part: float(values.mean()) for part, values in means.items() if values.size}


def _line(number: int, loss: dict[str, float]) -> str:
    return json.dumps({"step": number} | loss) + "\n"

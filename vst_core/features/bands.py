"""Bands of rows in which a large image goes through a stack of convolutions, so that its maps need not all be there.

Without a norm, what a layer has at a pixel depends on the rows near it alone. A band is computed with as many rows
beyond its own as the deepest layer looks at, and its own are those of the whole image.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass

from torch import nn


@dataclass(frozen=True, slots=True)
class Band:
    """Rows of one image, or whole images.

    Attributes:
        images: which ones of the batch.
        top: the first row that is computed.
        bottom: the row after the last one that is computed.
        first: the first row that counts.
        last: the row after the last one that counts.
    """

    images: slice
    top: int
    bottom: int
    first: int
    last: int

    def own(self, factor: int) -> slice:
        """Its own rows in a map of the band, the image being reduced so many times."""
        return slice((self.first - self.top) // factor, (self.last - self.top) // factor)

    def place(self, factor: int) -> slice:
        """The same rows in the map of the whole image."""
        return slice(self.first // factor, self.last // factor)

    def share(self, height: int, factor: int) -> float:
        """Which share of a whole image's map they are, of an image so high."""
        own = self.own(factor)
        return float(own.stop - own.start) / (height // factor)


@dataclass(frozen=True, slots=True)
class Reach:
    """How a stack looks at an image.

    Attributes:
        rows: how far beyond a row of a layer the image is looked at, at most, in rows of the image.
        factors: for each module of the stack, how many times its input is smaller than the image.
    """

    rows: int
    factors: tuple[int, ...]


def reach_of(stack: nn.Sequential, layers: Collection[int]) -> Reach:
    """The reach of a stack of 3x3 convolutions, rectifiers and 2x2 maxima.

    Args:
        stack: the modules.
        layers: the numbers of those whose output is wanted.
    """
    rows, beyond, factor, factors = 0, 0, 1, []
    for index, module in enumerate(stack):
        factors.append(factor)
        if isinstance(module, nn.Conv2d):
            beyond += 1
        elif isinstance(module, nn.MaxPool2d):
            beyond, factor = (beyond + 1) // 2, factor * 2
        if index in layers:
            rows = max(rows, beyond * factor)
    return Reach(math.ceil(rows / factor) * factor, tuple(factors))


def plan_bands(images: int, height: int, width: int, reach: Reach, most: int) -> list[Band]:
    """All images at once where they are small, or else each in bands of equal height.

    Args:
        images: how many.
        height: of each.
        width: of each.
        reach: of the stack.
        most: so many pixels an image, or a band with what it looks at, may have; a band is never lower than what it
            looks at beyond itself.
    """
    if height * width <= most:
        return [Band(slice(0, images), 0, height, 0, height)]
    unit = max(reach.factors)
    most_rows = max(most // width - 2 * reach.rows, 2 * reach.rows, unit)
    rows = math.ceil(height / math.ceil(height / most_rows) / unit) * unit
    return [
        Band(
            slice(image, image + 1),
            max(0, first - reach.rows),
            min(height, first + rows + reach.rows),
            first,
            min(height, first + rows),
        )
        for image in range(images)
        for first in range(0, height, rows)
    ]

"""What a host can turn on an exported model: numbers of their own, by names that Python and hosts take."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Knob:
    """A number in [0, 1].

    Attributes:
        name: of the model's attribute.
        label: what a user reads.
        value: where it begins.
    """

    name: str
    label: str
    value: float


def knobs_of(styles: Sequence[str], mix: Sequence[float], strength: float) -> list[Knob]:
    """The strength, and one knob for each style in the network's order.

    Args:
        styles: names of the network's styles.
        mix: how much of each.
        strength: how much of the stylised frame lies over the plate.
    """
    knobs = [Knob("strength", "strength", strength)]
    for style, amount in zip(styles, mix, strict=True):
        name = "mix_" + re.sub(r"\W", "_", style, flags=re.ASCII)
        taken = {knob.name for knob in knobs}
        names = (name, *(f"{name}_{number}" for number in range(2, len(styles) + 2)))
        knobs.append(Knob(next(each for each in names if each not in taken), style, amount))
    return knobs

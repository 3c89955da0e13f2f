"""Timing several things against one another in one run."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable


def paired(variants: dict[str, Callable[[], object]], rounds: int, warmup: int = 2) -> dict[str, list[float]]:
    """Seconds of each variant over ``rounds``, taken in turn, so that a machine's drift meets all of them alike."""
    times: dict[str, list[float]] = {name: [] for name in variants}
    for index in range(rounds + warmup):
        for name, run in variants.items():
            start = time.perf_counter()
            run()
            if index >= warmup:
                times[name].append(time.perf_counter() - start)
    return times


def ratio(times: dict[str, list[float]], name: str, base: str) -> float:
    """Median over the rounds of one variant's time over another's in the same round."""
    return statistics.median(a / b for a, b in zip(times[name], times[base], strict=True))


def milliseconds(times: dict[str, list[float]], name: str) -> float:
    """Median time of a variant."""
    return statistics.median(times[name]) * 1000

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from vst_core.training.history import PARTS, History

FIRST = {"total": 0.1 + 0.2, "content": 0.1, "style": 0.2, "tv": 1e-9}
SECOND = {"total": 4.0, "content": 1.0, "style": 2.0, "tv": 0.0, "temporal": 1.0}


def filled() -> History:
    history = History()
    history.append(FIRST)
    history.append(SECOND)
    return history


def test_a_line_a_step_with_every_bit_of_its_losses() -> None:
    history = History()
    lines = [history.append(FIRST), history.append(SECOND)]
    assert [json.loads(line) for line in lines] == [{"step": 1} | FIRST, {"step": 2} | SECOND]
    assert list(history.lines()) == lines
    assert len(history) == 2


def test_it_comes_back_from_its_values() -> None:
    values = filled().values
    assert values.shape == (2, len(PARTS))
    assert math.isnan(values[0, PARTS.index("temporal")])
    again = History(values)
    np.testing.assert_array_equal(again.values, values)
    assert list(again.lines()) == list(filled().lines())


def test_the_mean_is_that_of_the_last_steps_that_have_a_part() -> None:
    assert filled().mean(1) == SECOND
    mean = filled().mean(100)
    assert mean["content"] == pytest.approx(0.55)
    assert mean["temporal"] == 1.0
    without = History()
    without.append(FIRST)
    assert without.mean(100) == FIRST

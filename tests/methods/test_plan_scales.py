from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vst_core.methods.optimization import Scale, plan_scales

sides = st.integers(16, 5000)
counts = st.integers(1, 8)
steps = st.integers(1, 3000)


def test_sizes_grow_by_the_root_of_two_and_the_coarsest_takes_twice_the_steps() -> None:
    assert plan_scales(512, 256, 4, 500) == [
        Scale(181, 91, 200),
        Scale(256, 128, 100),
        Scale(362, 181, 100),
        Scale(512, 256, 100),
    ]


@pytest.mark.parametrize(("height", "width", "sizes"), [(128, 512, 3), (64, 64, 1), (89, 89, 1), (90, 90, 2)])
def test_sizes_under_64_pixels_are_left_out(height: int, width: int, sizes: int) -> None:
    assert len(plan_scales(height, width, 8, 100)) == sizes


def test_a_frame_under_64_pixels_has_its_own_size() -> None:
    assert plan_scales(40, 500, 4, 10) == [Scale(40, 500, 10)]


def test_too_few_steps_to_share_are_spent_at_full_size() -> None:
    assert plan_scales(512, 512, 4, 3) == [Scale(512, 512, 3)]


@given(sides, sides, counts, steps)
def test_no_step_is_lost_or_added(height: int, width: int, count: int, steps: int) -> None:
    scales = plan_scales(height, width, count, steps)
    assert sum(scale.steps for scale in scales) == steps
    assert all(scale.steps > 0 for scale in scales)
    assert scales[0].steps == max(scale.steps for scale in scales)


@given(sides, sides, counts, steps)
def test_sizes_grow_to_the_frames_own(height: int, width: int, count: int, steps: int) -> None:
    scales = plan_scales(height, width, count, steps)
    assert 1 <= len(scales) <= count
    assert (scales[-1].height, scales[-1].width) == (height, width)
    for smaller, larger in itertools.pairwise(scales):
        assert larger.height / smaller.height == pytest.approx(math.sqrt(2), rel=0.02)
        assert larger.width / smaller.width == pytest.approx(math.sqrt(2), rel=0.02)
        assert min(smaller.height, smaller.width) >= 64

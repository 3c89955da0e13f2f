from __future__ import annotations

import pytest
import torch

from vst_core.methods import StyleTarget
from vst_core.pipeline.distance import StyleMeter


def test_nothing_of_a_large_frames_content_is_lost_in_its_sum() -> None:
    meter = StyleMeter.__new__(StyleMeter)  # which needs weights for features, and here there are some
    meter._targets = {"gram": StyleTarget({}, {}, {"relu4_2": 1.0})}
    plate, stylized = torch.randn(2, 1, 512, 135, 240).relu()
    found = meter._distances({"relu4_2": stylized}, {"relu4_2": plate})
    expected = (stylized.double() - plate.double()).square().mean()
    assert found[-1] == pytest.approx(expected.item(), rel=1e-5)

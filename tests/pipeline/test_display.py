"""Frames as pictures to look at."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from exr_files import window, write_exr

from vst_core.pipeline.display import read_picture

QUARTER = 137
"""Scene-linear 0.25 in sRGB of 8 bits."""


def test_a_cropped_frame_is_shown_in_its_place_over_black(tmp_path: Path) -> None:
    channels = {name: np.full((10, 20), value, np.float16) for name, value in zip("RGB", (0.25, 7, -1), strict=True)}
    windows = {"dataWindow": window(6, -2, 20, 10), "displayWindow": window(0, 0, 40, 20)}
    path = write_exr(tmp_path / "frame.exr", channels, **windows)
    expected = np.zeros((20, 40, 3), np.uint8)
    expected[:8, 6:26] = QUARTER, 255, 0
    assert np.array_equal(read_picture(path, 1), expected)
    assert np.array_equal(read_picture(path, 1, width=20), expected[::2, ::2])
    assert read_picture(path, 1, width=60).shape == (30, 60, 3)

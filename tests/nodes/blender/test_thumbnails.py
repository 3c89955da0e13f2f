"""The list of styles: those of the shipped networks, each with a picture of what it paints like."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from real_blender import blender

from vst_core.networks import load_checkpoint

ROOT = Path(__file__).parents[3]
STYLES = load_checkpoint("quality").styles


def test_the_list_has_the_styles_of_both_networks() -> None:
    assert load_checkpoint("fast").styles == STYLES
    assert blender("checking.styles") == list(STYLES)


@pytest.mark.parametrize("style", STYLES)
def test_a_thumbnail_shows_the_style_image(style: str, sample_styles: Path) -> None:
    """Stale ones are made anew by samples/make_thumbnails.py."""
    shown = cv2.imread(str(ROOT / "nodes" / "blender" / "thumbnails" / f"{style}.jpg"))
    whole = cv2.imread(str(sample_styles / f"{style}.png"))
    assert shown is not None
    assert whole is not None
    small = cv2.resize(whole, shown.shape[1::-1], interpolation=cv2.INTER_AREA)
    assert np.abs(shown.astype(float) - small).mean() < 15  # a JPEG differs by 4 to 12, another picture by 30 to 50

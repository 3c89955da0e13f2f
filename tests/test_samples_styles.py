from __future__ import annotations

import itertools
import subprocess
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

SAMPLES = Path(__file__).parents[1] / "samples"
STYLES = ("oil", "ink", "mosaic", "watercolor", "woodcut")
FASTEST = "oil"

Pixels = NDArray[Any]


def read(path: Path) -> Pixels:
    pixels = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    assert pixels is not None, f"{path} does not decode"
    return pixels


def committed(style: str) -> Pixels:
    return read(SAMPLES / "styles" / f"{style}.png")


def palette(pixels: Pixels) -> Pixels:
    """Square roots of a coarse CIE L*a*b* histogram that sums to one."""
    lab = cv2.cvtColor(pixels, cv2.COLOR_BGR2LAB)
    counts = cv2.calcHist([lab], [0, 1, 2], None, [6, 8, 8], [0, 256] * 3).ravel()
    return np.asarray(np.sqrt(counts / counts.sum()))


def strokes(pixels: Pixels) -> Pixels:
    """How much contrast there is at the scales of strokes: octaves of about 2 to 32 pixels, in grey levels."""
    grey = cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY).astype(np.float32)
    blurred = [grey, *(cv2.GaussianBlur(grey, (0, 0), sigma) for sigma in (1, 2, 4, 8, 16))]
    return np.array([(fine - coarse).std() for fine, coarse in itertools.pairwise(blurred)])


def make_styles(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(SAMPLES / "make_styles.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("style", STYLES)
def test_style_is_an_rgb_picture_of_512_pixels(style: str) -> None:
    pixels = committed(style)
    assert pixels.shape == (512, 512, 3)
    assert pixels.dtype == np.uint8
    assert (SAMPLES / "styles" / f"{style}.png").stat().st_size < 600_000


@pytest.mark.parametrize("style", STYLES)
def test_style_has_texture_everywhere(style: str) -> None:
    grey = cv2.cvtColor(committed(style), cv2.COLOR_BGR2GRAY).astype(np.float32)
    contrast = grey.reshape(16, 32, 16, 32).std(axis=(1, 3))
    assert contrast.min() > 6, "a square of 32 pixels is nearly flat"
    assert np.percentile(contrast, 5) > 18


@pytest.mark.parametrize(("one", "other"), list(itertools.combinations(STYLES, 2)))
def test_styles_differ_in_palette_and_in_strokes(one: str, other: str) -> None:
    first, second = committed(one), committed(other)
    hellinger = np.sqrt(1 - palette(first) @ palette(second))
    assert hellinger > 0.5
    assert np.abs(np.log(strokes(first) / strokes(second))).max() > 0.2


def test_the_script_paints_the_committed_picture(tmp_path: Path) -> None:
    done = make_styles("--output", str(tmp_path / "new"), "--only", FASTEST)
    assert done.returncode == 0, done.stderr
    assert [path.name for path in (tmp_path / "new").iterdir()] == [f"{FASTEST}.png"]
    painted = read(tmp_path / "new" / f"{FASTEST}.png").astype(np.float32)
    assert np.abs(painted - committed(FASTEST)).mean() < 3


def test_a_smaller_size_paints_the_same_picture(tmp_path: Path) -> None:
    done = make_styles("--output", str(tmp_path), "--only", FASTEST, "--size", "128")
    assert done.returncode == 0, done.stderr
    painted = read(tmp_path / f"{FASTEST}.png").astype(np.float32)
    assert painted.shape == (128, 128, 3)
    reduced = cv2.resize(committed(FASTEST), (128, 128), interpolation=cv2.INTER_AREA).astype(np.float32)
    assert np.abs(painted - reduced).mean() < 20


def test_an_unknown_style_is_refused(tmp_path: Path) -> None:
    done = make_styles("--output", str(tmp_path), "--only", "crayon")
    assert done.returncode == 2
    assert "crayon" in done.stderr
    assert not list(tmp_path.iterdir())

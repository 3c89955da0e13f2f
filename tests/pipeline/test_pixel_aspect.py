"""Anamorphic plates are painted with square pixels, so that strokes look right where they are shown."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from small_shot import Channels, SmallShot, attributes_of, color_of, looks, out, read_channels, same, write_channels
from torch import Tensor

from vst_core import FrameRange
from vst_core.farm.cost import memory_of
from vst_core.frame_io import read_header
from vst_core.image import Window
from vst_core.pipeline.display import read_picture
from vst_core.pipeline.distance import StyleMeter
from vst_core.pipeline.measure import measure_shot
from vst_core.pipeline.windows import working_size

FRAMES = FrameRange(1001, 1003)
SHIPPED: dict[str, Any] = {
    "method": "feedforward",
    "network": "fast",
    "style": {"styles": ["oil"]},
    "frames": str(FRAMES),
}


def squeezed(channels: Channels) -> Channels:
    """Half as many columns; vectors in pixels of the narrower picture."""
    result = {}
    for name, values in channels.items():
        if ".Combined." in name:
            result[name] = (values[:, ::2].astype(np.float32) + values[:, 1::2]) / 2
            result[name] = result[name].astype(values.dtype)
        else:
            across = name.endswith(("Vector.X", "Vector.Z"))
            result[name] = np.ascontiguousarray(values[:, ::2] / (2 if across else 1), values.dtype)
    return result


@pytest.fixture
def anamorphic(small_shot: SmallShot, tmp_path: Path) -> SmallShot:
    shot = small_shot.copy(tmp_path / "plate")
    for frame in FRAMES:
        write_channels(shot.path(frame), squeezed(read_channels(shot.path(frame))), pixelAspectRatio=2.0)
    return shot


def test_strokes_are_those_of_the_wide_picture(small_shot: SmallShot, anamorphic: SmallShot, tmp_path: Path) -> None:
    small_shot.render(tmp_path / "wide", **SHIPPED)
    anamorphic.render(tmp_path / "narrow", **SHIPPED)
    square = anamorphic.copy(tmp_path / "square")
    for frame in FRAMES:
        write_channels(square.path(frame), read_channels(square.path(frame)))
    square.render(tmp_path / "unknown", **SHIPPED)
    for frame in FRAMES:
        wide, narrow, unknown = (looks(tmp_path / name, frame) for name in ("wide", "narrow", "unknown"))
        assert narrow.shape == wide.shape
        assert unknown.shape == (45, 40, 3)
        stretched = cv2.resize(unknown, (80, 45), interpolation=cv2.INTER_CUBIC)
        assert np.abs(narrow - wide).mean() < 0.6 * np.abs(stretched - wide).mean()


def test_what_is_written_is_as_the_plate_is_and_a_render_goes_on(anamorphic: SmallShot, tmp_path: Path) -> None:
    anamorphic.render(tmp_path / "whole", **SHIPPED)
    anamorphic.render(tmp_path / "parts", **SHIPPED | {"frames": "1001-1002"})
    assert [result.kept for result in anamorphic.render(tmp_path / "parts", **SHIPPED)] == [True, True, False]
    for frame in FRAMES:
        plate, result = read_channels(anamorphic.path(frame)), read_channels(out(tmp_path / "whole", frame))
        assert color_of(result).shape == color_of(plate).shape
        assert attributes_of(out(tmp_path / "whole", frame))["pixelAspectRatio"] == 2
        assert same(result, read_channels(out(tmp_path / "parts", frame)))


def test_it_is_looked_at_as_it_is_shown(anamorphic: SmallShot, tmp_path: Path) -> None:
    path = anamorphic.path(1001)
    assert read_picture(path, 1001).shape == (45, 80, 3)
    assert read_picture(path, 1001, width=40).shape == (22, 40, 3)
    write_channels(tmp_path / "tall.exr", squeezed(read_channels(path)), pixelAspectRatio=0.5)
    assert read_picture(tmp_path / "tall.exr", 1).shape == (45, 10, 3)


def test_style_is_measured_as_it_is_shown(anamorphic: SmallShot, monkeypatch: pytest.MonkeyPatch) -> None:
    shapes: list[torch.Size] = []
    add = StyleMeter.add

    def seen(meter: StyleMeter, stylized: Tensor, plate: Tensor) -> None:
        shapes.extend((stylized.shape, plate.shape))
        add(meter, stylized, plate)

    monkeypatch.setattr(StyleMeter, "add", seen)
    given: dict[str, Any] = {"frames": FrameRange(1001, 1002), "network": "vgg16", "weights_path": anamorphic.weights}
    measure_shot(anamorphic.pattern, anamorphic.pattern, styles=(anamorphic.style,), **given)
    assert set(shapes) == {(1, 3, 45, 80)}


def test_a_farm_knows_what_it_takes(anamorphic: SmallShot, tmp_path: Path) -> None:
    settings = anamorphic.settings(tmp_path)
    narrow = memory_of(settings, anamorphic.path(1001))
    write_channels(tmp_path / "square.exr", read_channels(anamorphic.path(1001)))
    assert narrow > memory_of(settings, tmp_path / "square.exr")


@pytest.mark.parametrize(
    ("aspect", "size"), [(1.0, (45, 80)), (2.0, (45, 160)), (0.5, (90, 80)), (1.0926, (45, 87)), (1.0000001, (45, 80))]
)
def test_no_detail_is_lost_to_square_pixels(aspect: float, size: tuple[int, int]) -> None:
    assert working_size(Window(3, 5, 80, 45), 1.0, aspect) == size


@pytest.mark.parametrize(("stored", "aspect"), [(2.0, 2.0), (0.5, 0.5), (1000.0, 1.0), (0.001, 1.0)])
def test_what_can_be_no_aspect_is_none(stored: float, aspect: float, small_shot: SmallShot, tmp_path: Path) -> None:
    path = write_channels(tmp_path / "a.exr", read_channels(small_shot.path(1001)), pixelAspectRatio=stored)
    assert read_header(path).pixel_aspect == aspect

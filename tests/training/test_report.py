"""Chart and samples, looked at as a user does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from matplotlib.colors import to_rgb
from numpy.typing import NDArray
from small_training import processor, recipe, smooth_picture, write_picture

from vst_core.errors import InputError
from vst_core.networks import ARCHITECTURES, TransformerNet
from vst_core.training.history import History
from vst_core.training.report import sample_plates, write_chart, write_samples

TEMPORAL, TV = "#2ca02c", "#9467bd"


def history(steps: int, **changes: float) -> History:
    """Losses that fall, the temporal one in the second half."""
    made = History()
    for step in range(steps):
        loss = {"total": 4.0, "content": 1.0, "style": 2.0, "tv": 0.5}
        loss |= {"temporal": 0.1} if step >= steps // 2 else {}
        made.append({name: value / (1 + step) for name, value in (loss | changes).items()})
    return made


def pixels(path: Path) -> NDArray[np.uint8]:
    """(H, W, 3), RGB."""
    image = cv2.imread(str(path))
    assert image is not None
    return np.asarray(image[..., ::-1], np.uint8)


def columns_with(image: NDArray[Any], color: str) -> NDArray[np.int64]:
    """Where, from left to right, the chart's own area has a colour; the legend is right of it."""
    wanted = np.array(to_rgb(color)) * 255
    there = (np.abs(image[:, :860].astype(float) - wanted) < 2).all(-1)
    return np.flatnonzero(there.any(0))


def test_the_chart_shows_each_part_where_it_has_one(tmp_path: Path) -> None:
    write_chart(tmp_path / "loss.png", history(40), recipe(tmp_path, steps=40))
    chart = pixels(tmp_path / "loss.png")
    assert chart.shape == (600, 1000, 3)
    everywhere, later = columns_with(chart, TV), columns_with(chart, TEMPORAL)
    assert everywhere.min() < 200
    assert later.min() > 400
    assert abs(int(later.max()) - int(everywhere.max())) < 5


def test_a_part_ends_where_its_stage_does(tmp_path: Path) -> None:
    made = History()
    for step in range(40):
        made.append({"total": 4.0, "content": 1.0, "style": 2.0, "tv": 0.5} | ({"temporal": 0.1} if step < 20 else {}))
    write_chart(tmp_path / "loss.png", made, recipe(tmp_path, steps=40))
    there = columns_with(pixels(tmp_path / "loss.png"), TEMPORAL)
    assert there.max() < 480
    assert there.min() < 100


def test_the_chart_marks_the_stages_that_were_reached(tmp_path: Path) -> None:
    def marks(steps: int) -> int:
        write_chart(tmp_path / "loss.png", history(steps), recipe(tmp_path, steps=40))
        row = pixels(tmp_path / "loss.png")[40:500].astype(int)
        grey = (np.abs(row - 0.6 * 255) < 3).all(-1).mean(0) > 0.5  # a dashed line from top to bottom
        return int((np.diff(grey.astype(int)) == 1).sum())

    assert marks(30) == marks(10) + 1


@pytest.mark.parametrize("steps", [1, 2, 5000])
def test_a_chart_of_few_and_of_many_steps(steps: int, tmp_path: Path) -> None:
    write_chart(tmp_path / "loss.png", history(steps), recipe(tmp_path, steps=5000))
    assert columns_with(pixels(tmp_path / "loss.png"), TV).size or steps == 1


def test_a_part_without_weight_is_left_out(tmp_path: Path) -> None:
    write_chart(tmp_path / "loss.png", history(20, tv=0.0), recipe(tmp_path, steps=20))
    assert not columns_with(pixels(tmp_path / "loss.png"), TV).size


@pytest.mark.parametrize("normalization", ["instance", "batch"])
def test_samples_show_plate_and_styles_and_leave_the_network_alone(tmp_path: Path, normalization: Any) -> None:
    network = TransformerNet(ARCHITECTURES["fast"], 2, normalization)
    with torch.no_grad():
        network.stem_norm.shift[1] += 1  # styles that differ
    before = {name: value.clone() for name, value in network.state_dict().items()}
    plates = [torch.from_numpy(smooth_picture(seed, 64, 96)).permute(2, 0, 1)[None] for seed in (1, 2)]
    write_samples(tmp_path / "samples.png", network, plates, ("dots", "bars"), processor())
    assert network.training
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    sheet = pixels(tmp_path / "samples.png")
    assert sheet.shape == (20 + 2 * 68, 3 * 100 - 4, 3)
    for row, seed in enumerate((1, 2)):
        top = 20 + row * 68
        cells = [sheet[top : top + 64, left : left + 96] for left in (0, 100, 200)]
        np.testing.assert_allclose(cells[0] / 255, smooth_picture(seed, 64, 96), atol=0.003)
        assert not np.array_equal(cells[1], cells[2])
    assert sheet[:20, 200:].max() > 200  # a name
    again = sheet.copy()
    write_samples(tmp_path / "samples.png", network, plates, ("dots", "bars"), processor())
    np.testing.assert_array_equal(pixels(tmp_path / "samples.png"), again)


def test_plates_are_generated_or_the_users_at_a_size_the_network_takes(tmp_path: Path) -> None:
    generated = sample_plates(None, 3)
    assert [plate.shape for plate in generated] == [(1, 3, 192, 192)] * 3
    assert not torch.equal(generated[0], generated[1])
    assert torch.equal(sample_plates(None, 3)[2], generated[2])
    for height, width, expected in ((50, 80, (48, 80)), (300, 1200, (96, 384)), (4, 400, (32, 384))):
        path = write_picture(tmp_path / "plate.png", smooth_picture(1, height, width))
        (plate,) = sample_plates(path, 3)
        assert plate.shape[-2:] == expected
        assert float(plate.min()) >= 0
        assert float(plate.max()) <= 1
    with pytest.raises(InputError):
        sample_plates(tmp_path / "missing.png", 3)

"""Flicker, drift and distances, on shots whose numbers are known beforehand."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from flow_scenes import grid, pattern
from numpy.typing import NDArray
from small_shot import SmallShot, color_of, out, read_channels, write_channels

from vst_core import FrameRange, InputError, RenderSettings, SettingsError, measure_shot, render_shot
from vst_core.color.curve import curve
from vst_core.pipeline.distance import Distances
from vst_core.settings import FlowSettings

FRAMES = range(1001, 1007)
HEIGHT, WIDTH = 48, 72
STEP = (3, 1)  # pixels a frame, right and down
NO_MOTION = FlowSettings(source="none")

Picture = NDArray[np.float32]


def write(folder: Path, frame: int, color: Picture, motion: tuple[int, int] | None = None) -> None:
    """A float frame; with motion as Blender's vectors: previous less current, current less next, y up."""
    folder.mkdir(exist_ok=True)
    channels = {f"ViewLayer.Combined.{c}": color[..., i].astype(np.float32) for i, c in enumerate("RGB")}
    if motion is not None:
        right, down = motion
        for name, value in zip("XYZW", (-right, down, -right, down), strict=True):
            channels[f"ViewLayer.Vector.{name}"] = np.full(color.shape[:2], value, np.float32)
    write_channels(folder / f"s.{frame}.exr", channels)


def sequence(folder: Path) -> str:
    return str(folder / "s.####.exr")


def moving(frame: int, seed: int) -> Picture:
    """A texture that moves by STEP a frame."""
    x, y = grid(HEIGHT, WIDTH)
    time = frame - FRAMES[0]
    return pattern(x - STEP[0] * time, y - STEP[1] * time, seed)[0].permute(1, 2, 0).numpy()


def grey(value: float) -> Picture:
    return np.full((HEIGHT, WIDTH, 3), value, np.float32)


def display(value: float) -> float:
    return float(curve(np.full((1, 1, 3), value, np.float32))[0, 0, 0])


@pytest.fixture
def still(tmp_path: Path) -> Path:
    """A plate in which nothing moves."""
    for frame in FRAMES:
        write(tmp_path / "plate", frame, moving(FRAMES[0], 1), (0, 0))
    return tmp_path / "plate"


def test_the_plate_itself_measures_as_the_floor(small_shot: SmallShot) -> None:
    report = measure_shot(small_shot.pattern, small_shot.pattern, lags=(1, 3))
    for error in report.warping:
        assert error.stylized == error.source > 0
    assert report.luminance_drift == 0
    assert report.frames == "1001-1005"


@pytest.mark.parametrize("source", ["vectors", "dis", "none"])
def test_a_still_shot_painted_alike_has_no_flicker(still: Path, tmp_path: Path, source: str) -> None:
    for frame in FRAMES:
        write(tmp_path / "painted", frame, moving(1003, 2))
    report = measure_shot(sequence(tmp_path / "painted"), sequence(still), flow=FlowSettings(source=source))
    assert [error.lag for error in report.warping] == [1, 2, 5]
    for error in report.warping:
        assert (error.stylized, error.source) == (0, 0)
        assert error.valid > 0.9
    assert report.luminance_drift == pytest.approx(0, abs=1e-6)


def test_flicker_of_known_size(still: Path, tmp_path: Path) -> None:
    dark, bright = 0.2, 0.3
    for frame in FRAMES:
        write(tmp_path / "painted", frame, grey(bright if frame % 2 else dark))
    report = measure_shot(sequence(tmp_path / "painted"), sequence(still), flow=NO_MOTION, lags=(1, 2, 3))
    size = display(bright) - display(dark)
    assert size > 0.05
    assert [error.stylized for error in report.warping] == pytest.approx([size, 0, size], abs=1e-6)
    assert report.luminance_drift == pytest.approx(-size, abs=1e-6)  # it begins bright and ends dark


def test_flicker_in_a_part_of_the_picture_counts_for_that_part(still: Path, tmp_path: Path) -> None:
    for frame in FRAMES:
        picture = grey(0.2)
        picture[:, : WIDTH // 4] = 0.3 if frame % 2 else 0.2
        write(tmp_path / "painted", frame, picture)
    report = measure_shot(sequence(tmp_path / "painted"), sequence(still), flow=NO_MOTION, lags=(1,))
    assert report.warping[0].stylized == pytest.approx((display(0.3) - display(0.2)) / 2, abs=1e-6)


def test_drift_is_what_the_plate_does_not_do_itself(tmp_path: Path) -> None:
    plate, painted = [0.2, 0.25, 0.3], [0.2, 0.3, 0.45]
    for frame, (before, after) in enumerate(zip(plate, painted, strict=True), start=1):
        write(tmp_path / "plate", frame, grey(before))
        write(tmp_path / "painted", frame, grey(after))
    report = measure_shot(
        str(tmp_path / "painted" / "s.#.exr"), str(tmp_path / "plate" / "s.#.exr"), flow=NO_MOTION, lags=(1,)
    )
    expected = (display(0.45) - display(0.2)) - (display(0.3) - display(0.2))
    assert report.luminance_drift == pytest.approx(expected, abs=1e-6)


def test_what_moves_with_the_plate_does_not_flicker(tmp_path: Path) -> None:
    """Vectors are chained for longer distances."""
    for frame in FRAMES:
        write(tmp_path / "plate", frame, moving(frame, 1), STEP)
        write(tmp_path / "painted", frame, moving(frame, 2))
    painted, plate = sequence(tmp_path / "painted"), sequence(tmp_path / "plate")
    for error in measure_shot(painted, plate, lags=(1, 2, 5)).warping:
        assert (error.stylized, error.source) == pytest.approx((0, 0), abs=1e-3)  # at the rim motion is estimated
        seen = (WIDTH - error.lag * STEP[0]) * (HEIGHT - error.lag * STEP[1]) / (WIDTH * HEIGHT)
        assert seen - 0.1 < error.valid < seen + 1e-6
    for error in measure_shot(painted, plate, flow=NO_MOTION, lags=(1, 2)).warping:
        assert error.stylized > 0.02
        assert error.valid == 1


def test_estimated_flow_looks_at_both_frames(tmp_path: Path) -> None:
    for frame in FRAMES:
        write(tmp_path / "plate", frame, moving(frame, 1))
        write(tmp_path / "painted", frame, moving(frame, 2))
    painted, plate = sequence(tmp_path / "painted"), sequence(tmp_path / "plate")
    still = measure_shot(painted, plate, flow=NO_MOTION, lags=(1, 3)).warping
    followed = measure_shot(painted, plate, flow=FlowSettings(source="dis"), lags=(1, 3)).warping
    assert all(a.stylized < 0.3 * b.stylized for a, b in zip(followed, still, strict=True))


def test_distances_to_style_and_content(small_shot: SmallShot, rendered: Path) -> None:
    report = measure_shot(
        str(rendered / "out.####.exr"),
        small_shot.pattern,
        frames=FrameRange(1001, 1002),
        styles=(small_shot.style,),
        network="vgg16",
        weights_path=small_shot.weights,
    )
    assert report.style is not None
    painted, plate = report.style["stylized"], report.style["plate"]
    assert plate.content == 0
    assert painted.content > 0.02
    for name in ("gram", "wasserstein", "sliced"):
        assert 0 < getattr(painted, name) < getattr(plate, name)


def test_the_style_itself_is_at_no_distance(small_shot: SmallShot, tmp_path: Path) -> None:
    encoded = cv2.imread(str(small_shot.style))
    assert encoded is not None
    value = encoded[..., ::-1] / 255
    linear = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4).astype(np.float32)
    write(tmp_path / "painted", 1, linear)
    write(tmp_path / "plate", 1, linear[::-1])
    report = measure_shot(
        str(tmp_path / "painted" / "s.#.exr"),
        str(tmp_path / "plate" / "s.#.exr"),
        flow=NO_MOTION,
        styles=(small_shot.style,),
        network="vgg16",
        weights_path=small_shot.weights,
    )
    assert report.warping == []  # a single frame has none before it
    assert report.style is not None
    painted = report.style["stylized"]
    assert max(abs(painted.gram), abs(painted.wasserstein), abs(painted.sliced)) < 0.03
    assert painted.content > 0.1


def test_a_report_reads_as_json_and_as_a_table(small_shot: SmallShot, rendered: Path) -> None:
    report = measure_shot(str(rendered / "out.####.exr"), small_shot.pattern)
    data = json.loads(json.dumps(report.as_dict()))
    assert data["frames"] == "1001-1004"
    assert data["flow"] == "vectors"
    assert [error["lag"] for error in data["warping"]] == [1, 2]
    assert data["style"] is None
    lines = report.as_text().splitlines()
    assert lines[0] == "frames 1001-1004, flow vectors"
    assert lines[3].split()[:2] == ["1", f"{report.warping[0].stylized:.4f}"]
    assert f"{report.luminance_drift:+.4f}" in report.as_text()
    style = {"stylized": Distances(1, 2, 3, 4), "plate": Distances(5, 6, 7, 8)}
    told = dataclasses.replace(report, style=style).as_text().splitlines()
    assert told[: len(lines)] == lines
    assert told[-2].split() == ["sliced", "3.0000", "7.0000"]


def test_frames_and_lags_that_do_not_fit(small_shot: SmallShot, rendered: Path, tmp_path: Path) -> None:
    painted = str(rendered / "out.####.exr")
    for lag in (4, 0, -1):
        with pytest.raises(
            SettingsError, match=f"a lag of {lag} does not fit a shot of 4 frames; give lags from 1 to 3"
        ):
            measure_shot(painted, small_shot.pattern, lags=(1, lag))
    with pytest.raises(InputError, match=r"nothing\.####\.exr: no file matches"):
        measure_shot(str(tmp_path / "nothing.####.exr"), small_shot.pattern)
    with pytest.raises(InputError, match="1 of 3 frames are missing: 1006"):
        measure_shot(painted, small_shot.pattern, frames=FrameRange(1004, 1006))
    frame = read_channels(out(rendered, 1001))
    write_channels(tmp_path / "small.1001.exr", {name: values[:30] for name, values in frame.items()})
    with pytest.raises(InputError, match=r"small\.1001\.exr: is not the size of the plate"):
        measure_shot(str(tmp_path / "small.####.exr"), small_shot.pattern)
    assert color_of(frame).shape == (45, 80, 3)


def test_a_named_color_space_is_the_plates_and_not_that_of_an_exr_made_of_a_picture(tmp_path: Path) -> None:
    for frame in FRAMES:
        picture = (moving(frame, 1).clip(0, 1) * 65535).astype(np.uint16)
        assert cv2.imwrite(str(tmp_path / f"plate.{frame}.png"), picture)
    plate, painted = str(tmp_path / "plate.####.png"), str(tmp_path / "painted.####.exr")
    settings = {"plate": plate, "color_space": "ACEScct", "flow": {"source": "dis"}, "strength": 0.0}
    list(render_shot(RenderSettings.of({**settings, "style": {"styles": ["oil"]}, "output": {"pattern": painted}})))
    report = measure_shot(painted, plate, flow=NO_MOTION, lags=(1,), color_space="ACEScct")
    assert report.warping[0].stylized == pytest.approx(report.warping[0].source, rel=1e-3)
    assert measure_shot(plate, plate, flow=NO_MOTION, lags=(1,), color_space="ACEScct").luminance_drift == 0


def test_what_was_written_without_layers_is_measured_against_a_layer(still: Path, tmp_path: Path) -> None:
    for frame in FRAMES:
        write_channels(
            tmp_path / f"painted.{frame}.exr", dict.fromkeys("RGB", np.full((HEIGHT, WIDTH), 0.2, np.float32))
        )
    painted = str(tmp_path / "painted.####.exr")
    report = measure_shot(painted, sequence(still), flow=NO_MOTION, lags=(1,), layer="ViewLayer.Combined")
    assert report.warping[0].stylized == 0

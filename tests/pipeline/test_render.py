"""What comes out of a render, looked at with another EXR library."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from small_shot import (
    SHOT,
    Channels,
    SmallShot,
    attributes_of,
    color_of,
    cropped,
    difference,
    differing,
    is_color,
    leftovers,
    out,
    outputs,
    read_channels,
    same,
    to_display,
)

import vst_core
from vst_core import FrameRange, InputError, RenderSettings, render_shot
from vst_core.errors import Cancelled
from vst_core.pipeline.measure import measure_shot
from vst_core.pipeline.render import FrameProgress


def blur_changes(channels: Channels) -> float:
    """How much of a picture is lost at half its size."""
    picture = to_display(color_of(channels))
    height, width = picture.shape[:2]
    small = cv2.resize(picture, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    return float(np.abs(picture - cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)).mean())


def test_only_the_colour_changes(small_shot: SmallShot, rendered: Path) -> None:
    assert outputs(rendered) == [f"out.{frame}.exr" for frame in SHOT]
    for frame in SHOT:
        plate, result = read_channels(small_shot.path(frame)), read_channels(out(rendered, frame))
        others = {name for name in plate if not is_color(name)}
        assert {name.split(".")[1] for name in others} == {"Combined", "CryptoObject00", "Depth", "Vector"}
        assert same({name: plate[name] for name in others}, {name: result[name] for name in others})
        assert [result[name].dtype for name in plate] == [plate[name].dtype for name in plate]
        changed = np.abs(to_display(color_of(result)) - to_display(color_of(plate)))
        assert changed.mean() > 0.02
        assert np.isfinite(color_of(result)).all()


def test_frames_keep_the_plates_header_and_say_how_they_were_made(small_shot: SmallShot, rendered: Path) -> None:
    previous = None
    for frame in SHOT:
        plate, found = attributes_of(small_shot.path(frame)), attributes_of(out(rendered, frame))
        kept = plate.keys() - {"channels", "dataWindow", "displayWindow", "screenWindowCenter"}
        assert {"Scene", "take", "compression"} <= kept
        assert {name: found.get(name) for name in kept} == {name: plate[name] for name in kept}
        for window in ("dataWindow", "displayWindow"):
            assert np.array_equal(found[window], plate[window])
        assert found["vst:version"] == vst_core.__version__
        assert RenderSettings.of(json.loads(found["vst:settings"])).style.images == (small_shot.style,)
        assert found["colorInteropID"] == "lin_rec709_scene"
        assert found.get("vst:previousState") == previous
        previous = found["vst:state"]
    assert len({attributes_of(out(rendered, frame))["vst:fingerprint"] for frame in SHOT}) == 1


def test_highlights_stay_highlights(small_shot: SmallShot, rendered: Path) -> None:
    for frame in SHOT:
        plate, result = color_of(read_channels(small_shot.path(frame))), color_of(read_channels(out(rendered, frame)))
        bright = plate.max(axis=-1) > 4
        assert bright.any()
        assert result.max(axis=-1)[bright].min() > 1
        assert result.max() <= plate.max() * 1.01


def test_results_come_in_order_once_they_are_on_disk(small_shot: SmallShot, tmp_path: Path) -> None:
    seen: list[FrameProgress] = []
    results = []
    for result in render_shot(small_shot.settings(tmp_path, frames="1001-1003"), seen.append):
        assert result.path == out(tmp_path, result.frame)
        read_channels(result.path)
        results.append(result)
    assert [result.frame for result in results] == [1001, 1002, 1003]
    assert not any(result.kept for result in results)
    assert results[0].loss.keys() == {"total", "content", "style", "tv"}
    assert results[1].loss.keys() == {"total", "content", "style", "tv", "temporal"}
    assert all(result.seconds > 0 for result in results)
    assert [progress.frame for progress in seen] == sorted(progress.frame for progress in seen)
    assert {progress.frame for progress in seen if progress.progress.step == progress.progress.steps} == {
        1001,
        1002,
        1003,
    }


def test_the_same_render_gives_the_same_bits(small_shot: SmallShot, rendered: Path, tmp_path: Path) -> None:
    small_shot.render(tmp_path, frames="1001-1002")
    assert differing(rendered, tmp_path, FrameRange(1001, 1002)) == []


def test_temporal_constraint_lowers_the_warping_error(small_shot: SmallShot, tmp_path: Path) -> None:
    errors = {}
    steps: dict[str, Any] = {"optimization__iterations": 8, "optimization__iterations_next": 8}
    for temporal in (True, False):
        folder = tmp_path / str(temporal)
        small_shot.render(folder, temporal=temporal, frames="1001-1003", **steps)
        report = measure_shot(str(folder / "out.####.exr"), small_shot.pattern, lags=(1, 2))
        errors[temporal] = [error.stylized for error in report.warping]
    assert errors[True][0] < 0.7 * errors[False][0]
    assert errors[True][1] < 0.85 * errors[False][1]


def test_without_the_temporal_constraint_a_frame_does_not_depend_on_others(
    small_shot: SmallShot, tmp_path: Path
) -> None:
    small_shot.render(tmp_path / "shot", temporal=False, frames="1001-1002")
    small_shot.render(tmp_path / "alone", temporal=False, frames="1002")
    assert same(read_channels(out(tmp_path / "shot", 1002)), read_channels(out(tmp_path / "alone", 1002)))
    small_shot.render(tmp_path / "chained", frames="1001-1002")
    assert not same(read_channels(out(tmp_path / "shot", 1002)), read_channels(out(tmp_path / "chained", 1002)))


def test_half_the_working_size_gives_frames_of_full_size(small_shot: SmallShot, tmp_path: Path) -> None:
    small_shot.render(tmp_path, scale=0.5, frames="1001-1002")
    plate, result = read_channels(small_shot.path(1002)), read_channels(out(tmp_path, 1002))
    assert {name: values.shape for name, values in result.items()} == {
        name: values.shape for name, values in plate.items()
    }
    assert blur_changes(result) < 0.7 * blur_changes(plate)


def test_styles_blend(small_shot: SmallShot, sample_styles: Path, tmp_path: Path) -> None:
    both = [str(small_shot.style), str(cropped(sample_styles / "ink.png", tmp_path / "ink.png"))]
    styles: dict[str, dict[str, Any]] = {
        "first": {"style__styles": both[:1]},
        "all of the first": {"style__styles": both, "style__weights": [2, 0]},
        "half": {"style__styles": both},
        "second": {"style__styles": both[1:]},
    }
    for name, changes in styles.items():
        small_shot.render(tmp_path / name, frames="1001", **changes)
    assert difference(tmp_path / "first", tmp_path / "all of the first", 1001) < 1e-4
    for end in ("first", "second"):
        assert difference(tmp_path / end, tmp_path / "half", 1001) > 0.01


@pytest.mark.parametrize("style_loss", ["gram", "wasserstein", "sliced"])
@pytest.mark.parametrize("optimizer", ["adam", "lbfgs"])
def test_every_loss_with_every_solver(small_shot: SmallShot, tmp_path: Path, style_loss: str, optimizer: str) -> None:
    results = small_shot.render(
        tmp_path, frames="1001-1002", optimization__style_loss=style_loss, optimization__optimizer=optimizer
    )
    assert [result.frame for result in results] == [1001, 1002]
    for frame in (1001, 1002):
        plate, result = color_of(read_channels(small_shot.path(frame))), color_of(read_channels(out(tmp_path, frame)))
        assert np.abs(to_display(plate) - to_display(result)).mean() > 0.002


def test_cancelling_in_a_frame_keeps_those_before_it(small_shot: SmallShot, tmp_path: Path) -> None:
    def stop(progress: FrameProgress) -> None:
        if progress.frame == 1003:
            raise Cancelled

    with pytest.raises(Cancelled):
        list(render_shot(small_shot.settings(tmp_path), stop))
    assert outputs(tmp_path) == ["out.1001.exr", "out.1002.exr"]
    assert leftovers(tmp_path) == []


def test_frames_before_a_bad_one_are_made_and_reported(small_shot: SmallShot, tmp_path: Path) -> None:
    shot = small_shot.copy(tmp_path / "plate")
    shot.path(1003).write_bytes(b"")
    results = render_shot(shot.settings(tmp_path / "out"))
    assert [next(results).frame, next(results).frame] == [1001, 1002]
    with pytest.raises(InputError, match=r"frame 1003, .*shot\.1003\.exr: is empty"):
        next(results)
    assert outputs(tmp_path / "out") == ["out.1001.exr", "out.1002.exr"]
    assert leftovers(tmp_path) == []

"""Data windows: hosts crop every frame to what it shows, so they move, and shrink to a pixel where there is nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from exr_files import run_child, window
from small_shot import Channels, SmallShot, attributes_of, color_of, is_color, out, read_channels, same, write_channels

from vst_core.flow import read_flow
from vst_core.image import Window
from vst_core.pipeline.fields import write_fields
from vst_core.pipeline.measure import measure_shot
from vst_core.pipeline.windows import coverage, grown, place, resize, resize_flow
from vst_core.settings import FlowSettings

WIDTH, HEIGHT = 80, 45
Box = tuple[int, int, int, int]
MOVING: list[Box] = [(5, 3, 40, 34), (8, 4, 42, 36), (10, 0, 50, 40), (-6, -2, 50, 40)]
SHIFTED: list[Box] = [(5, 3, 44, 36), (9, 3, 44, 36), (14, 6, 44, 36), (18, 8, 44, 36)]
SHRINKING: list[Box] = [(0, 0, 80, 45), (30, 20, 3, 45), (0, 0, 1, 1), (40, 20, 2, 2)]


def crop(channels: Channels, box: Box) -> Channels:
    """The channels on a data window; beyond the picture their outermost pixels are repeated."""
    x, y, width, height = box
    rows = np.clip(np.arange(y, y + height), 0, HEIGHT - 1)
    columns = np.clip(np.arange(x, x + width), 0, WIDTH - 1)
    return {name: values[np.ix_(rows, columns)] for name, values in channels.items()}


def cropped_shot(small_shot: SmallShot, folder: Path, boxes: list[Box], *, still: bool = False) -> SmallShot:
    """The shot with data windows; ``still`` repeats its first picture, opaque, with vectors 0."""
    folder.mkdir()
    shot = SmallShot(folder, small_shot.style, small_shot.weights)
    for frame, box in enumerate(boxes, start=1001):
        channels = read_channels(small_shot.path(1001 if still else frame))
        if still:
            channels |= {name: np.zeros_like(values) for name, values in channels.items() if "Vector" in name}
            channels["ViewLayer.Combined.A"] = np.ones_like(channels["ViewLayer.Combined.A"])
        write_channels(
            shot.path(frame),
            crop(channels, box),
            dataWindow=window(*box),
            displayWindow=window(0, 0, WIDTH, HEIGHT),
        )
    return shot


@pytest.mark.parametrize("scale", [1.0, 0.5])
@pytest.mark.parametrize("boxes", [MOVING, SHRINKING], ids=["moving", "shrinking"])
def test_windows_and_everything_but_the_colour_come_back(
    small_shot: SmallShot, tmp_path: Path, boxes: list[Box], scale: float
) -> None:
    shot = cropped_shot(small_shot, tmp_path / "plate", boxes)
    shot.render(tmp_path / "out", scale=scale)
    for frame in range(1001, 1005):
        plate, result = read_channels(shot.path(frame)), read_channels(out(tmp_path / "out", frame))
        for name in ("dataWindow", "displayWindow"):
            before, after = attributes_of(shot.path(frame))[name], attributes_of(out(tmp_path / "out", frame))[name]
            assert np.array_equal(before, after)
        assert same(*({n: v for n, v in channels.items() if not is_color(n)} for channels in (plate, result)))
        assert np.isfinite(color_of(result)).all()


def test_a_shot_that_shrinks_to_a_pixel_resumes(small_shot: SmallShot, tmp_path: Path) -> None:
    shot = cropped_shot(small_shot, tmp_path / "plate", SHRINKING)
    shot.render(tmp_path / "whole")
    shot.render(tmp_path / "parts", frames="1001-1002")
    shot.render(tmp_path / "parts")
    for frame in range(1001, 1005):
        whole, parts = (read_channels(out(tmp_path / name, frame)) for name in ("whole", "parts"))
        assert same(whole, parts)


def test_the_frame_before_is_found_where_it_lies(small_shot: SmallShot, tmp_path: Path) -> None:
    """Nothing moves but the data window, so the result must not move either."""
    shot = cropped_shot(small_shot, tmp_path / "plate", SHIFTED, still=True)
    steps: dict[str, Any] = {"optimization__iterations": 8, "optimization__iterations_next": 1}
    shot.render(tmp_path / "out", frames="1001-1002", **steps)
    plate, first, second = (
        np.clip(color_of(read_channels(path)), 0, 1) ** (1 / 2.2)
        for path in (shot.path(1001), out(tmp_path / "out", 1001), out(tmp_path / "out", 1002))
    )
    step = SHIFTED[1][0] - SHIFTED[0][0]
    assert np.abs(second[:, :-step] - first[:, step:]).mean() < 0.4 * np.abs(first - plate).mean()


@pytest.mark.parametrize("source", ["vectors", "dis"])
def test_flow_of_a_still_shot_is_0_however_its_windows_move(small_shot: SmallShot, tmp_path: Path, source: str) -> None:
    shot = cropped_shot(small_shot, tmp_path / "plate", SHIFTED, still=True)
    list(write_fields(shot.pattern, str(tmp_path / "b.####.flo"), flow=FlowSettings(source=source)))
    for frame, (_, _, width, height) in enumerate(SHIFTED[1:], start=1002):
        flow = read_flow(tmp_path / f"b.{frame}.flo")[0]
        assert flow.shape == (1, 2, height, width)
        assert float(flow[..., 12:24, 12:24].abs().max()) < 0.05


@pytest.mark.parametrize("boxes", [SHIFTED, MOVING, SHRINKING], ids=["shifted", "moving", "shrinking"])
@pytest.mark.parametrize("source", ["vectors", "none"])
def test_a_still_shot_has_no_warping_error_however_its_windows_move(
    small_shot: SmallShot, tmp_path: Path, boxes: list[Box], source: str
) -> None:
    shot = cropped_shot(small_shot, tmp_path / "plate", boxes, still=True)
    report = measure_shot(shot.pattern, shot.pattern, flow=FlowSettings(source=source), lags=(1, 2, 3))
    for error in report.warping:
        assert error.stylized == pytest.approx(0, abs=1e-3)
        assert error.source == pytest.approx(0, abs=1e-3)
    assert all(0 < error.valid < 1 for error in report.warping[:1])


def test_a_low_wide_picture_does_not_crash_the_judgement_of_vectors() -> None:
    code = """
        import numpy as np, torch
        from vst_core.flow.agreement import judge_vectors
        for height, width in ((16, 80), (24, 480), (3, 100), (50, 1920), (1, 1)):
            pictures = np.random.default_rng(0).integers(0, 255, (2, height, width), dtype=np.uint8)
            for _ in range(5):
                judge_vectors(*pictures, torch.zeros(1, 2, height, width))
        print("alive")
    """
    child = run_child(code)
    assert (child.returncode, child.stdout) == (0, "alive\n"), child.stderr


def test_place_cuts_and_pads() -> None:
    image = torch.arange(1.0, 13.0).reshape(1, 1, 3, 4)
    placed = place(image, Window(2, 5, 4, 3), Window(1, 6, 4, 3))
    assert placed[0, 0].tolist() == [[0, 5, 6, 7], [0, 9, 10, 11], [0, 0, 0, 0]]
    assert place(image, Window(2, 5, 4, 3), Window(2, 5, 4, 3)) is image
    halved = place(image, Window(0, 0, 8, 6), Window(2, 2, 8, 6), (0.5, 0.5))
    assert halved[0, 0].tolist() == [[6, 7, 8, 0], [10, 11, 12, 0], [0, 0, 0, 0]]
    assert place(image, Window(2, 5, 4, 3), Window(90, 5, 2, 1))[0, 0].tolist() == [[0, 0]]
    covered = coverage(Window(0, 0, 2, 1), Window(-1, 0, 3, 2))
    assert covered[0, 0].tolist() == [[0, 1, 1], [0, 0, 0]]
    assert grown(Window(-3, 7, 1, 40), 32) == Window(-3, 7, 32, 40)


def test_resized_flow_is_in_pixels_of_the_result() -> None:
    flow = torch.tensor([4.0, -2.0]).view(1, 2, 1, 1).expand(1, 2, 20, 40)
    assert torch.allclose(resize_flow(flow, (10, 10)), torch.tensor([1.0, -1.0]).view(1, 2, 1, 1))
    assert resize(torch.rand(1, 3, 9, 9), (30, 30)).max() <= 1


@pytest.mark.parametrize("size", [(16, 64), (5, 21)])
def test_a_resized_picture_stays_in_its_place(size: tuple[int, int]) -> None:
    def ramp(width: int) -> torch.Tensor:
        return (torch.arange(width) + 0.5) / width

    resized = resize(ramp(32).expand(1, 1, 8, 32), size)
    assert torch.allclose(resized[..., 5:-5], ramp(size[1])[5:-5], atol=2e-3)

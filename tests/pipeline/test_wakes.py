"""Something passes before a picture: of the outlines that a network painted beside it, little stays behind."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from flow_scenes import grid, pattern
from numpy.typing import NDArray
from panning_shot import reader_of
from small_shot import SmallShot, looks, write_channels
from torch import Tensor

from vst_core.flow import write_flo
from vst_core.pipeline import motions
from vst_core.pipeline.motion_source import open_motion
from vst_core.pipeline.motions import FarMotions, Motions
from vst_core.pipeline.views import SmallViews, Views
from vst_core.settings import FlowSettings

FIRST, LAST = 1001, 1024
HEIGHT, WIDTH = 64, 208
STEP, START, BAR = 4, 16, 24
NETWORK = {"method": "feedforward", "network": "fast", "style": {"styles": ["oil"]}}


def bar(frame: int) -> NDArray[np.bool_]:
    """(H, W)."""
    x, _ = grid(HEIGHT, WIDTH)
    left = START + STEP * (frame - FIRST)
    inside: NDArray[np.bool_] = ((x >= left) & (x < left + BAR)).numpy()
    return inside


def write(folder: Path, frame: int, there: NDArray[np.bool_]) -> None:
    x, y = grid(HEIGHT, WIDTH)
    moved = STEP * (frame - FIRST)
    picture = torch.where(torch.from_numpy(there), pattern(x - moved, y, 1), pattern(x / 2, y / 2, 2))
    linear = (0.02 + 0.4 * picture[0]).numpy()
    color = {f"ViewLayer.Combined.{name}": values for name, values in zip("RGB", linear, strict=True)}
    speed = np.where(there, np.float32(-STEP), np.float32(0))
    vectors = {f"ViewLayer.Vector.{axis}": speed * np.float32(axis in "XZ") for axis in "XYZW"}
    write_channels(folder / f"shot.{frame}.exr", color | vectors)


@pytest.fixture(scope="module")
def shots(tmp_path_factory: pytest.TempPathFactory, small_shot: SmallShot) -> dict[str, SmallShot]:
    """With the bar, and one frame without."""
    folders = {name: tmp_path_factory.mktemp(name) for name in ("passing", "behind")}
    for frame in range(FIRST, LAST + 1):
        write(folders["passing"], frame, bar(frame))
    write(folders["behind"], FIRST, np.zeros((HEIGHT, WIDTH), bool))
    return {name: SmallShot(folder, small_shot.style, small_shot.weights) for name, folder in folders.items()}


def left_behind(shots: dict[str, SmallShot], folder: Path, **changes: Any) -> float:
    """How much the paint where the bar was differs from that of a picture in which it never was."""
    shots["behind"].render(folder / "behind", **NETWORK, frames=str(FIRST))
    shots["passing"].render(folder / "passing", **NETWORK, frames=f"{FIRST}-{LAST}", **changes)
    was = np.any([bar(frame) for frame in range(FIRST, LAST + 1)], axis=0)
    was[:, START + STEP * (LAST - FIRST) - 16 :] = False  # and is no longer beside
    difference = looks(folder / "passing", LAST) - looks(folder / "behind", FIRST)
    return float(np.abs(difference)[was].mean())


@pytest.mark.parametrize("flow", ["vectors", "files"])
def test_outlines_do_not_stay_behind(
    shots: dict[str, SmallShot], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, flow: str
) -> None:
    source = {"flow": flow_files(tmp_path)} if flow == "files" else {}
    usual = left_behind(shots, tmp_path / "usual", **source)
    monkeypatch.setattr(motions, "outside_wake", lambda _last, _first, flow, _painted: torch.ones_like(flow[:, :1]))
    trusted = left_behind(shots, tmp_path / "trusted", **source)
    assert usual < 0.8 * trusted, (usual, trusted)


def flow_files(folder: Path) -> dict[str, str]:
    """What the vectors say, as files."""
    for frame in range(FIRST, LAST + 1):
        flow = torch.from_numpy(bar(frame)) * torch.tensor([-float(STEP), 0.0]).view(1, 2, 1, 1)
        write_flo(folder / f"backward.{frame}.flo", flow)
        write_flo(folder / f"forward.{frame}.flo", -flow)
    return {"source": str(folder / "backward.####.flo"), "forward": str(folder / "forward.####.flo")}


@pytest.mark.parametrize("lag", [4, 1, -1, -4])
def test_a_wake_is_as_wide_in_smaller_frames(shots: dict[str, SmallShot], lag: int) -> None:
    flow = FlowSettings()
    whole = Views(reader_of(str(shots["passing"].folder / "shot.####.exr"), flow))
    near = Motions(whole, open_motion(flow), flow)
    far = FarMotions(SmallViews(whole, 2), near, open_motion(flow), flow, painted=2)
    outside, expected = far.seen_outside_wakes(1012, lag).valid, near.seen_outside_wakes(1012, lag).valid
    assert float((outside - expected).abs().mean()) < 0.02
    assert float((near.seen(1012, lag).valid - expected).mean()) > 0.03


def test_an_optimisation_holds_what_it_painted(
    shots: dict[str, SmallShot], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> Tensor:
        raise AssertionError

    monkeypatch.setattr(motions, "outside_wake", refuse)
    assert len(shots["passing"].render(tmp_path, frames=f"{FIRST}-{FIRST + 1}")) == 2

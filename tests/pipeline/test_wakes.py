"""Something passes before a picture: of the outlines that a network painted beside it, little stays behind."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from panning_shot import reader_of
from passing_shot import Passing
from small_shot import SmallShot, looks
from torch import Tensor

from vst_core import FrameRange
from vst_core.flow import write_flo
from vst_core.pipeline import motions
from vst_core.pipeline.motion_source import open_motion
from vst_core.pipeline.motions import FarMotions, Motions
from vst_core.pipeline.views import SmallViews, Views
from vst_core.settings import FlowSettings

FRAMES = FrameRange(1001, 1024)
PASSING = Passing(FRAMES, 64, 208, step=4, bar=24, start=16, behind=2)
NETWORK = {"method": "feedforward", "network": "fast", "style": {"styles": ["oil"]}}


@pytest.fixture(scope="module")
def shots(tmp_path_factory: pytest.TempPathFactory, small_shot: SmallShot) -> dict[str, SmallShot]:
    """With the bar, and one frame without."""
    folders = {name: tmp_path_factory.mktemp(name) for name in ("passing", "behind")}
    PASSING.write(folders["passing"])
    replace(PASSING, bar=0, frames=FrameRange(FRAMES.first, FRAMES.first)).write(folders["behind"])
    return {name: SmallShot(folder, small_shot.style, small_shot.weights) for name, folder in folders.items()}


def left_behind(shots: dict[str, SmallShot], folder: Path, **changes: Any) -> float:
    """How much the paint where the bar was differs from that of a picture in which it never was."""
    shots["behind"].render(folder / "behind", **NETWORK, frames=str(FRAMES.first))
    shots["passing"].render(folder / "passing", **NETWORK, frames=str(FRAMES), **changes)
    was = np.any([PASSING.is_bar(frame) for frame in FRAMES], axis=0)
    was[:, np.flatnonzero(PASSING.is_bar(FRAMES.last)[0])[0] - 16 :] = False  # and is no longer beside
    difference = looks(folder / "passing", FRAMES.last) - looks(folder / "behind", FRAMES.first)
    return float(np.abs(difference)[was].mean())


@pytest.mark.parametrize("flow", ["vectors", "files"])
def test_outlines_do_not_stay_behind(
    shots: dict[str, SmallShot], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, flow: str
) -> None:
    source = {"flow": flow_files(tmp_path)} if flow == "files" else {}
    usual = left_behind(shots, tmp_path / "usual", **source)
    monkeypatch.setattr(motions, "outside_wake", lambda _now, _then, flow: torch.ones_like(flow[:, :1]))
    trusted = left_behind(shots, tmp_path / "trusted", **source)
    assert usual < 0.8 * trusted, (usual, trusted)


def flow_files(folder: Path) -> dict[str, str]:
    """What the vectors say, as files."""
    for frame in FRAMES:
        flow = torch.from_numpy(PASSING.is_bar(frame)) * torch.tensor([-float(PASSING.step), 0.0]).view(1, 2, 1, 1)
        write_flo(folder / f"backward.{frame}.flo", flow)
        write_flo(folder / f"forward.{frame}.flo", -flow)
    return {"source": str(folder / "backward.####.flo"), "forward": str(folder / "forward.####.flo")}


@pytest.mark.parametrize("lag", [4, 1, -1, -4])
def test_a_wake_is_as_wide_in_smaller_frames(shots: dict[str, SmallShot], lag: int) -> None:
    flow = FlowSettings()
    whole = Views(reader_of(str(shots["passing"].folder / "shot.####.exr"), flow))
    near = Motions(whole, open_motion(flow), flow)
    far = FarMotions(SmallViews(whole, 2), near, open_motion(flow), flow)
    outside, expected = far.seen_outside_wakes(1012, lag).valid, near.seen_outside_wakes(1012, lag).valid
    assert float((outside - expected).abs().mean()) < 0.02
    assert float((near.seen(1012, lag).valid - expected).mean()) > 0.03


def test_an_optimisation_holds_what_it_painted(
    shots: dict[str, SmallShot], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> Tensor:
        raise AssertionError

    monkeypatch.setattr(motions, "outside_wake", refuse)
    assert len(shots["passing"].render(tmp_path, frames=f"{FRAMES.first}-{FRAMES.first + 1}")) == 2

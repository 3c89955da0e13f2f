"""A shot through a network: what changes, what is carried from frame to frame, and how a stopped render goes on."""

from __future__ import annotations

import json
import signal
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from exr_files import start_child
from numpy.typing import NDArray
from small_network import KEEPS, STYLES, network_command, with_network, write_random_network
from small_shot import (
    COMMAND_LINE,
    SHOT,
    SmallShot,
    attributes_of,
    color_of,
    copy_of,
    difference,
    differing,
    is_color,
    leftovers,
    out,
    outputs,
    read_channels,
    same,
    snapshot,
    wait_for,
)

from vst_core import OutputError, RenderSettings, read_frame, render_shot
from vst_core.color.curve import curve
from vst_core.errors import SettingsError
from vst_core.frame_io import write_frame
from vst_core.pipeline.measure import measure_shot
from vst_core.pipeline.render import FrameProgress


def display(folder: Path, frame: int) -> NDArray[np.float32]:
    """(H, W, 3), a result as the network made it."""
    return curve(np.ascontiguousarray(color_of(read_channels(out(folder, frame)))))


def test_only_the_colour_changes(small_shot: SmallShot, painted: Path) -> None:
    assert outputs(painted) == [f"out.{frame}.exr" for frame in SHOT]
    for frame in SHOT:
        plate, result = read_channels(small_shot.path(frame)), read_channels(out(painted, frame))
        others = {name for name in plate if not is_color(name)}
        assert {name.split(".")[1] for name in others} == {"Combined", "CryptoObject00", "Depth", "Vector"}
        assert same({name: plate[name] for name in others}, {name: result[name] for name in others})
        assert [result[name].dtype for name in plate] == [plate[name].dtype for name in plate]
        assert np.abs(display(painted, frame) - curve(color_of(plate))).mean() > 0.05
        given, found = attributes_of(small_shot.path(frame)), attributes_of(out(painted, frame))
        assert {name: found[name] for name in ("Scene", "take")} == {name: given[name] for name in ("Scene", "take")}
        made = RenderSettings.of(json.loads(found["vst:settings"]))
        assert (made.method, made.style.styles) == ("feedforward", STYLES[:1])


def test_progress_goes_by_layers_and_there_is_no_loss(
    small_shot: SmallShot, small_network: Path, tmp_path: Path
) -> None:
    seen: list[FrameProgress] = []
    results = list(render_shot(small_shot.settings(tmp_path, **with_network(small_network)), seen.append))
    assert [(result.frame, result.loss) for result in results] == [(frame, {}) for frame in SHOT]
    steps = [(frame, step) for frame in SHOT for step in range(1, 13)]
    assert [(progress.frame, progress.progress.step) for progress in seen] == steps


def test_a_kill_could_cost_one_finished_frame(
    small_shot: SmallShot, small_network: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However slow the disk: while a frame is made, all before it have their names, but for the last."""

    def write_slowly(path: Path, *arguments: Any, **options: Any) -> None:
        time.sleep(0.1)
        write_frame(path, *arguments, **options)

    unwritten: list[int] = []

    def look(progress: FrameProgress) -> None:
        unwritten.append(progress.frame - SHOT.first - len(outputs(tmp_path)))

    monkeypatch.setattr("vst_core.pipeline.writer.write_frame", write_slowly)
    list(render_shot(small_shot.settings(tmp_path, **with_network(small_network)), look))
    assert max(unwritten) == 1


@pytest.mark.parametrize("frames", [1, 3])
def test_a_render_closed_after_some_frames_goes_on(
    small_shot: SmallShot, small_network: Path, painted: Path, tmp_path: Path, frames: int
) -> None:
    results = render_shot(small_shot.settings(tmp_path, **with_network(small_network)))
    for _ in range(frames):
        next(results)
    results.close()  # type: ignore[attr-defined]  # it is a generator
    done = outputs(tmp_path)
    again = small_shot.render(tmp_path, **with_network(small_network))
    assert [result.path.name for result in again if result.kept] == done
    assert differing(painted, tmp_path, SHOT) == []
    assert leftovers(tmp_path) == []


def test_a_killed_render_goes_on_to_the_same_bits(
    small_shot: SmallShot, small_network: Path, painted: Path, tmp_path: Path
) -> None:
    with start_child(COMMAND_LINE, *network_command(small_shot, small_network, tmp_path, "--json")) as child:
        wait_for(child, "progress")
        child.kill()
    assert child.returncode == -signal.SIGKILL
    for name in outputs(tmp_path):
        read_frame(tmp_path / name)
    small_shot.render(tmp_path, **with_network(small_network))
    assert differing(painted, tmp_path, SHOT) == []
    assert leftovers(tmp_path) == []


def test_a_tile_gives_the_same_frames_and_goes_on_with_old_ones(
    small_shot: SmallShot, small_network: Path, painted: Path, tmp_path: Path
) -> None:
    tiled = with_network(small_network, tile=16)
    folder = copy_of(painted, tmp_path / "old")
    before = snapshot(folder)
    assert all(result.kept for result in small_shot.render(folder, **tiled))
    assert snapshot(folder) == before
    out(folder, 1004).unlink()
    assert [result.kept for result in small_shot.render(folder, **tiled)] == [True, True, True, False]
    small_shot.render(tmp_path / "new", **tiled)
    for made in (folder, tmp_path / "new"):
        for frame in SHOT:
            assert np.abs(display(made, frame) - display(painted, frame)).max() < 1e-3


def test_what_was_visible_before_is_carried_along_the_hosts_vectors(
    small_shot: SmallShot, painted: Path, small_network: Path, tmp_path: Path
) -> None:
    small_shot.render(tmp_path / "alone", **with_network(small_network, temporal=False))
    small_shot.render(tmp_path / "still", **with_network(small_network, flow__source="none"))
    assert same(read_channels(out(tmp_path / "alone", 1001)), read_channels(out(painted, 1001)))
    for other in ("alone", "still"):
        assert difference(tmp_path / other, painted, 1003) > 0.01
    keeping = write_random_network(tmp_path / "keeping.safetensors", gate=KEEPS)
    small_shot.render(tmp_path / "kept", **with_network(keeping))
    flicker = {}
    for name in ("alone", "kept"):
        report = measure_shot(str(tmp_path / name / "out.####.exr"), small_shot.pattern, lags=(1,))
        flicker[name] = report.warping[0].stylized
    assert flicker["kept"] < 0.4 * flicker["alone"]


def test_a_scale_gives_frames_of_full_size(small_shot: SmallShot, small_network: Path, tmp_path: Path) -> None:
    small_shot.render(tmp_path, **with_network(small_network, scale=0.5, frames="1001-1002"))
    for frame in (1001, 1002):
        plate, result = read_channels(small_shot.path(frame)), read_channels(out(tmp_path, frame))
        assert {name: each.shape for name, each in result.items()} == {name: each.shape for name, each in plate.items()}


def test_the_same_network_elsewhere_is_the_same_render(
    small_shot: SmallShot, small_network: Path, painted: Path, tmp_path: Path
) -> None:
    folder = copy_of(painted, tmp_path / "out")
    moved = tmp_path / "moved.safetensors"
    moved.write_bytes(small_network.read_bytes())
    assert all(result.kept for result in small_shot.render(folder, **with_network(moved)))
    assert differing(painted, folder, SHOT) == []


def test_another_network_or_style_is_another_render(
    small_shot: SmallShot, small_network: Path, painted: Path, tmp_path: Path
) -> None:
    folder = copy_of(painted, tmp_path / "out")
    before = snapshot(folder)
    retrained = tmp_path / small_network.name
    write_random_network(retrained, seed=2)
    for changes in (
        with_network(retrained),
        with_network(small_network, style__styles=list(STYLES[1:])),
        with_network(small_network, style__styles=list(STYLES)),
        with_network(small_network, strength=0.5),
    ):
        with pytest.raises(OutputError, match="was made with different settings"):
            small_shot.render(folder, **changes)
    assert snapshot(folder) == before


def test_styles_differ_and_a_mixture_lies_between(
    small_shot: SmallShot, small_network: Path, painted: Path, tmp_path: Path
) -> None:
    one: dict[str, Any] = {"frames": "1001"}
    small_shot.render(tmp_path / "second", **with_network(small_network, style__styles=list(STYLES[1:]), **one))
    both = with_network(small_network, style__styles=list(STYLES), style__weights=[2, 2], **one)
    small_shot.render(tmp_path / "both", **both)
    apart = difference(painted, tmp_path / "second", 1001)
    assert apart > 0.02
    assert difference(painted, tmp_path / "both", 1001) < apart
    assert difference(tmp_path / "second", tmp_path / "both", 1001) < apart


def test_an_unknown_style_writes_nothing(small_shot: SmallShot, small_network: Path, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="has no style 'oil'; it has dots, bars"):
        small_shot.render(tmp_path / "out", **with_network(small_network, style__styles=["oil"]))
    assert list(tmp_path.iterdir()) == []

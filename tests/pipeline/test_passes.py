"""A shot is gone over several times, forward and backward in turn, and however it is stopped the bits are the same."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from exr_files import start_child
from shot_settings import changed
from small_shot import COMMAND_LINE, Outcome, SmallShot, copy_of, differing, looks, out, read_channels, write_channels

from vst_core import FrameRange, OutputError, RenderSettings, SettingsError, render_shot
from vst_core.errors import Cancelled, ExitCode
from vst_core.pipeline.cache import RenderCache
from vst_core.pipeline.result import FrameProgress
from vst_core.settings import OptimizationSettings

SHOT = FrameRange(1001, 1003)
PASSES: dict[str, Any] = {
    "frames": str(SHOT),
    "optimization": {"iterations": 2, "iterations_next": 3, "scales": 1},
    "passes": 3,
}
ONCE: dict[str, Any] = {**PASSES, "passes": 1}
CACHE = RenderCache()
TWICE: dict[str, Any] = {**PASSES, "passes": 2}


@pytest.fixture(scope="module")
def painted(tmp_path_factory: pytest.TempPathFactory, small_shot: SmallShot) -> Path:
    """Folder of an undisturbed render, to be left as it is."""
    folder = tmp_path_factory.mktemp("painted")
    visits(small_shot, folder, **PASSES)
    return folder


def kept_passes(folder: Path) -> dict[str, list[int]]:
    """The frames of each pass that lies on disk."""
    found = sorted((folder / ".out.vst").glob("pass-*"))
    return {path.name: sorted(int(each.stem) for each in path.iterdir()) for path in found}


def stop_at(number: int, frame: int) -> Callable[[FrameProgress], None]:
    def stop(progress: FrameProgress) -> None:
        assert progress.passes == 3
        if (progress.number, progress.frame) == (number, frame):
            raise Cancelled

    return stop


def visits(small_shot: SmallShot, folder: Path, **changes: Any) -> list[tuple[int, int]]:
    """Render; which frames it works on, in which pass, in this order."""
    seen: dict[tuple[int, int], None] = {}
    settings = small_shot.settings(folder, **changes)
    list(render_shot(settings, lambda progress: seen.setdefault((progress.number, progress.frame)), CACHE))
    return list(seen)


def test_passes_go_forward_and_backward_and_end_forward(small_shot: SmallShot, tmp_path: Path) -> None:
    up, down = list(SHOT), list(SHOT)[::-1]
    expected = [(number, frame) for number, frames in enumerate((up, down, up), start=1) for frame in frames]
    assert visits(small_shot, tmp_path / "three", **PASSES) == expected
    expected = [(number, frame) for number, frames in enumerate((down, up), start=1) for frame in frames]
    assert visits(small_shot, tmp_path / "two", **TWICE) == expected
    assert kept_passes(tmp_path / "three") == {"pass-2": list(SHOT)}


def test_what_comes_later_is_seen_earlier(small_shot: SmallShot, tmp_path: Path) -> None:
    """Once over, a frame knows nothing of those after it; a pass that goes backward tells it."""
    other = small_shot.copy(tmp_path / "plate")
    channels = read_channels(other.path(SHOT.last))
    color = {name: values * np.float16(0.5) for name, values in channels.items() if name.endswith((".R", ".G", ".B"))}
    write_channels(other.path(SHOT.last), channels | color)
    for name, changes, same in (("once", ONCE, True), ("twice", TWICE, False)):
        visits(small_shot, tmp_path / name, **changes)
        visits(other, tmp_path / f"{name}-other", **changes)
        before = SHOT.last - 1
        assert np.array_equal(looks(tmp_path / name, before), looks(tmp_path / f"{name}-other", before)) == same


@pytest.mark.parametrize(("number", "frame"), [(1, 1002), (2, 1003), (2, 1001), (3, 1001), (3, 1003)])
def test_a_render_that_was_stopped_in_any_pass_goes_on(
    small_shot: SmallShot, painted: Path, tmp_path: Path, number: int, frame: int
) -> None:
    with pytest.raises(Cancelled):
        list(render_shot(small_shot.settings(tmp_path, **PASSES), stop_at(number, frame), CACHE))
    assert visits(small_shot, tmp_path, **PASSES)[0] == (number, frame)
    assert differing(painted, tmp_path, SHOT) == []
    assert kept_passes(tmp_path) == {"pass-2": list(SHOT)}


def test_a_render_that_was_killed_in_the_middle_goes_on(small_shot: SmallShot, painted: Path, tmp_path: Path) -> None:
    command = small_shot.command(
        tmp_path, "--json", "--iterations", 2, "--iterations-next", 3, "--passes", 3, frames=str(SHOT)
    )
    with start_child(COMMAND_LINE, *command) as child:
        assert child.stdout is not None
        next((line for line in child.stdout if json.loads(line).get("pass") == 2), None)
        child.kill()
    assert child.returncode == -signal.SIGKILL
    assert visits(small_shot, tmp_path, **PASSES)[0][0] >= 2
    assert differing(painted, tmp_path, SHOT) == []


def test_a_frame_that_was_lost_is_made_again_and_no_other(small_shot: SmallShot, painted: Path, tmp_path: Path) -> None:
    folder = copy_of(painted, tmp_path / "out")
    out(folder, 1003).unlink()
    assert visits(small_shot, folder, **PASSES) == [(3, 1003)]
    assert differing(painted, folder, SHOT) == []


def test_what_is_damaged_or_removed_of_an_earlier_pass_is_made_again(
    small_shot: SmallShot, painted: Path, tmp_path: Path
) -> None:
    folder = copy_of(painted, tmp_path / "out")
    out(folder, 1003).unlink()
    state = folder / ".out.vst" / "pass-2" / "1002.safetensors"
    state.write_bytes(state.read_bytes()[:-1])
    assert visits(small_shot, folder, **PASSES)[0] == (1, 1001)
    assert differing(painted, folder, SHOT) == []


def test_no_pass_reaches_across_a_cut(small_shot: SmallShot, tmp_path: Path) -> None:
    """The frames before a cut are those of a shot that ends there."""
    visits(small_shot, tmp_path / "whole", **PASSES, cuts="1003", lags="1,2")
    visits(small_shot, tmp_path / "part", **{**PASSES, "frames": "1001-1002"}, cuts="none", lags="1")
    for frame in (1001, 1002):
        assert np.array_equal(looks(tmp_path / "whole", frame), looks(tmp_path / "part", frame))


def test_another_end_is_another_render(small_shot: SmallShot, painted: Path, tmp_path: Path) -> None:
    """Every frame was made with those up to the end in view."""
    folder = copy_of(painted, tmp_path / "out")
    with pytest.raises(OutputError, match="was made with different settings"):
        small_shot.render(folder, **{**PASSES, "frames": "1001-1004"})


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (("--passes", 0), "passes: Input should be greater than or equal to 1"),
        (("--passes", 4, "--iterations-next", 3), "4 passes cannot share 3 steps; raise iterations_next"),
        (("--passes", 2, "--no-temporal"), "several passes carry results from frame to frame"),
        (("--passes", 2, "--chunk", "1002-1003"), "a chunk of it cannot be made by itself"),
        (("--passes", 2, "--flow", "b.####.flo"), "name the forward flow files by --flow-forward"),
    ],
)
def test_passes_that_cannot_be(
    vst: Any, small_shot: SmallShot, tmp_path: Path, options: tuple[object, ...], complaint: str
) -> None:
    said: Outcome = vst(*small_shot.command(tmp_path, *options))
    assert said.code == ExitCode.USAGE
    assert complaint in said.err
    assert said.err.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_passes_share_the_steps_of_an_optimisation_alone() -> None:
    """A network's frames have nothing to share."""
    few = {"passes": 10, "optimization": {"iterations_next": 9}}
    with pytest.raises(SettingsError, match="cannot share"):
        RenderSettings.of(changed(**few))
    assert RenderSettings.of(changed(**few, method="feedforward")).passes == 10
    options = OptimizationSettings(iterations_next=8)
    assert [options.steps_in(number, 3) for number in (1, 2, 3)] == [3, 3, 2]


@pytest.mark.parametrize("flow", [{"source": "b.####.flo", "forward": "f.####.flo"}, {"source": "b.####.exr"}])
def test_passes_take_flow_files_of_both_directions_and_vectors(flow: dict[str, str]) -> None:
    assert RenderSettings.of(changed(passes=2, flow=flow)).passes == 2

"""Results of several earlier frames are looked at: what comes back looks as it did, however the render was stopped."""

from __future__ import annotations

import signal
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from exr_files import start_child
from passing_shot import FRAMES, comes_back, write_passing_shot
from shot_settings import changed
from small_network import KEEPS, network_command, with_network, write_random_network
from small_shot import COMMAND_LINE, SHOT, Outcome, SmallShot, copy_of, differing, looks, out, wait_for
from torch import Tensor

from vst_core import FrameRange, InputError, RenderSettings, SettingsError, check_shot, render_shot
from vst_core.errors import ExitCode
from vst_core.methods import Optimization, Prior

LAGS = "1,3"


@pytest.fixture(scope="module")
def painted(tmp_path_factory: pytest.TempPathFactory, small_shot: SmallShot, small_network: Path) -> Path:
    """Folder of an undisturbed render, to be left as it is."""
    folder = tmp_path_factory.mktemp("painted")
    small_shot.render(folder, **with_network(small_network, lags=LAGS))
    return folder


def test_what_comes_back_looks_as_it_did(small_shot: SmallShot, tmp_path: Path) -> None:
    """Behind a bar, for two frames; the network keeps what it may, and paints every frame in another way."""
    write_passing_shot(tmp_path / "plate")
    shot = SmallShot(tmp_path / "plate", small_shot.style, small_shot.weights)
    network = write_random_network(tmp_path / "keeps.safetensors", gate=KEEPS)
    away = {}
    for lags in ("1", "1,2,3"):
        folder = tmp_path / lags
        shot.render(folder, **with_network(network, frames=str(FrameRange(FRAMES.first, 1004)), lags=lags))
        first = tmp_path / "first"
        shot.render(first, **with_network(network, frames=str(FrameRange(FRAMES.first, FRAMES.first))))
        hidden = comes_back(1004)
        away[lags] = float(np.abs(looks(folder, 1004) - looks(first, FRAMES.first))[hidden].mean())
    assert away["1,2,3"] < 0.5 * away["1"]


def test_a_render_looks_back_no_further_than_it_is_told(
    small_shot: SmallShot, small_network: Path, painted: Path, tmp_path: Path
) -> None:
    small_shot.render(tmp_path, **with_network(small_network, lags="1"))
    assert differing(painted, tmp_path, SHOT) == list(SHOT)  # they are different renders


def test_networks_remember_by_themselves(small_shot: SmallShot, small_network: Path, tmp_path: Path) -> None:
    """Also in a shot that is shorter than they look back."""
    assert len(small_shot.render(tmp_path / "short", **with_network(small_network))) == len(SHOT)
    write_passing_shot(tmp_path / "plate")
    shot = SmallShot(tmp_path / "plate", small_shot.style, small_shot.weights)
    for name, changes in {"default": {}, "1,5": {"lags": "1,5"}, "1": {"lags": "1"}}.items():
        shot.render(tmp_path / name, **with_network(small_network, frames=str(FRAMES), **changes))
    assert np.array_equal(looks(tmp_path / "default", 1006), looks(tmp_path / "1,5", 1006))
    assert not np.array_equal(looks(tmp_path / "default", 1006), looks(tmp_path / "1", 1006))
    draft = {"chunk": "1006", "preroll": 5}
    shot.render(tmp_path / "draft", **with_network(small_network, frames=str(FRAMES), **draft))
    assert np.array_equal(looks(tmp_path / "draft", 1006), looks(tmp_path / "1", 1006))


def test_optimisation_is_bound_to_several_as_much_as_to_each(
    small_shot: SmallShot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bound, stylize = list[float](), Optimization.stylize

    def look(self: Optimization, content: Tensor, prior: Prior | None, on_progress: Any) -> Tensor:
        bound.append(0 if prior is None else float(prior.weight.max()))
        return stylize(self, content, prior, on_progress)

    monkeypatch.setattr(Optimization, "stylize", look)
    for long_term in ("nearest", "mean"):
        small_shot.render(tmp_path / long_term, lags="1,2,3", optimization__long_term=long_term)
    assert bound == [0, 1, 1, 1, 0, 1, 2, 3]


@pytest.mark.parametrize("frames", [1, 2, 3])
def test_a_render_that_was_stopped_goes_on(
    small_shot: SmallShot, small_network: Path, painted: Path, tmp_path: Path, frames: int
) -> None:
    settings = small_shot.settings(tmp_path, **with_network(small_network, lags=LAGS))
    with closing(render_shot(settings)) as results:  # type: ignore[type-var]  # it is a generator
        for _ in range(frames):
            next(results)
    small_shot.render(tmp_path, **with_network(small_network, lags=LAGS))
    assert differing(painted, tmp_path, SHOT) == []


def test_a_killed_render_goes_on(small_shot: SmallShot, small_network: Path, painted: Path, tmp_path: Path) -> None:
    command = network_command(small_shot, small_network, tmp_path, "--json", "--lags", LAGS)
    with start_child(COMMAND_LINE, *command) as child:
        wait_for(child, "frame")
        child.kill()
    assert child.returncode == -signal.SIGKILL
    small_shot.render(tmp_path, **with_network(small_network, lags=LAGS))
    assert differing(painted, tmp_path, SHOT) == []


@pytest.mark.parametrize("chunks", [["1001", "1002", "1003", "1004"], ["1001-1003", "1004"]])
def test_exact_chunks_are_the_whole_shot(
    small_shot: SmallShot, small_network: Path, painted: Path, tmp_path: Path, chunks: list[str]
) -> None:
    for chunk in chunks:
        small_shot.render(tmp_path, **with_network(small_network, lags=LAGS, chunk=chunk))
    assert differing(painted, tmp_path, SHOT) == []


def test_a_chunk_needs_every_state_that_it_looks_back_to(
    small_shot: SmallShot, small_network: Path, painted: Path, tmp_path: Path
) -> None:
    changes = with_network(small_network, lags=LAGS, chunk="1004")
    folder = copy_of(painted, tmp_path / "out")
    out(folder, 1004).unlink()
    (folder / ".out.vst" / "1002.safetensors").unlink()
    message = "the state of frame 1002 is missing"
    with pytest.raises(InputError, match=message):
        small_shot.render(folder, **changes)
    assert [message in str(complaint) for complaint in check_shot(small_shot.settings(folder, **changes))] == [True]


def test_no_lag_reaches_across_a_cut(small_shot: SmallShot, small_network: Path, tmp_path: Path) -> None:
    for lags in ("1", "1,2,3"):
        small_shot.render(tmp_path / lags, **with_network(small_network, lags=lags, cuts="1003"))
    for frame in (1003, 1004):
        assert np.array_equal(looks(tmp_path / "1", frame), looks(tmp_path / "1,2,3", frame))


@pytest.mark.parametrize(
    ("lags", "complaint"),
    [
        ("0", "'0' is not a list of lags; give whole numbers from 1 to 1000, for example 1,2,4"),
        ("1,two", "'1,two' is not a list of lags"),
        ("", "'' is not a list of lags"),
        ("1,4", "lags: a lag of 4 does not fit a shot of 4 frames; give lags from 1 to 3"),
    ],
)
def test_lags_that_are_none_or_reach_too_far(
    vst: Any, small_shot: SmallShot, small_network: Path, tmp_path: Path, lags: str, complaint: str
) -> None:
    render, *arguments = network_command(small_shot, small_network, tmp_path, "--lags", lags)
    for command in (render, "check"):
        said: Outcome = vst(command, *arguments)
        assert said.code == ExitCode.USAGE
        assert complaint in said.err + said.out
        assert (said.err + said.out).count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_a_frame_by_itself_needs_no_lag(small_shot: SmallShot, small_network: Path, tmp_path: Path) -> None:
    """Which is how a host shows one frame of a shot."""
    one = str(FrameRange(1002, 1002))
    assert len(small_shot.render(tmp_path, **with_network(small_network, frames=one, lags="1,20"))) == 1


def test_lags_of_a_library() -> None:
    settings = RenderSettings.of(changed(lags=[4, 1, 2, 2]))
    assert settings.lags == (1, 2, 4)
    assert RenderSettings.of(settings.model_dump(mode="json")) == settings
    with pytest.raises(SettingsError, match="is not a list of lags"):
        RenderSettings.of(changed(lags=[1, 2.5]))

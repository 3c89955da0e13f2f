"""A chunk has the bits of the whole shot; a draft of one says that it is a draft."""

from __future__ import annotations

import json
import shutil
import signal
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from exr_files import start_child
from small_network import network_command, with_network
from small_shot import (
    COMMAND_LINE,
    SHOT,
    SmallShot,
    attributes_of,
    copy_of,
    differing,
    out,
    outputs,
    read_channels,
    same,
    snapshot,
    wait_for,
)

from vst_core import FrameRange, FrameResult, InputError, OutputError, SettingsError, check_shot, render_shot

Render = Callable[..., list[FrameResult]]


@pytest.fixture
def paint(small_shot: SmallShot, small_network: Path) -> Render:
    """Renders, with the network."""
    return lambda folder, **changes: small_shot.render(folder, **with_network(small_network, **changes))


def frames_of(results: list[FrameResult], *, kept: bool = False) -> list[int]:
    return [result.frame for result in results if result.kept == kept]


@pytest.mark.parametrize("chunks", [["1001", "1002", "1003", "1004"], ["1001-1003", "1004"]])
def test_exact_chunks_are_the_whole_shot_to_the_bit(
    paint: Render, painted: Path, tmp_path: Path, chunks: list[str]
) -> None:
    for chunk in chunks:
        assert frames_of(paint(tmp_path, chunk=chunk)) == list(FrameRange.parse(chunk))
    assert differing(painted, tmp_path, SHOT) == []
    assert all("chunk" not in json.loads(attributes_of(out(tmp_path, frame))["vst:settings"]) for frame in SHOT)
    assert frames_of(paint(tmp_path), kept=True) == list(SHOT)


def test_chunks_of_an_optimisation_are_the_whole_shot_too(
    small_shot: SmallShot, rendered: Path, tmp_path: Path
) -> None:
    for chunk in ("1001-1002", "1003-1004"):
        small_shot.render(tmp_path, chunk=chunk)
    assert differing(rendered, tmp_path, SHOT) == []


def test_a_chunk_starts_from_a_state_that_is_handed_over(paint: Render, painted: Path, tmp_path: Path) -> None:
    paint(tmp_path / "one", chunk="1001-1002")
    states = tmp_path / "one" / ".out.vst"
    paint(tmp_path / "two", chunk="1003-1004", state=str(states))
    assert outputs(tmp_path / "two") == ["out.1003.exr", "out.1004.exr"]
    assert differing(painted, tmp_path / "two", FrameRange(1003, 1004)) == []


def test_a_chunk_needs_only_its_own_plates_and_the_ones_beside_it(
    small_shot: SmallShot, small_network: Path, paint: Render, tmp_path: Path
) -> None:
    shot = small_shot.copy(tmp_path / "plate")
    paint(tmp_path / "out", lags="1")
    shot.path(1002).unlink()
    results = shot.render(tmp_path / "out", **with_network(small_network, chunk="1004", lags="1"))
    assert frames_of(results, kept=True) == [1004]


@pytest.mark.parametrize("damage", [Path.unlink, lambda path: path.write_bytes(path.read_bytes()[:-9])])
def test_without_the_state_before_it_a_chunk_is_refused(
    paint: Render, tmp_path: Path, damage: Callable[[Path], object]
) -> None:
    with pytest.raises(InputError, match=r"\.out\.vst: the state of frame 1002 is missing; render the frames before"):
        paint(tmp_path, chunk="1003-1004")
    paint(tmp_path, chunk="1001-1002")
    before = outputs(tmp_path)
    damage(tmp_path / ".out.vst" / "1002.safetensors")
    with pytest.raises(InputError, match="state of frame 1002"):
        paint(tmp_path, chunk="1003-1004")
    assert outputs(tmp_path) == before


def test_a_state_of_other_settings_is_refused(paint: Render, small_shot: SmallShot, tmp_path: Path) -> None:
    paint(tmp_path / "one", chunk="1001-1002")
    states = tmp_path / "one" / ".out.vst"
    with pytest.raises(InputError, match=r"1002\.safetensors: is not the state of frame 1002 in this render"):
        paint(tmp_path / "two", chunk="1003-1004", state=str(states), strength=0.5)
    settings = small_shot.settings(tmp_path / "two", chunk="1003-1004", state=str(states))
    assert [str(complaint) for complaint in check_shot(settings) if "state of frame 1002" in str(complaint)]


@pytest.mark.parametrize("chunk", ["1000-1002", "1003-1009", "7"])
def test_a_chunk_that_is_not_of_the_shot_is_refused(paint: Render, tmp_path: Path, chunk: str) -> None:
    with pytest.raises(SettingsError, match=rf"chunk: {chunk} is not within the frames 1001-1004"):
        paint(tmp_path, chunk=chunk)


def test_a_chunk_that_was_done_is_kept_and_a_broken_one_mended(paint: Render, painted: Path, tmp_path: Path) -> None:
    folder = copy_of(painted, tmp_path / "out")
    states = folder / ".out.vst"
    shutil.rmtree(states)
    for chunk in ("1001", "1002-1003", "1004"):
        for frame in FrameRange.parse(chunk):
            out(folder, frame).unlink()
        paint(folder, chunk=chunk)
    before = snapshot(folder)
    assert frames_of(paint(folder, chunk="1002-1003"), kept=True) == [1002, 1003]
    assert snapshot(folder) == before
    out(folder, 1003).write_bytes(b"")
    assert frames_of(paint(folder, chunk="1002-1003")) == [1003]
    assert differing(painted, folder, SHOT) == []


def test_a_killed_chunk_goes_on(
    small_shot: SmallShot, small_network: Path, paint: Render, painted: Path, tmp_path: Path
) -> None:
    paint(tmp_path, chunk="1001")
    command = network_command(small_shot, small_network, tmp_path, "--json", "--chunk", "1002-1004")
    with start_child(COMMAND_LINE, *command) as child:
        wait_for(child, "frame")
        child.kill()
    assert child.returncode == -signal.SIGKILL
    assert frames_of(paint(tmp_path, chunk="1002-1004"), kept=True)
    assert differing(painted, tmp_path, SHOT) == []


def test_overwriting_a_chunk_leaves_the_others(paint: Render, painted: Path, tmp_path: Path) -> None:
    for chunk in ("1001-1002", "1003-1004"):
        paint(tmp_path, chunk=chunk)
    kept = out(tmp_path, 1002).stat().st_mtime_ns
    assert frames_of(paint(tmp_path, chunk="1003-1004", overwrite=True)) == [1003, 1004]
    assert out(tmp_path, 1002).stat().st_mtime_ns == kept
    assert differing(painted, tmp_path, SHOT) == []


def test_a_draft_is_a_shot_that_starts_at_its_preroll(paint: Render, painted: Path, tmp_path: Path) -> None:
    assert frames_of(paint(tmp_path / "draft", chunk="1003-1004", preroll=1)) == [1003, 1004]
    assert outputs(tmp_path / "draft") == ["out.1003.exr", "out.1004.exr"]
    paint(tmp_path / "later", frames="1002-1004", lags="1")
    assert differing(tmp_path / "later", tmp_path / "draft", FrameRange(1003, 1004)) == []
    assert not same(read_channels(out(painted, 1003)), read_channels(out(tmp_path / "draft", 1003)))
    assert '"preroll": 1' in attributes_of(out(tmp_path / "draft", 1003))["vst:settings"]


def test_a_draft_is_never_taken_for_exact(paint: Render, painted: Path, tmp_path: Path) -> None:
    paint(tmp_path / "draft", chunk="1003-1004", preroll=1)
    for changes in ({}, {"preroll": 0}):
        with pytest.raises(OutputError, match=r"out\.1003\.exr: was made with different settings"):
            paint(tmp_path / "draft", **{"chunk": "1003-1004", "state": None, **changes} if changes else {})
    folder = copy_of(painted, tmp_path / "exact")
    with pytest.raises(OutputError, match=r"out\.1003\.exr: was made with different settings"):
        paint(folder, chunk="1003-1004", preroll=1)


def test_a_draft_whose_preroll_reaches_the_first_frame_is_exact(paint: Render, tmp_path: Path) -> None:
    paint(tmp_path / "whole", lags="1")
    paint(tmp_path / "draft", chunk="1003-1004", preroll=9)
    assert differing(tmp_path / "whole", tmp_path / "draft", FrameRange(1003, 1004)) == []


@pytest.mark.parametrize("event", ["progress", "frame"])
def test_a_killed_draft_goes_on(
    small_shot: SmallShot, small_network: Path, paint: Render, tmp_path: Path, event: str
) -> None:
    paint(tmp_path / "whole", chunk="1003-1004", preroll=1)
    draft = ("--json", "--chunk", "1003-1004", "--preroll", 1)
    with start_child(COMMAND_LINE, *network_command(small_shot, small_network, tmp_path / "out", *draft)) as child:
        wait_for(child, event)
        child.kill()
    assert child.returncode == -signal.SIGKILL
    paint(tmp_path / "out", chunk="1003-1004", preroll=1)
    assert differing(tmp_path / "whole", tmp_path / "out", FrameRange(1003, 1004)) == []


@pytest.mark.parametrize("alone", [{"preroll": 1}, {"temporal": False}])
def test_chunks_that_stand_alone_are_rendered_beside_one_another(
    small_shot: SmallShot, small_network: Path, tmp_path: Path, alone: dict[str, Any]
) -> None:
    def start(chunk: str | None) -> Any:
        changes = alone if chunk else {}
        return closing(
            render_shot(small_shot.settings(tmp_path, **with_network(small_network, chunk=chunk, **changes)))
        )

    refused = pytest.raises(OutputError, match="another render is writing this shot")
    with start("1001-1002") as one, start("1003-1004") as two:
        next(one)
        next(two)
        for other in ("1001-1002", "1002-1003", "1004", None):
            with start(other) as third, refused:
                next(third)
        assert [result.frame for render in (one, two) for result in render] == [1002, 1004]
    assert outputs(tmp_path) == [f"out.{frame}.exr" for frame in SHOT]
    with start("1001-1002") as again:
        assert all(result.kept for result in again)


def test_frames_on_their_own_are_the_same_in_chunks(small_shot: SmallShot, small_network: Path, tmp_path: Path) -> None:
    changes = with_network(small_network, temporal=False)
    small_shot.render(tmp_path / "whole", **changes)
    for chunk in ("1003-1004", "1001-1002"):
        small_shot.render(tmp_path / "chunks", chunk=chunk, **changes)
    assert differing(tmp_path / "whole", tmp_path / "chunks", SHOT) == []

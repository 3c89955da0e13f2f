"""However a training was stopped, the next run ends in the very bits of an undisturbed one."""

from __future__ import annotations

import random
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from exr_files import start_child
from small_shot import leftovers, snapshot, wait_for
from small_training import (
    FILES,
    STEPS,
    beside,
    command,
    network,
    settings,
    sha256,
    smooth_picture,
    stopped_after,
    trained,
    write_picture,
)

from vst_core.errors import OutputError
from vst_core.networks import read_checkpoint
from vst_core.training.loop import Step
from vst_core.training.run import train

SAVES_AFTER_EVERY_STEP = """
    import sys
    from vst_core.training import run

    run.SAVE_SECONDS = run.SAVE_SHARE = 0
    from vst_core.cli import main

    sys.argv[0] = "vst"
    main()
"""


@pytest.fixture
def copied(trained_whole: Path, tmp_path: Path) -> Path:
    """An undisturbed training, to be changed."""
    shutil.copytree(trained_whole, tmp_path / "copied")
    return tmp_path / "copied"


@pytest.mark.parametrize("steps", [1, STEPS // 2, STEPS])
def test_a_stopped_training_goes_on_to_the_same_bits(
    trained_whole: Path, tmp_path: Path, small_weights: Path, steps: int
) -> None:
    stopped_after(tmp_path, small_weights, steps)
    assert not network(tmp_path).exists()
    told = trained(tmp_path, small_weights)
    assert [step.number for step in told] == list(range(steps, STEPS + 1))
    assert told[0].loss == {}
    for path in ("net.safetensors", "net.training/loss.jsonl"):
        assert sha256(tmp_path / path) == sha256(trained_whole / path)


def test_a_finished_training_is_left_as_it_is(copied: Path, small_weights: Path) -> None:
    before = snapshot(copied)
    shutil.rmtree(copied / "styles")  # they are written again, the same
    assert trained(copied, small_weights) == [Step(STEPS, STEPS, {})]
    after = snapshot(copied)
    for name in ("net.safetensors", *(f"net.training/{name}" for name in FILES)):
        assert after[name] == before[name]


def test_a_network_that_was_lost_is_written_again_without_a_step(
    copied: Path, trained_whole: Path, small_weights: Path
) -> None:
    network(copied).unlink()
    assert len(trained(copied, small_weights)) == 1
    assert sha256(network(copied)) == sha256(network(trained_whole))


def test_another_licence_is_written_without_a_step(copied: Path, small_weights: Path) -> None:
    assert len(trained(copied, small_weights, {"license": "CC0-1.0"})) == 1
    assert read_checkpoint(network(copied)).card["license"] == "CC0-1.0"


@pytest.mark.parametrize("lost", ["net.safetensors", "net.training/state.safetensors", None])
def test_what_another_training_made_is_refused_and_kept(copied: Path, small_weights: Path, lost: str | None) -> None:
    if lost is not None:
        (copied / lost).unlink()
    before = snapshot(copied)
    with pytest.raises(OutputError, match=r"choose another output, or give --overwrite to start over"):
        trained(copied, small_weights, seed=1)
    after = snapshot(copied)
    assert {name: after[name] for name in before if "styles" not in name} == {
        name: before[name] for name in before if "styles" not in name
    }


def test_a_style_with_other_pixels_is_another_training(copied: Path, small_weights: Path) -> None:
    changed = settings(copied, small_weights)
    write_picture(changed.recipe.styles[0], smooth_picture(5, 64, 72))
    with pytest.raises(OutputError, match="was made with different settings"):
        next(train(changed))


def test_some_other_file_is_not_replaced(tmp_path: Path, small_weights: Path) -> None:
    network(tmp_path).write_bytes(b"something else")
    with pytest.raises(OutputError, match="or by another program"):
        trained(tmp_path, small_weights)
    assert network(tmp_path).read_bytes() == b"something else"


def test_overwriting_starts_anew(copied: Path, trained_whole: Path, tmp_path: Path, small_weights: Path) -> None:
    told = trained(copied, small_weights, {"overwrite": True})
    assert [step.number for step in told] == list(range(STEPS + 1))
    assert sha256(network(copied)) == sha256(network(trained_whole))
    run = train(settings(copied, small_weights, {"overwrite": True}, seed=1))
    assert next(run).number == 0
    next(run)
    assert not network(copied).exists()
    run.close()
    assert trained(copied, small_weights, seed=1)[0].number == 1
    trained(tmp_path / "fresh", small_weights, seed=1)
    assert sha256(network(copied)) == sha256(network(tmp_path / "fresh")) != sha256(network(trained_whole))


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0x10
    path.write_bytes(data)


@pytest.mark.parametrize("damage", [cut, flip])
def test_a_damaged_state_is_told_and_not_built_on(
    trained_whole: Path, tmp_path: Path, small_weights: Path, damage: Callable[[Path], None]
) -> None:
    stopped_after(tmp_path, small_weights, 2)
    damage(beside(tmp_path) / "state.safetensors")
    first, *steps = trained(tmp_path, small_weights)
    assert (first.number, len(steps)) == (0, STEPS)
    assert len(first.notes) == 1
    assert first.notes[0].endswith("state.safetensors: is damaged; the training starts from its beginning")
    assert sha256(network(tmp_path)) == sha256(network(trained_whole))


def unlink(path: Path) -> None:
    path.unlink()


def grow(path: Path) -> None:
    path.write_text(path.read_text() + path.read_text() + '{"step": 99, "tot')


@pytest.mark.parametrize("damage", [cut, unlink, grow])
def test_the_losses_on_disk_are_those_of_the_steps_whatever_became_of_the_file(
    trained_whole: Path, tmp_path: Path, small_weights: Path, damage: Callable[[Path], None]
) -> None:
    stopped_after(tmp_path, small_weights, 3)
    damage(beside(tmp_path) / "loss.jsonl")
    trained(tmp_path, small_weights)
    for path in ("net.safetensors", "net.training/loss.jsonl"):
        assert sha256(tmp_path / path) == sha256(trained_whole / path)


def test_kill_9_at_any_moment_loses_nothing(tmp_path: Path, small_weights: Path) -> None:
    steps = 24
    chance = random.Random(7)  # noqa: S311 - moments, not secrets
    reached = []
    for _ in range(2):
        with start_child(
            SAVES_AFTER_EVERY_STEP, *command(tmp_path, small_weights, "--json", "--steps", steps)
        ) as child:
            for _ in range(3):
                wait_for(child, "progress")
            time.sleep(chance.uniform(0, 0.1))
            child.kill()
        assert child.returncode == -signal.SIGKILL
        assert not network(tmp_path).exists()
        reached.append((beside(tmp_path) / "loss.jsonl").read_text().count("\n"))
    assert 0 < reached[0] < reached[1] < steps
    first, *_ = trained(tmp_path, small_weights, steps=steps)
    assert reached[1] - 1 <= first.number <= reached[1]
    trained(tmp_path / "whole", small_weights, steps=steps)
    for path in ("net.safetensors", "net.training/loss.jsonl"):
        assert sha256(tmp_path / path) == sha256(tmp_path / "whole" / path)
    assert leftovers(tmp_path) == []

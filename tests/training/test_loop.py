from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from small_training import STEPS, MakeFeatures, recipe, trainer
from torch import Tensor

from vst_core.device import resolve_device
from vst_core.errors import ExitCode, ModelError
from vst_core.training.loop import Step, Trainer, schedule


def weights(trainer: Trainer) -> dict[str, Tensor]:
    return {name: value.clone() for name, value in trainer.network.state_dict().items()}


def same(a: dict[str, Tensor], b: dict[str, Tensor]) -> bool:
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


def undisturbed(folder: Path, features: MakeFeatures, **changes: Any) -> tuple[list[Step], list[dict[str, Tensor]]]:
    """Every step, and the trainer's state after each one, the first before any."""
    made = trainer(recipe(folder, **changes), features)
    states, steps = [], []
    states.append({name: value.clone() for name, value in made.state().items()})
    for step in made.run():
        steps.append(step)
        states.append({name: value.clone() for name, value in made.state().items()})
    return steps, states


def test_steps_are_counted_and_their_losses_add_up(tmp_path: Path, random_features: MakeFeatures) -> None:
    steps = list(trainer(recipe(tmp_path), random_features).run())
    assert [(step.number, step.steps) for step in steps] == [(number, STEPS) for number in range(1, STEPS + 1)]
    for step in steps:
        parts = {"content", "style", "tv", "spikes"} | ({"temporal", "drift"} if step.number > STEPS // 2 else set())
        assert step.loss.keys() == parts | {"total"}
        assert step.loss["total"] == pytest.approx(sum(step.loss[part] for part in parts))


def test_the_loss_falls(tmp_path: Path, random_features: MakeFeatures) -> None:
    stages = [{"frames": 1, "share": 1, "side": 64, "batch": 2}]
    steps = list(trainer(recipe(tmp_path, steps=24, stages=stages), random_features).run())
    losses = [step.loss["total"] for step in steps]
    assert sum(losses[-6:]) < 0.5 * sum(losses[:6])


def test_half_the_precision_trains_too(tmp_path: Path, random_features: MakeFeatures, bfloat16: torch.dtype) -> None:
    exact = trainer(recipe(tmp_path), random_features)
    short = trainer(recipe(tmp_path), random_features, resolve_device("cpu", "bfloat16", 1))
    assert short.device.dtype == bfloat16
    for one, other in zip(exact.run(), short.run(), strict=True):
        assert one.loss["total"] != other.loss["total"]
        assert other.loss["total"] == pytest.approx(one.loss["total"], rel=0.2)


def test_the_seed_decides_a_training_and_the_global_random_numbers_do_not(
    tmp_path: Path, random_features: MakeFeatures
) -> None:
    first = trainer(recipe(tmp_path, steps=2), random_features)
    torch.manual_seed(77)
    second = trainer(recipe(tmp_path, steps=2), random_features)
    for made in (first, second):
        list(made.run())
    assert same(weights(first), weights(second))
    other = trainer(recipe(tmp_path, steps=2, seed=1), random_features)
    assert not same(weights(trainer(recipe(tmp_path), random_features)), weights(other))


@pytest.mark.parametrize("normalization", ["instance", "batch"])
def test_a_restored_training_ends_in_the_same_bits(
    tmp_path: Path, random_features: MakeFeatures, normalization: str
) -> None:
    steps, states = undisturbed(tmp_path, random_features, normalization=normalization)
    for done in (1, STEPS // 2, STEPS - 1):
        resumed = trainer(recipe(tmp_path, normalization=normalization), random_features)
        resumed.restore(done, states[done])
        assert list(resumed.run()) == steps[done:]
        assert same(resumed.state(), states[-1])


def test_a_state_knows_the_solver_too(tmp_path: Path, random_features: MakeFeatures) -> None:
    """The weights alone do not give the same next step."""
    _, states = undisturbed(tmp_path, random_features)
    without = {
        name: torch.zeros_like(value) if name.startswith("adam.exp") else value for name, value in states[3].items()
    }
    resumed = trainer(recipe(tmp_path), random_features)
    resumed.restore(3, without)
    list(resumed.run())
    assert not same(resumed.state(), states[-1])


def test_a_training_that_diverges_says_so(tmp_path: Path, random_features: MakeFeatures) -> None:
    made = trainer(recipe(tmp_path, style_weight=3e38, learning_rate=1), random_features)
    with pytest.raises(ModelError, match=r"the training diverged at step \d; lower the learning rate") as refused:
        list(made.run())
    assert refused.value.exit_code is ExitCode.MODEL


def test_the_learning_rate_rises_shortly_and_falls_to_almost_nothing() -> None:
    rates = [schedule(step / 100) for step in range(101)]
    highest = rates.index(max(rates))
    assert max(rates) == pytest.approx(1)
    assert 1 <= highest <= 10
    assert rates[: highest + 1] == sorted(rates[: highest + 1])
    assert rates[highest:] == sorted(rates[highest:], reverse=True)
    assert rates[-1] == pytest.approx(0.01)

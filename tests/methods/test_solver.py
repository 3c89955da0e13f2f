from __future__ import annotations

import pytest
import torch
from torch import Tensor

from vst_core.methods.solver import Convergence, IterateAverage, make_solver
from vst_core.settings import OptimizationSettings

ADAM = OptimizationSettings(optimizer="adam")
LBFGS = OptimizationSettings(optimizer="lbfgs")


def leaf(*size: int) -> Tensor:
    return torch.rand(1, 3, *size).requires_grad_()


def run(solver: torch.optim.Optimizer, image: Tensor, target: Tensor, steps: int) -> float:
    """Sum of squared differences from the target after some steps."""

    def closure() -> float:
        solver.zero_grad()
        loss = (image - target).square().sum()
        loss.backward()  # type: ignore[no-untyped-call]
        return loss.detach()  # type: ignore[return-value]  # torch's stubs want a float, its code takes a tensor

    for _ in range(steps):
        solver.step(closure)
    return float((image.detach() - target).square().sum())


@pytest.mark.parametrize("settings", [ADAM, LBFGS])
def test_a_solver_goes_down(settings: OptimizationSettings) -> None:
    image, target = leaf(8, 9), torch.rand(1, 3, 8, 9)
    before = float((image.detach() - target).square().sum())
    assert run(make_solver(settings, image, None), image, target, 100) < 0.05 * before


def test_adams_first_step_is_the_learning_rate() -> None:
    image = leaf(4, 4)
    before = image.detach().clone()
    run(make_solver(OptimizationSettings(learning_rate=0.125), image, None), image, torch.full((1, 3, 4, 4), 5.0), 1)
    assert torch.allclose(image.detach() - before, torch.full((1, 3, 4, 4), 0.125), atol=1e-5)


def test_adam_takes_its_moments_to_the_next_size() -> None:
    small, large = leaf(8, 6), leaf(11, 9)
    before = make_solver(ADAM, small, None)
    run(before, small, small.detach() + torch.tensor([-0.5, 0.0, 0.25]).view(1, 3, 1, 1), 7)
    after = make_solver(ADAM, large, before)
    old, new = before.state[small], after.state[large]
    assert float(new["step"]) == 7
    for name in ("exp_avg", "exp_avg_sq"):
        assert new[name].shape == large.shape
        assert torch.allclose(new[name].mean((2, 3)), old[name].mean((2, 3)), rtol=1e-3, atol=1e-7), name
    run(after, large, torch.zeros(1, 3, 11, 9), 2)
    assert float(after.state[large]["step"]) == 9
    assert float(before.state[small]["step"]) == 7, "the coarser solver is left as it is"


def test_second_moments_stay_above_zero_when_resized() -> None:
    small, large = leaf(8, 8), leaf(11, 11)
    before = make_solver(ADAM, small, None)
    target = small.detach().clone()
    target[..., 3, 3] += 1000  # one pixel's gradient stands out, so that a resampling that overshoots goes below 0
    run(before, small, target, 1)
    assert (make_solver(ADAM, large, before).state[large]["exp_avg_sq"] >= 0).all()


def test_lbfgs_starts_anew_at_each_size() -> None:
    small, large = leaf(8, 8), leaf(11, 11)
    before = make_solver(LBFGS, small, None)
    run(before, small, torch.zeros(1, 3, 8, 8), 3)
    assert not make_solver(LBFGS, large, before).state


def test_lbfgs_asks_for_the_loss_once_a_step() -> None:
    image = leaf(8, 8)
    solver = make_solver(LBFGS, image, None)
    calls = []

    def closure() -> float:
        calls.append(1)
        solver.zero_grad()
        loss = image.pow(4).sum()
        loss.backward()  # type: ignore[no-untyped-call]
        return loss.detach()  # type: ignore[return-value]  # torch's stubs want a float, its code takes a tensor

    for _ in range(5):
        solver.step(closure)
    assert len(calls) == 5


@pytest.mark.parametrize(("size", "history"), [((64, 64), 100), ((1080, 1920), 21), ((8192, 8192), 5)])
def test_the_history_of_lbfgs_is_kept_within_memory(size: tuple[int, int], history: int) -> None:
    image = torch.empty(1, 3, *size, device="meta", requires_grad=True)
    assert make_solver(LBFGS, image, None).param_groups[0]["history_size"] == history


@pytest.mark.parametrize("steps", [1, 5, 10, 30, 1000])
def test_the_average_of_equal_iterates_is_that_iterate(steps: int) -> None:
    image = torch.rand(1, 3, 5, 5)
    average = IterateAverage(steps)
    for _ in range(min(steps, 40)):
        average.update(image)
        assert torch.allclose(average.value(), image, atol=1e-5)


def test_the_average_is_one_of_the_iterates_with_falling_weights() -> None:
    average = IterateAverage(200)  # looks back over 20
    values = [float(value) for value in torch.rand(50)]
    for value in values:
        average.update(torch.full((1, 3, 2, 2), value))
    weights = [0.95 ** (49 - index) for index in range(50)]
    expected = sum(w * v for w, v in zip(weights, values, strict=True)) / sum(weights)
    assert torch.allclose(average.value(), torch.full((1, 3, 2, 2), expected))


def test_the_average_keeps_no_hold_on_the_image() -> None:
    image = torch.zeros(1, 3, 4, 4, requires_grad=True)
    average = IterateAverage(1)
    average.update(image)
    with torch.no_grad():
        image.fill_(1)
    assert not average.value().any()
    assert not average.value().requires_grad


def test_no_iterate_has_no_average() -> None:
    with pytest.raises(ValueError, match="no iterate"):
        IterateAverage(10).value()


def stopped_at(losses: list[float]) -> int | None:
    convergence = Convergence()
    for step, loss in enumerate(losses, start=1):
        if convergence.reached(torch.tensor(loss)):
            return step
    return None


def test_a_loss_that_stands_still_for_50_steps_stops_the_run() -> None:
    assert stopped_at([3.0] * 300) == 100
    assert stopped_at([3.0] * 99) is None
    assert stopped_at([10.0] * 60 + [3.0] * 300) == 150
    assert stopped_at([3.0 - 1e-7 * step for step in range(300)]) == 100


def test_a_loss_that_still_moves_goes_on() -> None:
    assert stopped_at([3.0 * 0.99999**step for step in range(1000)]) is None
    assert stopped_at([1.0 + step / 1000 for step in range(1000)]) is None
    assert stopped_at([float("nan")] * 500) is None

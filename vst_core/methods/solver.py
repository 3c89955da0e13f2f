"""The solvers of the optimisation, and what surrounds a run of them."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from vst_core.settings import OptimizationSettings

_ADAM_BETAS = (0.9, 0.99)
_LBFGS_HISTORY = 100
# History beyond this is given up: at 1080p a hundred pairs of images would take five gigabytes.
_LBFGS_MEMORY = 1 << 30
_CONVERGED = 1e-4
_CONVERGENCE_WINDOW = 50


def make_solver(
    settings: OptimizationSettings, image: Tensor, previous: torch.optim.Optimizer | None
) -> torch.optim.Optimizer:
    """A solver for ``image``, (1, 3, H, W) and requiring a gradient.

    Adam takes over the moments of the coarser scale's Adam, resized. L-BFGS has no line search and takes one evaluation
    a step (Gatys et al. 2016; Ruder et al. 2016: history 100).
    """
    if settings.optimizer == "lbfgs":
        history = max(5, min(_LBFGS_HISTORY, _LBFGS_MEMORY // (2 * image.numel() * image.itemsize)))
        return torch.optim.LBFGS(
            [image], lr=1.0, max_iter=1, history_size=history, tolerance_grad=0, tolerance_change=0
        )
    solver = torch.optim.Adam([image], lr=settings.learning_rate, betas=_ADAM_BETAS, fused=True)
    if previous is not None:
        solver.state[image] = _resized_moments(next(iter(previous.state.values())), image.shape[-2:])
    return solver


def _resized_moments(state: dict[str, Any], size: torch.Size) -> dict[str, Any]:
    first = F.interpolate(state["exp_avg"], size=size, mode="bicubic", align_corners=False)
    second = F.interpolate(state["exp_avg_sq"], size=size, mode="bilinear", align_corners=False)
    return {"step": state["step"].clone(), "exp_avg": first, "exp_avg_sq": second}


class IterateAverage:
    """Exponential average of the iterates, free of the bias towards its start.

    Adam's last iterate jitters by its step size; the average does not. It looks back over a tenth of the run, at most a
    hundred steps.
    """

    def __init__(self, steps: int) -> None:
        self._decay = 1 - 1 / min(100.0, max(1.0, steps / 10))
        self._sum: Tensor | None = None
        self._weight = 0.0

    def update(self, image: Tensor) -> None:
        """Take in one iterate."""
        image = image.detach()
        self._sum = image * (1 - self._decay) if self._sum is None else torch.lerp(image, self._sum, self._decay)
        self._weight = 1 - self._decay * (1 - self._weight)

    def value(self) -> Tensor:
        """The average so far."""
        if self._sum is None:
            raise ValueError("no iterate has been averaged")
        return self._sum / self._weight


class Convergence:
    """Ruder et al. 2016's stop: the loss changed by less than 1e-4 of itself over 50 steps."""

    def __init__(self) -> None:
        self._step = 0
        self._earlier: float | None = None

    def reached(self, loss: Tensor) -> bool:
        """Take in the loss of one step; it is looked at every 50."""
        self._step += 1
        if self._step % _CONVERGENCE_WINDOW:
            return False
        now = float(loss)
        earlier, self._earlier = self._earlier, now
        return earlier is not None and abs(now - earlier) < _CONVERGED * abs(earlier)

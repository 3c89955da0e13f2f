"""The training: a generator of steps that a kill cannot harm."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from vst_core.device import Device
from vst_core.errors import ModelError
from vst_core.features import Features
from vst_core.networks import ARCHITECTURES, MOST_KEPT, TransformerNet
from vst_core.training.data import Clips
from vst_core.training.motion import Clip
from vst_core.training.objective import ClipObjective, Draw
from vst_core.training.recipe import Recipe

_WARM_UP = 0.05
_LOWEST = 0.01
_CLIP_NORM = 1.0
_BETAS = (0.9, 0.99)
# What Adam remembers of each parameter.
_MOMENTS = ("step", "exp_avg", "exp_avg_sq")


@dataclass(frozen=True, slots=True)
class Step:
    """A step that was done.

    Attributes:
        number: from 1 on.
        steps: how many there are.
        loss: the weighted parts by name, and their ``total``.
        notes: what the user should know, for example a picture that does not decode.
    """

    number: int
    steps: int
    loss: dict[str, float]
    notes: tuple[str, ...] = ()


class Trainer:
    """A network in training.

    Args:
        recipe: what decides the result.
        features: the feature network of the losses.
        styles: (1, 3, h, w) each, display [0, 1], at the size they are measured at.
        clips: what it is trained on.
        device: where, in which precision, with how many threads.
        start: weights to begin with, in float32; drawn at random when left out.
    """

    def __init__(
        self,
        recipe: Recipe,
        features: Features,
        styles: Sequence[Tensor],
        clips: Clips,
        device: Device,
        start: Mapping[str, Tensor] | None = None,
    ) -> None:
        self.recipe, self.device, self.step = recipe, device, 0
        self._clips = clips
        self._objective = ClipObjective(recipe, features, styles)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(recipe.seed)
            network = TransformerNet(ARCHITECTURES[recipe.size], len(styles), recipe.normalization)
        if start is not None:
            network.load_state_dict(start)
        self.network = network.to(device=device.torch_device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.solver = torch.optim.Adam(self.network.parameters(), lr=recipe.learning_rate, betas=_BETAS, fused=True)

    def run(self) -> Iterator[Step]:
        """The steps that are left."""
        while self.step < self.recipe.steps:
            yield self._advance()

    def state(self) -> dict[str, Tensor]:
        """All that the next step depends on beside the number of steps done: weights and Adam's moments, by name."""
        state = {f"network.{name}": value for name, value in self.network.state_dict().items()}
        for name, parameter in self.network.named_parameters():
            moments = self.solver.state.get(parameter, {})
            state |= {f"adam.{moment}.{name}": moments[moment] for moment in _MOMENTS if moment in moments}
        return {name: value.detach().cpu().contiguous() for name, value in state.items()}

    def restore(self, step: int, state: Mapping[str, Tensor]) -> None:
        """Go on after a step, to the very bits of a training that was never stopped.

        Args:
            step: how many were done.
            state: what ``state`` gave then.
        """
        self.step = step
        self.network.load_state_dict({name: state[f"network.{name}"] for name in self.network.state_dict()})
        for name, parameter in self.network.named_parameters():
            self.solver.state[parameter] = {
                moment: _placed(state[f"adam.{moment}.{name}"], parameter) for moment in _MOMENTS
            }

    def _advance(self) -> Step:
        stage = self.recipe.stage_at(self.step)
        clip = self._clips.batch(self.step, stage.batch, stage.frames, stage.side)
        clip = Clip(*(getattr(clip, name).to(self.device.torch_device) for name in Clip.__dataclass_fields__))
        for group in self.solver.param_groups:
            group["lr"] = self.recipe.learning_rate * schedule(self.step / self.recipe.steps)
        with torch.autocast(self.device.torch_device.type, self.device.dtype, self.device.dtype != torch.float32):
            parts = self._objective(self.network, clip, self._draw(stage.batch, stage.frames))
        total = torch.stack(list(parts.values())).sum()
        if not bool(torch.isfinite(total)):
            raise ModelError(
                f"the training diverged at step {self.step + 1}",
                remedy="lower the learning rate or the weights, or use precision float32",
            )
        self.solver.zero_grad()
        total.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), _CLIP_NORM)
        self.solver.step()
        self.step += 1
        loss = {name: float(value.detach()) for name, value in parts.items()}
        return Step(self.step, self.recipe.steps, {"total": sum(loss.values())} | loss)

    def _draw(self, batch: int, frames: int) -> Draw:
        """Decided by the step's number alone."""
        rng = np.random.default_rng((self.recipe.seed, 3, self.step))
        styles = [(self.step * batch + index) % len(self.recipe.styles) for index in range(batch)]
        blur = rng.uniform(0, 0.6, batch) * (rng.random(batch) < 0.5)
        tint = rng.normal(0, 0.02, (batch, 3)) * (rng.random((batch, 1)) < 0.5)
        most_kept = rng.uniform(0, MOST_KEPT, batch)
        device = self.device.torch_device
        return Draw(
            styles=styles,
            judged=int(rng.integers(frames)),
            blur=torch.tensor(blur, dtype=torch.float32, device=device),
            tint=torch.tensor(tint, dtype=torch.float32, device=device),
            most_kept=torch.tensor(most_kept, dtype=torch.float32, device=device),
        )


def _placed(moment: Tensor, parameter: Tensor) -> Tensor:
    """A moment where its parameter is and in the same order in memory, which the fused solver takes for granted."""
    like = parameter if moment.dim() else moment
    return torch.empty_like(like, device=parameter.device, requires_grad=False).copy_(moment)


def schedule(done: float) -> float:
    """The learning rate, relative to its highest: a short rise, then half a cosine (Smith & Topin 2017)."""
    if done < _WARM_UP:
        return _LOWEST + (1 - _LOWEST) * done / _WARM_UP
    return _LOWEST + (1 - _LOWEST) * (1 + math.cos(math.pi * (done - _WARM_UP) / (1 - _WARM_UP))) / 2

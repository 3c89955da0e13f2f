"""Optimisation of the pixels (Gatys et al. 2016) with a temporal constraint (Ruder et al. 2016).

A frame on its own starts from the plate and goes from coarse to fine. A frame with a prior starts from it, at full
size; where the prior is not valid it starts from the plate.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from vst_core.errors import ModelError
from vst_core.features import Features
from vst_core.methods.base import Prior, Progress
from vst_core.methods.keep_color import color_moments
from vst_core.methods.objective import Objective
from vst_core.methods.priors import joint_prior, long_term_prior, two_sided_prior
from vst_core.methods.solver import Convergence, IterateAverage, make_solver
from vst_core.methods.style_target import StyleTarget, measure_style
from vst_core.moments import Moments, blend_moments
from vst_core.settings import OptimizationSettings

_GROWTH = math.sqrt(2)
_MIN_SIDE = 64
# Steps that share a transport map under Adam: see GaussianWassersteinLoss.
_REFRESH = 4
_REPORT_EVERY = 5


@dataclass(frozen=True, slots=True)
class Scale:
    """One size of the coarse-to-fine run."""

    height: int
    width: int
    steps: int


def plan_scales(height: int, width: int, count: int, steps: int) -> list[Scale]:
    """Sizes from coarse to fine, each sqrt(2) larger, the last the frame's own.

    The coarsest takes twice the steps of each other one, since it does most of the composing and costs least. Sizes
    with a side under 64 pixels are left out.
    """
    factors = [_GROWTH**-index for index in reversed(range(count))]
    sizes = [(round(height * factor), round(width * factor)) for factor in factors]
    sizes = [size for size in sizes if min(size) >= _MIN_SIDE] or [(height, width)]
    share = steps // (len(sizes) + 1)
    if share == 0:
        return [Scale(height, width, steps)]
    return [Scale(*size, steps - share * (len(sizes) - 1) if index == 0 else share) for index, size in enumerate(sizes)]


class Optimization:
    """The optimisation method.

    Args:
        settings: weights, layers, steps.
        features: a network that has all content and style layers.
        passes: how often a shot is gone over; they share the steps of a frame.

    Attributes:
        colors: see ``Method``; None until there is a style.
    """

    def __init__(self, settings: OptimizationSettings, features: Features, passes: int = 1) -> None:
        self._settings = settings
        self._passes = passes
        self._features = features
        self.colors: Moments | None = None
        self._styles: list[Tensor] = []
        self._blend: tuple[float, ...] = ()
        self._style_scale = 1.0
        self._targets: dict[tuple[int, int], StyleTarget] = {}

    def prepare(self, styles: Sequence[Tensor], blend: Sequence[float], style_scale: float) -> None:
        """Take the style.

        Args:
            styles: (1, 3, h, w) each, display [0, 1].
            blend: one weight for each style, summing to 1.
            style_scale: size of a style image relative to the frame.
        """
        self._styles, self._blend, self._style_scale = list(styles), tuple(blend), style_scale
        self._targets = {}
        self.colors = blend_moments([color_moments(style.cpu()) for style in styles], blend)

    def held_to(self, earlier: Sequence[Prior], coming: Prior | None = None) -> Prior | None:
        """By the published loss, older results where no nearer one can be trusted, or all; see ``Method.held_to``.

        And to the next frame alike: to the mean of both sides where both can be trusted, else to the one that can.
        """
        if not earlier:
            return coming
        before = joint_prior(earlier) if self._settings.long_term == "mean" else long_term_prior(earlier)
        return before if coming is None else two_sided_prior(before, coming)

    def stylize(self, content: Tensor, prior: Prior | None, on_progress: Callable[[Progress], None]) -> Tensor:
        """Stylise one frame; see ``Method.stylize``."""
        settings, (height, width) = self._settings, content.shape[-2:]
        if prior is None:
            scales = plan_scales(height, width, settings.scales, settings.iterations)
            return self._run(settings, content, scales, content, None, on_progress)
        start = prior.valid * prior.warped + (1 - prior.valid) * content
        scale = Scale(height, width, settings.steps_in(1, self._passes))
        return self._run(settings, start, [scale], content, prior, on_progress)

    def refine(
        self,
        content: Tensor,
        start: Tensor,
        prior: Prior | None,
        number: int,
        on_progress: Callable[[Progress], None],
    ) -> Tensor:
        """Go on with a frame, in a pass after the first.

        Adam begins anew in each and would at first move every pixel by its step, so the n-th pass has an n-th of it.

        Args:
            content: see ``Method.stylize``.
            start: (1, 3, H, W), display [0, 1], what to go on from.
            prior: what to hold the frame to, or None.
            number: of the pass, from 1.
            on_progress: see ``Method.stylize``.
        """
        height, width = content.shape[-2:]
        scale = Scale(height, width, self._settings.steps_in(number, self._passes))
        gentler = self._settings.model_copy(update={"learning_rate": self._settings.learning_rate / number})
        return self._run(gentler, start, [scale], content, prior, on_progress)

    def _run(
        self,
        settings: OptimizationSettings,
        image: Tensor,
        scales: Sequence[Scale],
        content: Tensor,
        prior: Prior | None,
        on_progress: Callable[[Progress], None],
    ) -> Tensor:
        report = _Reporter(sum(scale.steps for scale in scales), on_progress)
        solver: torch.optim.Optimizer | None = None
        for scale in scales:
            image = _resized(image, scale).detach().clone(memory_format=torch.contiguous_format).requires_grad_()
            solver = make_solver(settings, image, solver)
            objective = Objective(settings, self._features, _resized(content, scale), prior, self._target_at(scale))
            image = self._minimized(image, solver, objective, scale.steps, report)
        return image

    def _minimized(
        self, image: Tensor, solver: torch.optim.Optimizer, objective: Objective, steps: int, report: _Reporter
    ) -> Tensor:
        average = IterateAverage(steps) if self._settings.optimizer == "adam" else None
        convergence = Convergence()

        def closure() -> float:
            solver.zero_grad()
            loss = objective(image)
            loss.backward()  # type: ignore[no-untyped-call]
            return loss.detach()  # type: ignore[return-value]  # torch's stubs want a float, its code takes a tensor

        for step in range(steps):
            try:
                loss = torch.as_tensor(solver.step(closure))
            # A matrix of values that are not finite has no eigenvalues. (The name is documented, its stub forgets it.)
            except torch.linalg.LinAlgError:  # type: ignore[attr-defined]
                raise _diverged() from None
            if average is not None:
                with torch.no_grad():
                    image.clamp_(0, 1)
                average.update(image)
            converged = convergence.reached(loss)
            report(objective, steps - step if converged else 1)
            if converged:
                break
        result = (image.detach() if average is None else average.value()).clamp(0, 1)
        if not bool(torch.isfinite(result).all()):
            raise _diverged()
        return result

    def _target_at(self, scale: Scale) -> StyleTarget:
        key = (scale.height, scale.width)
        if key not in self._targets:
            side = math.sqrt(scale.height * scale.width) * self._style_scale
            styles = [scaled_to_area(style, side) for style in self._styles]
            refresh = _REFRESH if self._settings.optimizer == "adam" else 1
            self._targets[key] = measure_style(self._settings, self._features, styles, self._blend, refresh)
        return self._targets[key]


def _diverged() -> ModelError:
    return ModelError(
        "the optimisation diverged",
        where="method",
        remedy="lower the learning rate or the weights, or use precision float32",
    )


class _Reporter:
    """Counts steps over all scales and reports every few, since reading a loss waits for the device."""

    def __init__(self, steps: int, on_progress: Callable[[Progress], None]) -> None:
        self._step, self._steps, self._on_progress = 0, steps, on_progress

    def __call__(self, objective: Objective, steps: int) -> None:
        """Count steps that were done, or left out because nothing moves any more."""
        self._step += steps
        if self._step % _REPORT_EVERY == 0 or self._step == self._steps:
            self._on_progress(Progress(self._step, self._steps, objective.parts()))


def _resized(image: Tensor, scale: Scale) -> Tensor:
    if image.shape[-2:] == (scale.height, scale.width):
        return image
    return F.interpolate(image, (scale.height, scale.width), mode="bicubic", align_corners=False, antialias=True).clamp(
        0, 1
    )


def scaled_to_area(image: Tensor, side: float) -> Tensor:
    """(1, 3, h, w) resized, its shape kept, to the area of a square of ``side`` pixels."""
    factor = side / math.sqrt(image.shape[-2] * image.shape[-1])
    height, width = (max(16, round(length * factor)) for length in image.shape[-2:])
    return _resized(image, Scale(height, width, 0))

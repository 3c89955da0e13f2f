"""Whether instance normalisation speeds the training up: loss against steps with instance, batch and no normalisation.

    python bench/bench_normalization.py [--steps 300] [--size quality] [--learning-rates 0.001 0.003]

One style, single frames, the same pictures in the same order for all. Each normalisation is given every learning rate,
and shown with the one that served it best. Writes docs/normalization.png. Takes many minutes.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from vst_core.errors import VstError
from vst_core.training.recipe import Recipe, Stage
from vst_core.training.run import train
from vst_core.training.settings import TrainingSettings

ROOT = Path(__file__).parent.parent
KINDS = ("instance", "batch", "none")
# Each pair of steps has other pictures, so losses are averaged over some before they are compared.
WINDOW = 20


def losses(kind: str, size: str, steps: int, rate: float, folder: Path) -> np.ndarray:
    """Content and style loss by step; shorter where the training diverged."""
    recipe = Recipe(
        size=size,
        normalization=kind,
        styles=(ROOT / "samples/styles/oil.png",),
        steps=steps,
        learning_rate=rate,
        stages=(Stage(frames=1, share=1, side=96, batch=2),),
    )
    settings = TrainingSettings(recipe=recipe, output=folder / f"{kind}-{rate}.safetensors")
    found: list[float] = []
    try:
        found.extend(step.loss["content"] + step.loss["style"] for step in train(settings) if step.loss)
    except VstError as error:
        if not found:
            raise
        print(f"{kind}, learning rate {rate}: {error}")
    return np.array(found)


def smooth(values: np.ndarray) -> np.ndarray:
    """The mean over a window."""
    return np.convolve(values, np.ones(WINDOW) / WINDOW, mode="valid")


def main() -> None:
    """Train, print and draw."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--size", default="quality")
    parser.add_argument("--learning-rates", type=float, nargs="+", default=[0.001, 0.003])
    options = parser.parse_args()
    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.add_subplot()
    best: dict[str, np.ndarray] = {}
    with tempfile.TemporaryDirectory() as name:
        for kind in KINDS:
            for rate in options.learning_rates:
                curve = smooth(losses(kind, options.size, options.steps, rate, Path(name)))
                print(
                    f"{kind:<9} learning rate {rate}: loss {curve[-1]:.3f} at the end of {options.steps} steps",
                    flush=True,
                )
                if kind not in best or curve[-1] < best[kind][-1]:
                    best[kind] = curve
                    label = f"{kind}, learning rate {rate}"
            axes.plot(np.arange(len(best[kind])) + WINDOW, best[kind], label=label)
    goal = best["none"][-1]
    for kind in KINDS:
        reached = np.flatnonzero(best[kind] <= goal)
        step = reached[0] + WINDOW if len(reached) else "-"
        print(f"{kind:<9} reaches the last loss of no normalisation at step {step}")
    axes.set(
        xlabel="step", ylabel=f"content + style loss, mean of {WINDOW}", yscale="log", title=f"network {options.size}"
    )
    axes.legend()
    axes.grid(visible=True, which="both", alpha=0.3)
    figure.savefig(ROOT / "docs/normalization.png", dpi=110)


if __name__ == "__main__":
    main()

"""A training so small that a step takes a few hundredths of a second."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from safetensors.torch import save_file

from vst_core.device import Device, resolve_device
from vst_core.features import Features
from vst_core.methods import read_style
from vst_core.training.data import Clips, Scenes
from vst_core.training.loop import Step, Trainer
from vst_core.training.recipe import Recipe
from vst_core.training.run import train
from vst_core.training.settings import TrainingSettings
from vst_core.weights import Weights

Pixels = NDArray[np.float32]
MakeFeatures = Callable[[Sequence[str]], Features]
LAYERS = ("relu1_1", "relu2_1")
STYLES = ("dots", "bars")
STEPS = 4
FILES = ["loss.jsonl", "loss.png", "samples.png", "state.safetensors"]
"""What lies beside the network of a training that went well."""
RECIPE: dict[str, Any] = {
    "steps": STEPS,
    "stages": [
        {"frames": 1, "share": 1, "side": 64, "batch": 2},
        {"frames": 2, "share": 1, "side": 64, "batch": 1},
    ],
    "style_side": 64,
    "style_layers": LAYERS,
    "content_layers": ["relu2_1"],
}


def write_weights(path: Path, weights: Weights) -> Path:
    """As much of a VGG-16 as ``LAYERS`` need."""
    needed = ("features.0.", "features.2.", "features.5.")
    save_file({name: value for name, value in weights.state.items() if name.startswith(needed)}, path)
    return path


def smooth_picture(seed: int, height: int = 104, width: int = 104) -> Pixels:
    """(height, width, 3), display, of a few slow waves."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width] / 104
    waves = [np.sin(2 * np.pi * (a * x + b * y) + c) for a, b, c in rng.uniform(0, 1.2, (3, 3))]
    return np.asarray(0.5 + 0.4 * np.stack(waves, -1), np.float32)


def write_picture(path: Path, picture: Pixels) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), (picture[..., ::-1] * 255).round().astype(np.uint8))
    return path


def write_styles(folder: Path) -> list[Path]:
    """A picture for each of ``STYLES``."""
    return [write_picture(folder / f"{name}.png", smooth_picture(index, 64, 72)) for index, name in enumerate(STYLES)]


def recipe(folder: Path, **changes: Any) -> Recipe:
    return Recipe.of(RECIPE | {"styles": write_styles(folder)} | changes)


def recipe_text(**changes: Any) -> str:
    """A recipe as a file has it, but for its styles."""
    return json.dumps(RECIPE | changes)


def settings(folder: Path, weights: Path, run: dict[str, Any] | None = None, **changes: Any) -> TrainingSettings:
    """Settings of a training of ``folder / "net.safetensors"``.

    Args:
        folder: where styles and results lie.
        weights: see ``write_weights``.
        run: settings of the run.
        changes: settings of the recipe.
    """
    styles = write_styles(folder / "styles")
    data = {"output": folder / "net.safetensors", "weights": weights, "threads": 1, "samples": styles[0]}
    return TrainingSettings.of(data | {"recipe": RECIPE | {"styles": styles} | changes} | (run or {}))


def command(folder: Path, weights: Path, *more: object) -> list[str]:
    """Arguments of ``vst`` for the same training."""
    styles = write_styles(folder / "styles")
    (folder / "recipe.json").write_text(recipe_text())
    files = ("--settings", folder / "recipe.json", "-o", folder / "net.safetensors", "--samples", styles[0])
    named = [word for style in styles for word in ("--style", style)]
    return [str(word) for word in ("train", *files, *named, "--weights", weights, "--threads", 1, *more)]


def trainer(recipe: Recipe, features: MakeFeatures, device: Device | None = None) -> Trainer:
    styles = [read_style(path) for path in recipe.styles]
    used = features((*recipe.content_layers, *recipe.style_layers))
    return Trainer(recipe, used, styles, Clips(Scenes(recipe.seed), recipe.seed), device or processor())


def processor() -> Device:
    return resolve_device("cpu", "float32", 1)


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def trained(folder: Path, weights: Path, run: dict[str, Any] | None = None, **changes: Any) -> list[Step]:
    """All that a training yields; arguments as for ``settings``."""
    return list(train(settings(folder, weights, run, **changes)))


def network(folder: Path) -> Path:
    """The file of the network that is trained in a folder."""
    return folder / "net.safetensors"


def beside(folder: Path) -> Path:
    """The folder with everything else of that training."""
    return folder / "net.training"


def files(folder: Path) -> list[str]:
    """What lies in it."""
    return sorted(path.name for path in beside(folder).iterdir() if path.name != "lock")


def stopped_after(folder: Path, weights: Path, steps: int) -> None:
    """A training that was closed after some steps."""
    run = train(settings(folder, weights))
    for _ in range(1 + steps):
        next(run)
    run.close()

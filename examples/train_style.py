"""Trains a network on a style image, and shows how its losses fall.

python examples/train_style.py samples/styles/ink.png ink.safetensors --steps 400
"""

from __future__ import annotations

import argparse
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import vst_core as vst


def main(style: Path, output: Path, steps: int, weights: Path | None, **recipe: Any) -> None:
    """A training that was stopped goes on after its last saved step."""
    settings = vst.TrainingSettings.of(
        {
            # Scenes that are made up: no pictures and no video are needed, and their motion is known exactly.
            "recipe": {"styles": [str(style)], "data": "synthetic", "size": "fast", "steps": steps} | recipe,
            "output": str(output),
            "weights": weights,
        }
    )
    with closing(vst.train(settings)) as training:
        for step in training:
            if step.loss and (step.number % 10 == 0 or step.number == step.steps):
                parts = ", ".join(f"{name} {value:.3f}" for name, value in step.loss.items())
                print(f"step {step.number} of {step.steps}: {parts}")
    print(f"vst render PLATE --network {output} --style {style.stem} -o OUTPUT")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("style", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--steps", type=int, default=4000)
    parser.add_argument("--weights", type=Path, help="of VGG-16; found or downloaded when left out")
    try:
        main(**vars(parser.parse_args()))
    except vst.VstError as error:  # of a picture, the weights or the recipe: one line
        sys.exit(str(error))

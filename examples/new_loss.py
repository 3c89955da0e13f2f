"""A style loss of one's own, and a picture that minimises it.

python examples/new_loss.py content.png samples/styles/mosaic.png out.png
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import cv2
import torch
from torch import Tensor

from vst_core import VstError
from vst_core.features import Features
from vst_core.losses import content_loss, total_variation
from vst_core.methods import read_style
from vst_core.weights import load

LAYERS = ("relu1_1", "relu2_1", "relu3_1", "relu4_1")


def deviation_loss(features: Tensor, target: Tensor) -> Tensor:
    """Huang & Belongie 2017: means and deviations of channels, as a share; (1, C, H, W) twice -> scalar."""
    found, wanted = (torch.stack(torch.std_mean(each.float(), (2, 3))) for each in (features, target))
    return (found - wanted).square().sum() / wanted.square().sum()


def main(content: Path, style: Path, output: Path, steps: int, network: str) -> None:
    """Gatys' loop with Adam: features of a picture, losses, gradient, step."""
    features = Features(network, load(network), LAYERS)
    picture, wanted_style = read_style(content), features(read_style(style))
    wanted = features(picture)[LAYERS[-1]]
    solver = torch.optim.Adam([picture.requires_grad_()], 0.02)
    for step in range(1, steps + 1):
        found = features(picture)
        style_loss = torch.stack([deviation_loss(found[layer], wanted_style[layer]) for layer in LAYERS]).sum()
        content_part = content_loss(found[LAYERS[-1]], wanted) / wanted.square().mean()
        loss = style_loss + 0.3 * content_part + 0.5 * total_variation(picture)
        solver.zero_grad()
        loss.backward()
        solver.step()
        picture.data.clamp_(0, 1)
        print(f"step {step}: style {style_loss.item():.4f}, content {content_part.item():.4f}")
    pixels = (picture.detach()[0].flip(0).permute(1, 2, 0) * 255).round().byte().numpy()  # OpenCV wants BGR
    cv2.imwrite(str(output), pixels)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    for name in ("content", "style", "output"):
        parser.add_argument(name, type=Path)
    parser.add_argument("--steps", type=int, default=150)
    parser.add_argument("--network", choices=("vgg16", "vgg19"), default="vgg16")
    try:
        main(**vars(parser.parse_args()))
    except VstError as error:  # a picture or weights that are not there: one line
        sys.exit(str(error))

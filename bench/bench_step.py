"""What one optimisation step costs beside a bare forward and backward pass of the same network.

    python bench/bench_step.py [--rounds 30]

Both run in the same precision and to the same depth; the bare pass ends in the mean square of the deepest features.
Also prints how far the loss in bfloat16 is from that in float32, on a frame of the sample shot and a sample style.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

import torch
from paired import milliseconds, paired, ratio

from vst_core import weights
from vst_core.color import DisplayTransform
from vst_core.device import resolve_device
from vst_core.features import Features
from vst_core.frame_io import read_frame
from vst_core.methods import measure_style, read_style, scaled_to_area
from vst_core.methods.objective import Objective
from vst_core.settings import OptimizationSettings
from vst_core.torchvision_compat import import_torchvision

ROOT = Path(__file__).parent.parent
LIMITS = {"gram": 1.15, "wasserstein": 1.4}


def images(size: int) -> tuple[torch.Tensor, torch.Tensor]:
    """A square of the sample shot and a style, both at ``size``."""
    frame = read_frame(ROOT / "samples/shot/shot.1008.exr")
    shown = DisplayTransform("lin_rec709_scene").to_display(frame.color, frame.alpha).pixels
    square = torch.nn.functional.interpolate(shown[..., 70:250], (size, size), mode="bicubic").clamp(0, 1)
    return square, scaled_to_area(read_style(ROOT / "samples/styles/oil.png"), size)


def step(features: Features, measure: str, size: int) -> Callable[[], object]:
    """One whole step of Adam, as the method does it."""
    content, style = images(size)
    options = OptimizationSettings(style_loss=measure)
    objective = Objective(options, features, content, None, measure_style(options, features, [style], [1.0], refresh=4))
    image = content.clone().requires_grad_()
    solver = torch.optim.Adam([image], lr=0.02)

    def run() -> None:
        solver.zero_grad()
        objective(image).backward()
        solver.step()

    return run


def bare(loaded: weights.Weights, dtype: torch.dtype, size: int) -> Callable[[], object]:
    """Torchvision's own network, forward and backward, its weights frozen and laid out alike."""
    network = import_torchvision().models.vgg16(weights=None).features[:26]
    network.load_state_dict(
        {key.removeprefix("features."): loaded.state[key] for key in loaded.state if key[9:] in network.state_dict()}
    )
    network = network.to(dtype=dtype, memory_format=torch.channels_last).requires_grad_(False)
    image = images(size)[0].to(dtype, memory_format=torch.channels_last).requires_grad_()

    def run() -> None:
        image.grad = None
        network(image).float().square().mean().backward()

    return run


def losses(features: Features, size: int) -> dict[str, float]:
    """The style part of the objective for each measure, on the untouched plate."""
    content, style = images(size)
    found = {}
    for measure in ("gram", "wasserstein"):
        options = OptimizationSettings(style_loss=measure)
        target = measure_style(options, features, [style], [1.0])
        objective = Objective(options, features, content, None, target)
        objective(content)
        found[measure] = objective.parts()["style"]
    return found


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=30)
    rounds = parser.parse_args().rounds
    device = resolve_device()
    options = OptimizationSettings()
    layers = (*options.content_layers, *options.style_layers)
    loaded = weights.load("vgg16")
    print(f"device {device}; precision auto is {device.dtype}\n")
    print("size  precision  bare ms  gram ms  ratio  wasserstein ms  ratio")
    by_type = {}
    for dtype in (torch.bfloat16, torch.float32):
        features = by_type[dtype] = Features("vgg16", loaded, layers, dtype=dtype)
        for size in (256, 512):
            variants = {"bare": bare(loaded, dtype, size)} | {m: step(features, m, size) for m in LIMITS}
            times = paired(variants, rounds if size == 256 else max(5, rounds // 3))
            cells = "  ".join(f"{milliseconds(times, m):8.1f}  {ratio(times, m, 'bare'):5.2f}" for m in LIMITS)
            print(f"{size:>4}  {str(dtype)[6:]:>9}  {milliseconds(times, 'bare'):7.1f}  {cells}")
    short, full = losses(by_type[torch.bfloat16], 256), losses(by_type[torch.float32], 256)
    print()
    for measure, value in full.items():
        change = short[measure] / value - 1
        print(f"{measure}: style loss {value:.5f} in float32, {short[measure]:.5f} in bfloat16: {change:+.2%}")


if __name__ == "__main__":
    main()

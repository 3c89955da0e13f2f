"""What one optimisation step costs beside a bare forward and backward pass of the same network.

python bench/bench_step.py
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import torch
from paired import milliseconds, paired, ratio
from table import Table, show

from vst_core import weights
from vst_core.color import DisplayTransform
from vst_core.device import has_bfloat16, resolve_device
from vst_core.features import Features
from vst_core.frame_io import read_frame
from vst_core.methods import measure_style, read_style, scaled_to_area
from vst_core.methods.objective import Objective
from vst_core.settings import OptimizationSettings
from vst_core.torchvision_compat import import_torchvision

ROOT = Path(__file__).parent.parent
MEASURES = ("gram", "wasserstein")
NOTE = """The bare pass is torchvision's own VGG-16, forward and backward, in the same precision and to the same depth,
with frozen weights; its loss is the mean square of the deepest features. A step is all of Adam's, with every loss but
the temporal one. Medians of alternating runs, and ratios of the same round."""


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
    for measure in MEASURES:
        options = OptimizationSettings(style_loss=measure)
        target = measure_style(options, features, [style], [1.0])
        objective = Objective(options, features, content, None, target)
        objective(content)
        found[measure] = objective.parts()["style"]
    return found


def _short_types() -> tuple[torch.dtype, ...]:
    """What there is below float32 on this machine."""
    return (torch.bfloat16,) if has_bfloat16(torch.device("cpu")) else ()


def tables(*, quick: bool = False) -> Iterator[Table]:
    """The steps, and what their precision does to the loss."""
    rounds = 3 if quick else 30
    options = OptimizationSettings()
    layers = (*options.content_layers, *options.style_layers)
    loaded = weights.load("vgg16")
    columns = ("size and precision", "bare ms", "Gram ms", "times bare", "Wasserstein ms", "times bare")
    table = Table("A step of the optimisation", NOTE, columns)
    by_type = {}
    for dtype in (*_short_types(), torch.float32):
        features = by_type[dtype] = Features("vgg16", loaded, layers, dtype=dtype)
        for size in (128,) if quick else (256, 512):
            variants = {"bare": bare(loaded, dtype, size)} | {m: step(features, m, size) for m in MEASURES}
            times = paired(variants, rounds if size == 256 else max(3, rounds // 3))
            cells = [f"{milliseconds(times, 'bare'):.1f}"]
            for measure in MEASURES:
                cells += [f"{milliseconds(times, measure):.1f}", f"{ratio(times, measure, 'bare'):.2f}"]
            table.add(f"{size}, {str(dtype)[6:]}", *cells)
    table.note += f" On this machine `--precision auto` is {str(resolve_device().dtype)[6:]}."
    yield table
    if torch.bfloat16 not in by_type:
        return
    short, full = losses(by_type[torch.bfloat16], 256), losses(by_type[torch.float32], 256)
    note = "The style part of the objective of a frame of the sample shot, for a sample style."
    table = Table("What bfloat16 does to the loss", note, ("style loss", "in float32", "in bfloat16", "change"))
    for measure, value in full.items():
        table.add(measure, f"{value:.5f}", f"{short[measure]:.5f}", f"{short[measure] / value - 1:+.2%}")
    yield table


if __name__ == "__main__":
    show(tables())

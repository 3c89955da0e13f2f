"""A plate with all that colour can do, what the engine makes of it, and exported models that are run."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from pathlib import Path

import torch
import torch.nn.functional as F
from small_network import STYLES, random_network
from torch import Tensor

from vst_core.color import ColorConfig, DisplayTransform
from vst_core.device import Device
from vst_core.export.preview import Preview
from vst_core.methods import FeedForward
from vst_core.networks import Checkpoint

REC709, ACESCG = "lin_rec709_scene", "ACEScg"
SIZES = ((48, 64), (51, 67), (50, 33))
"""Height and width: multiples of every network's reduction, odd, and neither."""
PROCESSOR = Device(torch.device("cpu"), torch.float32, 1)

Model = Callable[[Tensor], Tensor]


def checkpoint(size: str = "fast") -> Checkpoint:
    """A network with random weights and the styles ``STYLES``."""
    return Checkpoint(random_network(size), STYLES, {}, (), Path("small.safetensors"), "0" * 64)


def preview(size: str = "fast", color_space: str = REC709) -> Preview:
    config = ColorConfig.load()
    matrix = config.matrix(config.resolve(color_space), config.working_space())
    return Preview(checkpoint(size).network, torch.from_numpy(matrix)).eval()


def plate(height: int, width: int) -> Tensor:
    """(1, 3, H, W), scene-linear: a soft picture with a lamp, a sun beyond what display holds, and colours below 0."""
    generator = torch.Generator().manual_seed(3)
    soft = F.interpolate(torch.rand(1, 3, 5, 6, generator=generator), (height, width), mode="bicubic")
    pixels = soft * 1.2 + torch.rand(1, 3, height, width, generator=generator) * 0.1
    pixels[:, :, 4:9, 5:14] = torch.tensor([6.0, 3.0, 1.5]).view(1, 3, 1, 1)
    pixels[:, :, -9:-4, -14:-8] = torch.tensor([90.0, 70.0, 20.0]).view(1, 3, 1, 1)
    pixels[:, 2, height // 2 : height // 2 + 4] = -0.2
    return pixels.contiguous()


def rendered(
    pixels: Tensor,
    blend: Sequence[float] = (1.0, 0.0),
    strength: float = 1.0,
    *,
    network: Checkpoint | None = None,
    color_space: str = REC709,
) -> Tensor:
    """What a render makes of a frame that has no frame before it, (1, 3, H, W)."""
    transform = DisplayTransform(color_space)
    source = transform.to_display(pixels[0].permute(1, 2, 0).numpy(), None)
    method = FeedForward(network or checkpoint(), STYLES, blend, PROCESSOR)
    stylized = method.stylize(source.pixels, None, lambda _: None)
    return torch.from_numpy(transform.to_scene_linear(stylized, source, strength)).permute(2, 0, 1)[None]


def error(result: Tensor, expected: Tensor) -> float:
    """The largest difference; of values above 1, relative to them."""
    assert result.shape == expected.shape
    assert result.dtype == expected.dtype
    return float(((result - expected).abs() / expected.abs().clamp(min=1)).max())


def loaded(path: Path) -> torch.jit.ScriptModule:
    """An exported file as a host has it."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "`torch.jit.load` is deprecated", DeprecationWarning)
        return torch.jit.load(path)  # type: ignore[no-any-return,no-untyped-call]

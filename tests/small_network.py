"""Feed-forward networks with random weights: enough where the picture does not matter."""

from __future__ import annotations

import gc
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from small_shot import SHOT, SmallShot
from torch import Tensor

from vst_core.moments import Moments
from vst_core.networks import ARCHITECTURES, TransformerNet, write_checkpoint

STYLES = ("dots", "bars")
CARD = {"license": "CC0-1.0", "recipe": {"steps": 0}}
# What a gate's bias must be for as much as may be of the prior to be kept where it is valid, or none.
KEEPS, DROPS = 200.0, -200.0


def random_network(size: str = "fast", styles: int = len(STYLES), seed: int = 1) -> TransformerNet:
    """A network whose styles differ."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = TransformerNet(ARCHITECTURES[size], styles)
        with torch.no_grad():
            for name, parameter in network.named_parameters():
                if name.endswith((".scale", ".shift")):
                    parameter.normal_(mean=1.0 if name.endswith("scale") else 0.0, std=0.4)
    return network.eval().requires_grad_(False)


def with_gate(network: TransformerNet, bias: float) -> TransformerNet:
    """The same network, its say about the prior decided: ``KEEPS`` or ``DROPS``."""
    assert network.last.bias is not None
    network.last.weight[3] = 0
    network.last.bias[3] = bias
    return network


def write_random_network(
    path: Path, *, gate: float | None = None, seed: int = 1, colors: Sequence[Moments] = ()
) -> Path:
    """A ``fast`` network as a file, with the styles ``STYLES``."""
    network = random_network(seed=seed)
    write_checkpoint(path, network if gate is None else with_gate(network, gate), STYLES, CARD, colors)
    return path


def random_frame(height: int, width: int, seed: int = 0) -> tuple[Tensor, Tensor, Tensor]:
    """Image, warped prior, and where that is valid: yes, no, and in between."""
    generator = torch.Generator().manual_seed(seed)
    image, warped = (torch.rand(1, 3, height, width, generator=generator) for _ in range(2))
    valid = (torch.rand(1, 1, height, width, generator=generator) * 2 - 0.5).clamp(0, 1)
    return image, warped, valid


def bytes_of_tensors() -> int:
    """What all tensors that are alive take."""
    gc.collect()
    storages = [each.untyped_storage() for each in gc.get_objects() if type(each) is Tensor]
    return sum({storage.data_ptr(): storage.nbytes() for storage in storages}.values())


def one_of(styles: int, index: int) -> Tensor:
    """(S,), the mixture that is one style alone."""
    return torch.nn.functional.one_hot(torch.tensor(index), styles).float()


def with_network(network: Path, **changes: Any) -> dict[str, Any]:
    """Changes of a ``SmallShot``'s settings that make it a render with a network, in its first style."""
    return {
        "method": "feedforward",
        "network": str(network),
        "precision": "float32",
        "style__styles": list(STYLES[:1]),
    } | changes


def network_command(
    shot: SmallShot, network: Path, output: Path, *more: object, style: tuple[object, ...] = ("--style", STYLES[0])
) -> list[str]:
    """Arguments of ``vst`` for the same render."""
    files = (shot.pattern, "-o", output / "out.####.exr", "--frames", SHOT)
    method = ("--network", network, *style, "--precision", "float32", "--threads", 1)
    return [str(word) for word in ("render", *files, *method, *more)]

"""Against spots: instance normalisation invites a network to raise one small spot of a map high above the rest."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vst_core.networks import ConditionalNorm

# Of a map's standard deviation: nothing that a frame shows is much further from its mean, once it is in the network.
_HIGH = 4.0


@contextmanager
def watched_spikes(network: nn.Module) -> Iterator[list[Tensor]]:
    """How far maps rise above themselves while the network runs with a gradient.

    A spot that holds most of a map's variance sets how strong all else is after normalisation. Networks find that in
    long trainings, and it shows as a bright or dark blot (Karras et al. 2020, section 2). Encoders are left alone:
    there a spike may be a lamp in the frame.

    Args:
        network: only its conditional norms that follow a residual block's or a decoder's convolution are watched.

    Yields:
        A list that fills with one scalar for each of those, each time: mean of max(|z| - 4, 0)^2, where z are the
        map's values, each map normalised by its own mean and deviation.
    """
    spikes: list[Tensor] = []

    def watch(_module: nn.Module, given: tuple[Tensor, Tensor]) -> None:
        if torch.is_grad_enabled():
            z = F.instance_norm(given[0]).float()
            spikes.append(F.relu(z.abs() - _HIGH).square().mean())

    norms = [module for name, module in network.named_modules() if _is_watched(name, module)]
    hooks = [norm.register_forward_pre_hook(watch) for norm in norms]
    try:
        yield spikes
    finally:
        for hook in hooks:
            hook.remove()


def _is_watched(name: str, module: nn.Module) -> bool:
    return isinstance(module, ConditionalNorm) and module.by_instance and name.startswith(("blocks.", "up_norms."))

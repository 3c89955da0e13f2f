"""The feed-forward method: one pass of a trained network a frame (Johnson et al. 2016, Ruder et al. 2018)."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from vst_core.device import Device, free_memory
from vst_core.errors import ModelError, is_out_of_memory
from vst_core.methods.base import Prior, Progress
from vst_core.methods.priors import long_term_prior, mean_prior
from vst_core.moments import blend_moments
from vst_core.networks import BandedNetwork, Checkpoint, Plan, plans
from vst_core.tensors import extended

# What else a render has in memory grows with the frame too.
_SHARE_OF_FREE_MEMORY = 0.5
# On a processor, for maps: more would make large frames a fifth faster, and take what other programs want.
_ENOUGH = 1 << 31


class FeedForward:
    """A trained network and one of its styles, or a mixture of some.

    Args:
        checkpoint: the trained network.
        styles: names of its styles.
        blend: one weight for each, summing to 1.
        device: where it runs, and in which precision.
        tile: rows of the frame that are computed at a time; 0 decides by the free memory.

    Attributes:
        colors: see ``Method``.

    Raises:
        SettingsError: the network has no such style.
    """

    def __init__(
        self, checkpoint: Checkpoint, styles: Sequence[str], blend: Sequence[float], device: Device, tile: int = 0
    ) -> None:
        mix = checkpoint.mixture(styles, blend)
        known = checkpoint.colors
        self.colors = blend_moments(known, mix.tolist()) if known else None
        self._network = BandedNetwork(checkpoint.network, mix, device.torch_device, device.dtype, device.threads)
        self._tile = tile
        self._size: tuple[int, int] | None = None
        self._ways: list[Plan] = []

    def held_to(self, earlier: Sequence[Prior], coming: Prior | None = None) -> Prior | None:
        """Their mean, which flickers least (``bench/bench_ruder.py``); see ``Method.held_to``.

        Of the next frame it takes only what none of them shows: what comes into view. The network paints an outline
        where that meets the thing it comes from behind, and outlines would be left standing, one a frame; the pass
        before came from where there is none.
        """
        if not earlier:
            return None
        before = mean_prior(earlier)
        return before if coming is None else long_term_prior((before, coming))

    def stylize(self, content: Tensor, prior: Prior | None, on_progress: Callable[[Progress], None]) -> Tensor:
        """Stylise one frame; see ``Method.stylize``. Progress is reported by layer and has no loss.

        Raises:
            ModelError: there is not enough memory, however small the bands.
        """
        height, width = content.shape[-2:]
        if prior is None:
            prior = Prior(torch.zeros_like(content), torch.zeros_like(content[:, :1]))
        frame = [_padded(item, self._network.reduction) for item in (content, prior.warped, prior.valid)]

        def report(done: int, layers: int) -> None:
            on_progress(Progress(done, layers, {}))

        for plan in self._ways_for(frame[0]):
            try:
                return self._network(*frame, plan=plan, on_layer=report)[:, :, :height, :width]
            except (MemoryError, RuntimeError) as error:  # torch has a class of its own for cards alone
                if not is_out_of_memory(error):
                    raise
                self._network.forget()
                self._ways = self._ways[1:] or self._ways  # the next frame need not fail first
        raise ModelError(
            f"out of memory for a frame of {width}x{height}",
            where="the network",
            remedy="lower --scale" if content.device.type == "cpu" else "lower --scale, or use --device cpu",
        )

    def _ways_for(self, image: Tensor) -> list[Plan]:
        """Ways to do it, the fastest that should fit first, each next one smaller.

        Decided once for all frames of a size: from the second one on, what is kept for the next frame is not free.
        """
        height, width = image.shape[-2:]
        if (height, width) != self._size:
            self._network.forget()
            self._size, self._ways = (height, width), self._plans(height, width, image.device)
        return self._ways

    def _plans(self, height: int, width: int, device: torch.device) -> list[Plan]:
        ways: list[tuple[int, Plan]] = []
        for plan in plans(self._tile):
            needed = self._network.memory(plan, height, width)
            if not (self._tile and plan.keeps == 1) and (not ways or needed < ways[-1][0]):
                ways.append((needed, plan))
        free = math.inf if self._tile else free_memory(device) * _SHARE_OF_FREE_MEMORY
        if device.type == "cpu" and not self._tile:
            free = min(free, _ENOUGH)
        return [plan for needed, plan in ways if needed <= free] or [ways[-1][1]]


def _padded(image: Tensor, multiple: int) -> Tensor:
    """Repeat the last row and column until both sides are multiples of a number."""
    height, width = image.shape[-2:]
    return extended(image, (0, -width % multiple, 0, -height % multiple))

"""The network on a frame of any size, a band of rows at a time, with the whole frame's statistics.

Instance normalisation asks for the mean and variance of a whole map before its first pixel can go on, so a frame
cannot simply be cut into tiles. Here each layer's convolution runs over bands, whose sums, taken over blocks that are
the same for all ways to cut bands, add up to the map's statistics; the normalisation is applied when the next layer
reads a band. That is fast, since a band stays in the processor's cache, and small: maps at full size, which take most
of the memory, need not be kept, for a band of them can be computed again from the map before.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from vst_core.networks.band_pass import BandPass, Plan, band_rows, sizes
from vst_core.networks.crew import Crew
from vst_core.networks.layers import layers_of
from vst_core.networks.transformer import TransformerNet

FASTEST = Plan()
_SMALLEST_BAND = 16
_BAND_CHANNELS = 32  # of a map at full size


def plans(rows: int = 0) -> list[Plan]:
    """Plans from the fastest to the one that takes the least memory.

    Args:
        rows: of the frame in a band of the first ones; 0 for as many as suit the processor, which are few in a wide
            frame: some plans after them take more memory then.
    """
    smaller = [Plan(4, count) for count in (256, 128, 64, 32, _SMALLEST_BAND) if not rows or count < rows]
    return [*(Plan(keeps, rows) for keeps in (1, 2, 4)), *smaller]


class BandedNetwork:
    """A network for one mixture of styles.

    Args:
        network: the trained network.
        mix: (S,), one weight for each style.
        device: where it runs.
        dtype: type of its weights and maps.
        threads: of a processor, each at a band of its own; 1 leaves the threads to torch.
    """

    def __init__(
        self,
        network: TransformerNet,
        mix: Tensor,
        device: torch.device | str = "cpu",
        dtype: torch.dtype = torch.float32,
        threads: int = 1,
    ) -> None:
        self.reduction = network.architecture.reduction
        self._device = torch.device(device)
        self._dtype = dtype
        self._crew = Crew(threads if self._device.type == "cpu" else 1)
        self._layers = layers_of(network.to(self._device), mix.to(self._device), dtype)
        self._spare: dict[tuple[int, ...], list[Tensor]] = {}

    def __call__(
        self,
        image: Tensor,
        warped: Tensor,
        valid: Tensor,
        *,
        plan: Plan = FASTEST,
        on_layer: Callable[[int, int], None] = lambda _done, _layers: None,
    ) -> Tensor:
        """Stylise a frame; see ``TransformerNet.forward``.

        Args:
            image: (1, 3, H, W), display [0, 1]; sides are multiples of ``reduction``.
            warped: (1, 3, H, W), the previous result on this frame's grid, display [0, 1].
            valid: (1, 1, H, W) in [0, 1].
            plan: how much is in memory at a time. On a processor neither it nor the number of threads changes a bit of
                the result, if the frame is some hundred pixels wide; else they change what the maps' type rounds.
            on_layer: told after each layer how many are done, and how many there are; may raise.

        Returns:
            (1, 3, H, W), display [0, 1].
        """
        with torch.no_grad():
            frame = image, warped, valid
            return BandPass(self._layers, frame, self._dtype, self._spare, plan, self._crew).run(on_layer)

    def memory(self, plan: Plan, height: int, width: int) -> int:
        """About how many bytes a pass takes on top of its frame."""
        maps = zip(self._layers[:-1], sizes(self._layers, height, width), strict=False)
        kept = {
            (rows, layer.channels * rows * columns) for layer, (rows, columns) in maps if rows * plan.keeps <= height
        }
        whole = sum(values for _, values in kept) + 2 * min(kept)[1]  # a residual block has three at a time
        rows = band_rows(plan, _BAND_CHANNELS, (height, width), height, self._device, self._crew.size)
        # Every layer has room for its padded input, and the one at work some copies of its result.
        return (whole + 8 * _BAND_CHANNELS * rows * width * self._crew.size) * self._dtype.itemsize

    def forget(self) -> None:
        """Give back the memory that is kept for the next frame."""
        self._spare.clear()

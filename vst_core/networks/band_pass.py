"""One frame's way through the layers of a network, a band of rows at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import get_ident

import torch
from torch import Tensor

from vst_core.networks.blocks import EPSILON
from vst_core.networks.crew import Band, Crew
from vst_core.networks.layers import Layer
from vst_core.networks.transformer import to_picture

# Values of a band's map: what two of them take fits a cache of some megabytes.
_BAND_VALUES = 1 << 21
# A card has no use for a small one.
_BAND_VALUES_CUDA = 1 << 28
# Rows of a map that are measured at a time. Bands are made of whole blocks, whose sums are then the same for all bands.
# Of fewer rows, most would be those that neighbouring bands share.
_BLOCK_ROWS = 8
_INPUT = -1

_Block = tuple[Tensor, Tensor, int]  # mean and variance of each channel, and pixels


@dataclass(frozen=True, slots=True)
class Plan:
    """How much of a frame is in memory at a time.

    Attributes:
        keeps: maps that are this many times smaller than the frame, or more, are kept whole: 1 for all of them. A
            larger number takes less memory and more time.
        rows: of the frame in a band; 0 for as many as suit the processor.
    """

    keeps: int = 1
    rows: int = 0


def sizes(layers: list[Layer], height: int, width: int) -> list[tuple[int, int]]:
    """Height and width of each layer's result."""
    found: list[tuple[int, int]] = []
    for layer in layers:
        height, width = layer.output_size(height, width)
        found.append((height, width))
    return found


def band_rows(
    plan: Plan, channels: int, size: tuple[int, int], height: int, device: torch.device, at_a_time: int
) -> int:
    """Rows of a map in a band: whole blocks, but at the end of the map.

    Args:
        plan: how much is in memory at a time.
        channels: of the map.
        size: height and width of the map.
        height: of the frame.
        device: where it is computed.
        at_a_time: bands that are; there are no fewer, but in the smallest of maps.
    """
    if plan.rows:
        rows = plan.rows * size[0] // height
    else:
        rows = (_BAND_VALUES_CUDA if device.type == "cuda" else _BAND_VALUES) // (max(channels, 32) * size[1])
    share = -(-size[0] // at_a_time)
    rows = min(rows // _BLOCK_ROWS, -(-share // _BLOCK_ROWS))
    return min(max(1, rows) * _BLOCK_ROWS, size[0])


class BandPass:
    """One frame's way through the layers.

    Args:
        layers: of the network.
        frame: image, warped and valid; see ``BandedNetwork``.
        dtype: type of the maps.
        spare: maps of earlier frames, by shape, to be used again.
        plan: how much is in memory at a time.
        crew: computes the bands.
    """

    def __init__(
        self,
        layers: list[Layer],
        frame: tuple[Tensor, Tensor, Tensor],
        dtype: torch.dtype,
        spare: dict[tuple[int, ...], list[Tensor]],
        plan: Plan,
        crew: Crew,
    ) -> None:
        self._layers, self._frame, self._dtype, self._spare, self._plan = layers, frame, dtype, spare, plan
        self._crew = crew
        height, width = frame[0].shape[-2:]
        self._sizes = dict(enumerate(sizes(layers, height, width))) | {_INPUT: (height, width)}
        self._is_kept = [self._sizes[number][0] * plan.keeps <= height for number in range(len(layers))]
        self._maps: dict[int, Tensor] = {}
        self._affine: dict[int, tuple[Tensor, Tensor]] = {}
        self._added = {layer.adds for layer in layers}
        self._finished: set[int] = set()
        self._rooms: dict[tuple[int, int], Tensor] = {}

    def run(self, on_layer: Callable[[int, int], None]) -> Tensor:
        """The stylised frame."""
        try:
            return self._run(on_layer)
        finally:
            for tensor in self._maps.values():
                self._spare[tuple(tensor.shape)].append(tensor)

    def _run(self, on_layer: Callable[[int, int], None]) -> Tensor:
        last = len(self._layers) - 1
        uses = self._last_uses()
        for number in range(last):
            self._measure(number)
            self._release(number, uses)
            on_layer(number + 1, len(self._layers))
        result = torch.empty_like(self._frame[0])

        def finish(top: int, bottom: int) -> None:
            _, warped, valid = (item[:, :, top:bottom] for item in self._frame)
            output = self._convolved(last, top, bottom).contiguous()
            result[:, :, top:bottom] = to_picture(output, warped, valid).clamp_(0, 1)

        self._crew.each(finish, self._bands(last))
        on_layer(len(self._layers), len(self._layers))
        return result

    def _measure(self, number: int) -> None:
        """Run a layer's convolution over all bands: take its statistics, and keep the map if it is one to be kept."""
        layer = self._layers[number]
        kept = self._buffer(number) if self._is_kept[number] else None

        def measured(top: int, bottom: int) -> list[_Block]:
            band = self._convolved(number, top, bottom)
            if kept is not None:
                kept[:, :, top:bottom] = band
            return [
                (*torch.batch_norm_update_stats(block, None, None, 0.0), block.shape[2] * block.shape[3])
                for block in _blocks(band)
            ]

        assert layer.scale is not None
        assert layer.shift is not None
        blocks = [block for band in self._crew.each(measured, self._bands(number)) for block in band]
        self._affine[number] = _affine(blocks, layer.scale, layer.shift)
        if layer.adds is not None or number in self._added:  # a sum cannot be left for later: its parts would be needed
            assert kept is not None, "residual blocks lie where maps are smallest"
            summed = kept
            self._crew.each(
                lambda top, bottom: self._activate(number, top, bottom, summed[:, :, top:bottom]), self._bands(number)
            )
            self._finished.add(number)

    def _convolved(self, number: int, top: int, bottom: int) -> Tensor:
        """Rows of a layer's convolution, computed from the map before it."""
        layer, (height, width) = self._layers[number], self._sizes[number - 1]
        start, stop = layer.input_rows(top, bottom)
        above, below, margin = max(0, -start), max(0, stop - height), layer.margin
        padded = self._workspace(number, stop - start, width + 2 * margin)
        inner = padded[:, :, above : stop - start - below, margin : margin + width]
        self._activate(number - 1, start + above, stop - below, inner)
        layer.pad(padded, above, below)
        return layer.convolved(padded, top, bottom)

    def _activate(self, number: int, top: int, bottom: int, out: Tensor) -> None:
        """Write rows of a layer's result, normalised, rectified and added to, into ``out``, (1, C, h, W)."""
        if number == _INPUT:
            image, warped, valid = (item[:, :, top:bottom] for item in self._frame)
            out[:, :3] = image
            torch.mul(warped, valid, out=out[:, 3:6])
            out[:, 6:] = valid
            return
        kept = self._maps.get(number)
        band = self._convolved(number, top, bottom) if kept is None else kept[:, :, top:bottom]
        if number in self._finished:
            out.copy_(band)
            return
        layer, (scale, shift) = self._layers[number], self._affine[number]
        if band.dtype != out.dtype:
            band = out.copy_(band)
        torch.addcmul(shift.to(out.dtype), band, scale.to(out.dtype), out=out)  # of mixed types, ten times slower
        if layer.rectifies:
            out.relu_()
        if layer.adds is not None:
            out.add_(self._maps[layer.adds][:, :, top:bottom])

    def _workspace(self, number: int, rows: int, columns: int) -> Tensor:
        """Room for the padded input of a layer's band; from band to band of a thread the same."""
        weight = self._layers[number].weight
        shape = (1, weight.shape[0 if self._layers[number].upsamples else 1], rows, columns)
        key = get_ident(), number
        if key not in self._rooms or self._rooms[key].shape != shape:
            self._rooms[key] = torch.empty(
                shape, dtype=weight.dtype, device=self._frame[0].device, memory_format=torch.channels_last
            )
        return self._rooms[key]

    def _bands(self, number: int) -> list[Band]:
        """A layer's rows, cut into bands; of less than a block torch would choose another convolution."""
        size = self._sizes[number]
        frame = self._frame[0]
        channels, height = self._layers[number].channels, frame.shape[-2]
        rows = band_rows(self._plan, channels, size, height, frame.device, self._crew.size)
        tops = range(0, max(1, size[0] - _BLOCK_ROWS + 1), rows)
        return list(zip(tops, (*tops[1:], size[0]), strict=True))

    def _last_uses(self) -> dict[int, int]:
        """By kept layer, the number of the last layer that reads its map."""
        uses: dict[int, int] = {}
        for number in range(len(self._layers)):
            source = number - 1
            while source != _INPUT and not self._is_kept[source]:
                source -= 1
            for read in (source, self._layers[number].adds):
                if read is not None and read != _INPUT:
                    uses[read] = number
        return uses

    def _buffer(self, number: int) -> Tensor:
        shape = (1, self._layers[number].channels, *self._sizes[number])
        spare = self._spare.setdefault(shape, [])
        if not spare:
            device = self._frame[0].device
            spare.append(torch.empty(shape, dtype=self._dtype, device=device, memory_format=torch.channels_last))
        self._maps[number] = spare.pop()
        return self._maps[number]

    def _release(self, done: int, uses: dict[int, int]) -> None:
        """Give back the maps that no later layer reads."""
        for number in [number for number in self._maps if uses.get(number, number) <= done]:
            tensor = self._maps.pop(number)
            self._spare[tuple(tensor.shape)].append(tensor)


def _blocks(band: Tensor) -> Sequence[Tensor]:
    """The parts of a band that are measured each by itself; on a card, where many small ones take long, all of it."""
    return (band,) if band.device.type == "cuda" else torch.split(band, _BLOCK_ROWS, 2)


def _affine(blocks: Sequence[_Block], scale: Tensor, shift: Tensor) -> tuple[Tensor, Tensor]:
    """What makes a normalised map of one that was measured in blocks: a factor and what is added, (1, C, 1, 1) each."""
    means = torch.stack([mean for mean, _, _ in blocks]).double()
    variances = torch.stack([variance for _, variance, _ in blocks]).double()
    shares = means.new_tensor([[pixels] for _, _, pixels in blocks])
    shares /= shares.sum()
    mean = (means * shares).sum(0)
    variance = ((variances + means.square()) * shares).sum(0) - mean.square()
    factor = scale * torch.rsqrt(variance.clamp_min(0) + EPSILON)
    offset = shift - mean * factor
    return factor.float().view(1, -1, 1, 1), offset.float().view(1, -1, 1, 1)

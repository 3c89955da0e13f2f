"""The loss of a batch of clips: alpha L_content + beta L_style + gamma L_temporal + TV (Johnson et al. 2016, Ruder et
al. 2018).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vst_core.features import Features
from vst_core.flow import warp
from vst_core.losses import content_loss, temporal_loss, total_variation
from vst_core.methods import BALANCE, StyleTarget, measure_style
from vst_core.moments import Moments
from vst_core.networks import TransformerNet
from vst_core.settings import OptimizationSettings
from vst_core.training.motion import Clip
from vst_core.training.recipe import Recipe
from vst_core.training.spikes import watched_spikes

# Of display values: more than grain, less than a shadow.
_CHANGE = 0.06
# What the colour of a painting drifts is judged in so many cells a side.
_CELLS = 2
# Weight of that: a drift is small in every frame, and adds up over a shot.
_DRIFT = 4.0
# Of display values: a drift beyond this counts by its size and no more by its square, or a few odd clips would rule.
_DRIFTED = 0.01
# Weight of spikes: they are few, and it takes a push to level one that others lean on.
_SPIKES = 2.0


@dataclass(frozen=True, slots=True)
class Draw:
    """What is drawn at random for a step.

    Attributes:
        styles: the style of each clip of the batch.
        judged: the frame that content and style are asked of.
        blur: (B,), how much each prior is blurred, 0 to 1.
        tint: (B, 3), what is added to each prior's colour.
        most_kept: (B,), see ``TransformerNet.forward``: the less, the more the network itself has to go on painting
            as it did.
    """

    styles: list[int]
    judged: int
    blur: Tensor
    tint: Tensor
    most_kept: Tensor


class ClipObjective:
    """The loss of a network on a batch of clips.

    Args:
        recipe: weights and layers.
        features: the feature network.
        styles: (1, 3, h, w) each, display [0, 1].
    """

    def __init__(self, recipe: Recipe, features: Features, styles: Sequence[Tensor]) -> None:
        settings = OptimizationSettings(
            style_loss=recipe.style_loss, style_layers=recipe.style_layers, content_layers=recipe.content_layers
        )
        self._recipe, self._features = recipe, features
        self._balance = BALANCE[recipe.style_loss]
        self._targets: list[StyleTarget] = [measure_style(settings, features, [style], [1.0]) for style in styles]

    def __call__(self, network: TransformerNet, clip: Clip, draw: Draw) -> dict[str, Tensor]:
        """The weighted parts of the loss, scalars, by name.

        Args:
            network: what is trained.
            clip: see ``Clips.batch``.
            draw: what was drawn for this step.
        """
        mix = F.one_hot(torch.tensor(draw.styles, device=clip.frames.device), network.styles).float()
        recipe = self._recipe
        with watched_spikes(network if recipe.spike_weight else nn.Identity()) as spikes:
            outputs, unstable = self._unrolled(network, clip, mix, draw)
        judged = outputs[draw.judged]
        content, style = self._perceptual(judged, clip.frames[:, draw.judged], draw.styles)
        parts = {
            "content": recipe.content_weight * self._balance.content * content,
            "style": recipe.style_weight * style,
            "tv": recipe.tv_weight * self._balance.tv * total_variation(judged),
        }
        if spikes:
            parts["spikes"] = recipe.spike_weight * _SPIKES * torch.stack(spikes).mean()
        if unstable:
            parts["temporal"] = recipe.temporal_weight * self._balance.temporal * torch.stack(unstable).mean()
            parts["drift"] = recipe.temporal_weight * _DRIFT * _drift(network, outputs[-1], clip.frames[:, -1], mix)
        return parts

    def _unrolled(
        self, network: TransformerNet, clip: Clip, mix: Tensor, draw: Draw
    ) -> tuple[list[Tensor], list[Tensor]]:
        """The stylised frames, each with the one before it as its prior, and the temporal loss of each pair."""
        outputs = [_first(network, clip.frames[:, 0], mix)]
        unstable: list[Tensor] = []
        for index in range(clip.backward_flow.shape[1]):
            flow, valid = clip.backward_flow[:, index], clip.valid[:, index]
            worn = warp(_worn(outputs[-1], draw), flow) * (valid > 0)
            outputs.append(network(clip.frames[:, index + 1], worn, valid, mix, draw.most_kept.view(-1, 1, 1, 1)))
            bound = valid * _unchanged(clip.frames[:, index + 1], warp(clip.frames[:, index], flow))
            unstable.append(temporal_loss(outputs[-1], warp(outputs[-2], flow), bound))
        return outputs, unstable

    def _perceptual(self, image: Tensor, plate: Tensor, styles: Sequence[int]) -> tuple[Tensor, Tensor]:
        recipe = self._recipe
        with torch.no_grad():
            wanted, _ = self._features.statistics(plate, recipe.content_layers, ())
        maps, moments = self._features.statistics(image, recipe.content_layers, recipe.style_layers)
        content, style = [], []
        for index, number in enumerate(styles):
            target, one = self._targets[number], slice(index, index + 1)
            content += [
                weight * content_loss(maps[layer][one], wanted[layer][one]) / len(recipe.content_layers)
                for layer, weight in target.content_weights.items()
            ]
            style += [
                weight * target.losses[layer].of_moments(Moments(*(item[one] for item in moments[layer])))
                for layer, weight in target.weights.items()
            ]
        return torch.stack(content).sum() / len(styles), torch.stack(style).sum() / len(styles)


def _first(network: TransformerNet, frame: Tensor, mix: Tensor) -> Tensor:
    """A frame as the first of a shot is stylised: with no prior."""
    stylized: Tensor = network(frame, torch.zeros_like(frame), torch.zeros_like(frame[:, :1]), mix)
    return stylized


def _drift(network: TransformerNet, stylized: Tensor, frame: Tensor, mix: Tensor) -> Tensor:
    """How far a frame that follows others is, in its colours at large, from the same one as a shot's first: scalar.

    Strokes may lie elsewhere; but a shot that grows darker frame by frame is wrong even where each step is small.
    """
    with torch.no_grad():
        wanted = F.adaptive_avg_pool2d(_first(network, frame, mix), _CELLS)
    return F.smooth_l1_loss(F.adaptive_avg_pool2d(stylized, _CELLS), wanted, beta=_DRIFTED)


def _unchanged(frame: Tensor, warped: Tensor) -> Tensor:
    """1 where a frame looks as the one before it did, towards 0 where light or picture changed: (B, 1, H, W).

    The network is told that such a pixel's prior is valid, as it will be by motion vectors, but not bound to it.
    """
    change = F.avg_pool2d((frame - warped).abs().mean(1, keepdim=True), 5, 1, 2)
    return torch.exp(-(change / _CHANGE).square())


def _worn(image: Tensor, draw: Draw) -> Tensor:
    """A result as it is after many frames: softened by resampling, its colour gone astray.

    The network sees that and is asked for the unworn one, so over a long shot it restores sharpness and colour.
    """
    soft = F.avg_pool2d(F.pad(image, (1, 1, 1, 1), mode="replicate"), 3, 1)
    return torch.lerp(image, soft, draw.blur.view(-1, 1, 1, 1)) + draw.tint.view(-1, 3, 1, 1)

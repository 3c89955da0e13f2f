"""Keeping the plate's colour: luminance-only transfer and colour matching (Gatys et al. 2016b, "Preserving Color in
Neural Artistic Style Transfer").

Both are decided once for a shot, from the moments of the style's colours and of the plate's, so they cannot flicker.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from vst_core.moments import Moments, as_pixels, pixel_moments

# Rec.709, on display values.
_LUMA = (0.2126, 0.7152, 0.0722)
# Least variance of a colour, of display [0, 1]: less is one flat colour, which no matrix can spread.
_LEAST = 1e-5


@dataclass(frozen=True, slots=True)
class ColorMap:
    """An affine map of colours, ``matrix @ color + offset``.

    Attributes:
        matrix: (3, 3).
        offset: (3,).
    """

    matrix: Tensor
    offset: Tensor

    def __call__(self, image: Tensor) -> Tensor:
        """(B, 3, H, W), display -> the same, which may leave [0, 1]."""
        return torch.einsum("ij,bjhw->bihw", self.matrix, image) + self.offset.view(1, 3, 1, 1)


def color_moments(image: Tensor, seen: Tensor | None = None) -> Moments:
    """Moments of an image's colours.

    Args:
        image: (1, 3, H, W), display.
        seen: (H, W), true where a pixel counts; all do when left out, or where none does.
    """
    pixels = as_pixels(image)
    return pixel_moments(pixels if seen is None or not bool(seen.any()) else pixels[:, seen.flatten()])


def matching_map(source: Moments, target: Moments) -> ColorMap:
    """The map that gives colours of one mean and covariance those of another, moving them least.

    It is the optimal transport between two Gaussians: of the matrices that match the covariance, the symmetric one. A
    rotation more, as in matching by Cholesky factors, would exchange hues.
    """
    of_source, of_target = (_spread(moments) for moments in (source, target))
    root, inverse = _power(of_source, 0.5), _power(of_source, -0.5)
    matrix = inverse @ _power(root @ of_target @ root, 0.5) @ inverse
    return ColorMap(matrix, target.mean[0] - matrix @ source.mean[0])


def with_luminance(plate: Tensor, luminance: Tensor) -> Tensor:
    """The plate in another luminance: its colours, somebody else's light and shade.

    Where a colour does not fit into [0, 1] at its new luminance, it is paled until it does, its hue kept.

    Args:
        plate: (B, 3, H, W), display.
        luminance: (B, 1, H, W), Rec.709 luma of display values.
    """
    luminance = luminance.clamp(0, 1)
    chroma = plate - luma(plate)
    highest, lowest = chroma.amax(1, keepdim=True), chroma.amin(1, keepdim=True)
    tiny = torch.finfo(chroma.dtype).tiny
    room = torch.minimum((1 - luminance) / highest.clamp_min(tiny), luminance / (-lowest).clamp_min(tiny))
    return luminance + chroma * room.clamp(max=1)


def matching_luminance(image: Tensor, source: Moments, target: Moments) -> Tensor:
    """An image's luma, its mean and deviation moved from those of one distribution of colours to another's.

    Args:
        image: (B, 3, H, W), display.
        source: of the style's colours.
        target: of the plate's.

    Returns:
        (B, 1, H, W), which may leave [0, 1].
    """
    weights = source.mean.new_tensor(_LUMA)
    means = [float(moments.mean[0] @ weights) for moments in (source, target)]
    deviations = [float((weights @ _spread(moments) @ weights).sqrt()) for moments in (source, target)]
    return (luma(image) - means[0]) * (deviations[1] / deviations[0]) + means[1]


def luma(image: Tensor) -> Tensor:
    """(B, 3, H, W) -> (B, 1, H, W), Rec.709 luma."""
    return (image * torch.tensor(_LUMA, device=image.device).view(1, 3, 1, 1)).sum(1, keepdim=True)


def _spread(moments: Moments) -> Tensor:
    covariance = moments.covariance[0]
    return covariance + _LEAST * torch.eye(3).to(covariance)


def _power(matrix: Tensor, exponent: float) -> Tensor:
    """Of a symmetric matrix."""
    values, vectors = torch.linalg.eigh(matrix)
    power: Tensor = (vectors * values.clamp_min(_LEAST**2) ** exponent) @ vectors.T
    return power

"""Do a frame pair's motion vectors fit its pictures? A pure function of the pair, so that a resumed render repeats it.

Renderers get vectors wrong: Cycles does for a moving orthographic camera, and leaves them 0 where motion blur is on.
A host may mean another sign. So the vectors are put on trial against a fast estimate, at a reduced size: which of the
two aligns the previous picture better with the current one, by the correlation of 7x7 windows, which a change of light
hardly disturbs? An estimate loses against right vectors where motion is fast and comes close to them elsewhere, noise
included. Only vectors that lose by a wide margin are called wrong.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, cast

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vst_core.flow.warp import inside, warp

GreyArray = NDArray[np.uint8]
FloatArray = NDArray[np.float32]
BoolArray = NDArray[np.bool_]

_LARGEST_WIDTH = 480
_WINDOW = 7
_TEXTURE = 0.02  # standard deviation within a window, display units, below which it shows nothing to align
_NOISE_FLOOR = 1e-4  # variance that keeps flat windows from dividing by 0
_MINIMUM_EVIDENCE = 0.01  # share of the frame that must be textured for any judgement
_CLEARLY_WORSE = 0.6  # ratio of correlations: right vectors of renders were never below 0.9, wrong ones near 0
_LEAST_GAIN = 0.05  # what an estimate may gain by fitting grain
_MOSTLY_DISPLACED = 0.3  # right vectors of renders: 0.04 at most
_SOME_DISPLACED = 0.03  # a moving sun's shadows: 0.017; a moving ninth of a frame: 0.04 to 0.1
_FITS = 0.8  # of the estimate's correlation, for reversed vectors to be believed
_SMALLEST_SIDE = 32  # the fast estimator crashes, or returns NaN, on wide pictures of fewer rows
_REVERSALS = ((-1.0, 1.0), (1.0, -1.0), (-1.0, -1.0))


@dataclass(frozen=True, slots=True)
class Agreement:
    """How well vectors fit a pair of pictures; correlations are means over the textured part of the frame, up to 1.

    Attributes:
        textured: share of the frame that has anything to align, and whose motion does not leave the frame.
        difference: mean absolute difference of the two pictures, display units.
        vectors: correlation after warping by the vectors.
        estimated: correlation after warping by the estimate.
        displaced: share of the textured part that only the estimate aligns, and well.
        signs: factors of x and y that would make wrong vectors fit; None where no reversal would.
        scale: factor of both that would make them fit; None where none would, or a reversal does.
    """

    textured: float
    difference: float
    vectors: float
    estimated: float
    displaced: float
    signs: tuple[float, float] | None = None
    scale: float | None = None

    @property
    def contradicted(self) -> bool:
        """Whether the vectors are clearly wrong."""
        lags = self.vectors < _CLEARLY_WORSE * self.estimated and self.estimated - self.vectors > _LEAST_GAIN
        return self._has_evidence and (lags or self.displaced > _MOSTLY_DISPLACED)

    @property
    def still(self) -> bool:
        """Whether nothing moves between the pictures, given that the vectors are 0: only light or grain may differ."""
        has_movers = self.displaced > _SOME_DISPLACED
        unrelated = self.difference > 0.15 and self.vectors < 0.1
        return not (self._has_evidence and (has_movers or unrelated or self.contradicted))

    @property
    def _has_evidence(self) -> bool:
        return self.textured >= _MINIMUM_EVIDENCE


def judge_vectors(
    current: GreyArray, previous: GreyArray, backward_flow: Tensor, usable: BoolArray | None = None
) -> Agreement:
    """Put a vector pass on trial.

    Args:
        current: (H, W), 8-bit grey of the display image.
        previous: (H, W), likewise.
        backward_flow: (1, 2, H, W), pixels, x right, y down: the vectors.
        usable: (H, W), False where the vectors are known to say nothing (sky).
    """
    size = _reduced_size(current)
    now, before = _reduce(current, size), _reduce(previous, size)
    vectors = _reduce_flow(backward_flow, size)
    estimate = _estimate(now, before)
    scene = _to_display(now)
    texture = _window_variance(scene) > _TEXTURE**2
    texture &= (inside(estimate) * inside(vectors))[0, 0].numpy() > 0
    if usable is not None:
        texture &= cv2.resize(usable.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST) > 0
    by_vectors = _fit(scene, before, vectors)
    by_estimate = _fit(scene, before, estimate)
    displaced = (by_estimate > 0.6) & (by_estimate - by_vectors > 0.3)
    result = Agreement(
        textured=float(texture.mean()),
        difference=float(np.abs(scene - _to_display(before)).mean()),
        vectors=_mean(by_vectors, texture),
        estimated=_mean(by_estimate, texture),
        displaced=_mean(displaced, texture),
    )
    if not result.contradicted:
        return result

    def fit(x: float, y: float) -> float:
        return _mean(_fit(scene, before, vectors * torch.tensor((x, y)).view(1, 2, 1, 1)), texture)

    fits = {signs: fit(*signs) for signs in _REVERSALS}
    best = max(fits, key=fits.__getitem__)
    if fits[best] > _FITS * result.estimated:
        return replace(result, signs=best)
    scale = _ratio(estimate, vectors, texture)
    return replace(result, scale=scale) if fit(scale, scale) > _FITS * result.estimated else result


def _ratio(flow: Tensor, other: Tensor, where: BoolArray) -> float:
    """How many times as long as the other a flow is, along it; by the median."""
    flow, other = (each[0].flatten(1)[:, torch.from_numpy(where.ravel())] for each in (flow, other))
    lengths = other.square().sum(0)
    ratios = ((flow * other).sum(0) / lengths)[lengths > 0]
    return float(ratios.median()) if len(ratios) else 1.0


def _fit(scene: FloatArray, before: GreyArray, flow: Tensor) -> FloatArray:
    """Correlation of each window with the previous picture's, where the flow points."""
    image = torch.from_numpy(_to_display(before))[None, None]
    moved = warp(image, flow)[0, 0].numpy()
    covariance = _box(scene * moved) - _box(scene) * _box(moved)
    energy = (_window_variance(scene) + _NOISE_FLOOR) * (_window_variance(moved) + _NOISE_FLOOR)
    return cast(FloatArray, covariance / np.sqrt(energy))


def _estimate(current: GreyArray, previous: GreyArray) -> Tensor:
    solver: Any = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_FAST)
    field = solver.calc(current, previous, None)
    return torch.from_numpy(np.ascontiguousarray(field.transpose(2, 0, 1)))[None]


def _window_variance(image: FloatArray) -> FloatArray:
    variance: FloatArray = np.maximum(_box(image * image) - _box(image) ** 2, 0)
    return variance


def _box(image: FloatArray) -> FloatArray:
    return cast(FloatArray, cv2.blur(image, (_WINDOW, _WINDOW), borderType=cv2.BORDER_REFLECT))


def _mean(values: NDArray[np.float32] | BoolArray, where: BoolArray) -> float:
    return float(values[where].mean()) if where.any() else 0.0


def _to_display(grey: GreyArray) -> FloatArray:
    return grey.astype(np.float32) / np.float32(255)


def _reduced_size(image: GreyArray) -> tuple[int, int]:
    """(width, height) of at most 480 columns, and no side below what the estimator takes."""
    height, width = image.shape
    scale = min(1.0, _LARGEST_WIDTH / width)
    return max(_SMALLEST_SIDE, round(width * scale)), max(_SMALLEST_SIDE, round(height * scale))


def _reduce(image: GreyArray, size: tuple[int, int]) -> GreyArray:
    return cast(GreyArray, cv2.resize(image, size, interpolation=cv2.INTER_AREA))


def _reduce_flow(flow: Tensor, size: tuple[int, int]) -> Tensor:
    height, width = flow.shape[-2:]
    planes = [
        cv2.resize(plane, size, interpolation=cv2.INTER_AREA) * np.float32(factor)
        for plane, factor in zip(flow[0].cpu().numpy(), (size[0] / width, size[1] / height), strict=True)
    ]
    return torch.from_numpy(np.stack(planes))[None]

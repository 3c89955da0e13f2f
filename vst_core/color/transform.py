"""A plate as a network sees it, and the network's picture as the plate's colour.

Every plate goes through one invertible curve (``display_curve``) in Rec.709. Nothing between 0 and 64 in Rec.709 is
lost. What a network cannot be shown, negative values (other gamuts have many) and values above 64, is clamped for it
and kept in the ``DisplayImage``; on the way back it is restored in proportion to what the network left of the pixel:

* a channel above 64 is scaled up again by as much as it was clamped down;
* a negative part is added again, less of it where the stylised pixel is darker than the plate was.

So an identity network gives the plate back, and a dark brush stroke over a laser beam is not a hole in the image.

Encoded spaces (sRGB, log) are decoded and encoded by OpenColorIO, which ends some of them at 0: what they cannot
hold is lost, as it is in every program.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vst_core.color.coverage import fill_uncovered, is_opaque, scaled, uncovered, unpremultiplied
from vst_core.color.curve import PEAK, curve, inverse_curve
from vst_core.color.highlights import Highlights
from vst_core.color.space import ColorConfig
from vst_core.errors import ModelError
from vst_core.image import FloatArray
from vst_core.tensors import row_bands

cv: Any = cv2  # its stubs know no element types

_BAND_ROWS = 16  # what fits the caches of a core
LUMINANCE = np.array([0.2126, 0.7152, 0.0722], np.float32)  # Rec.709
DARK = np.float32(1e-4)

_Outside = tuple[NDArray[np.intp], FloatArray] | None


@dataclass(frozen=True, slots=True)
class DisplayImage:
    """A plate as the network sees it, with what it takes to come back.

    Attributes:
        pixels: (1, 3, H, W) float32 on the CPU, display-referred, [0, 1], straight (not premultiplied).
        color: the plate's own (H, W, 3), as it was given, which must not be changed while this lives.
        alpha: (H, W), or None where the plate is opaque.
        outside: for every band of rows, the pixels that were clamped and their scene-linear Rec.709 values.
    """

    pixels: Tensor
    color: FloatArray
    alpha: FloatArray | None
    outside: tuple[_Outside, ...]


class DisplayTransform:
    """Between a plate's colour space and what a network sees.

    Args:
        color_space: the plate's space, by any name that the OCIO configuration knows.
        config: an OCIO configuration; None takes ``$OCIO``, or the built-in one.
        output_space: the space of the results; None takes the plate's.

    Attributes:
        color_space: the plate's space, by its name in the configuration.
        output_space: the space of the results, likewise.
        output_interop_id: its Color Interop Forum ID, for ``colorInteropID``; empty where it has none.

    Raises:
        InputError: the configuration cannot be read.
        SettingsError: it does not know a space.
    """

    def __init__(self, color_space: str, config: str | None = None, output_space: str | None = None) -> None:
        self._config = ColorConfig.load(config)
        self.color_space = self._config.resolve(color_space)
        self.output_space = self._config.resolve(output_space or color_space)
        self._working = self._config.working_space()
        self.output_interop_id = self._config.interop_id(self.output_space)
        self._decode = self._config.matrix(self.color_space, self._working)
        encode = self._config.matrix(self.output_space, self._working)
        self._encode = None if encode is None else np.linalg.inv(encode)

    def to_display(self, color: FloatArray, alpha: FloatArray | None) -> DisplayImage:
        """Show a plate to a network.

        Args:
            color: (H, W, 3) float32 in the plate's space, premultiplied, finite.
            alpha: (H, W) float32, or None.
        """
        given, color = color, np.ascontiguousarray(color, dtype=np.float32)
        if alpha is not None and is_opaque(alpha):
            alpha = None
        source, divisor = color, alpha
        if self._decode is None:
            straight = color if alpha is None else unpremultiplied(color, alpha)
            source, divisor = self._config.convert(straight, self.color_space, self._working), None
        display = np.empty_like(color)
        outside = []
        for rows in row_bands(len(color), _BAND_ROWS):
            band = source[rows]
            if divisor is not None and not is_opaque(divisor[rows]):
                band = unpremultiplied(band, divisor[rows])
            linear = _transformed(band, self._decode)
            outside.append(_outside(linear))
            np.clip(curve(linear), 0, 1, out=display[rows])
        if alpha is not None:
            fill_uncovered(display, alpha)
        pixels = torch.empty(1, 3, *color.shape[:2])
        for channel, plane in enumerate(pixels[0].numpy()):
            cv.extractChannel(display, channel, plane)
        return DisplayImage(pixels, given, alpha, tuple(outside))

    def to_scene_linear(
        self,
        stylized: Tensor,
        source: DisplayImage,
        strength: float | FloatArray = 1.0,
        background: FloatArray | None = None,
    ) -> FloatArray:
        """Bring a network's picture back to where the plate came from.

        No paint is brighter than its paper, and a style brings its sun down to white. So where the plate is brighter
        than white, the picture is lifted until, within ``HIGHLIGHT_RADIUS`` pixels, it is as bright as the plate on
        average; strokes stay brighter and darker than one another. A network also invents highlights out of noise, and
        the curve would make suns of them. So display values are limited to white (scene-linear 1), or, where the plate
        is brighter than that within that radius, to the brightest it has there.

        Args:
            stylized: (1, 3, H, W), display-referred; values outside [0, 1] are clamped.
            source: what the network was shown.
            strength: how much of it lies over the background, [0, 1], for all or, (H, W), for each pixel; mixed in
                scene-linear light, so that 0 gives the background itself.
            background: (H, W, 3) float32 in the output space, premultiplied by the plate's alpha; None is the plate.

        Returns:
            (H, W, 3) float32 in the output space, premultiplied. Where the plate has no alpha to speak of, it is the
            background's own colour.

        Raises:
            ModelError: the network gave NaN or infinity.
            ValueError: the shapes differ.
        """
        if stylized.shape != source.pixels.shape:
            raise ValueError(f"stylized is {tuple(stylized.shape)}, the plate {tuple(source.pixels.shape)}")
        planes = stylized.detach().to("cpu", torch.float32)[0].contiguous().numpy()
        if not np.isfinite(planes).all():  # minimum and maximum would hide it
            raise ModelError("produced NaN or infinity", where="the network", remedy="compute in float32")
        whole = not isinstance(strength, np.ndarray) and strength == 1
        if not np.any(strength):
            return (self._untouched(source) if background is None else background).copy()
        highlights = Highlights(source.pixels[0].numpy(), planes, _BAND_ROWS)
        color: FloatArray = np.empty((*planes.shape[1:], 3), np.float32)
        for rows, outside in zip(row_bands(len(color), _BAND_ROWS), source.outside, strict=True):
            linear = inverse_curve(highlights.shown(rows))
            if outside is not None:
                _restore(linear.reshape(-1, 3), *outside)
            color[rows] = _transformed(linear, self._encode)
        if self._encode is None:
            if not whole:  # encoded values do not add up as light does
                color = _mixed(color, self._straight(source, self._working, background), strength)
            color = self._config.convert(color, self._working, self.output_space)
        if source.alpha is not None:
            for rows in row_bands(len(color), _BAND_ROWS):
                if not is_opaque(source.alpha[rows]):
                    color[rows] = scaled(color[rows], source.alpha[rows])
        if whole and source.alpha is None:
            return color
        below = self._untouched(source) if background is None else background
        if not whole and self._encode is not None:
            color = _mixed(color, below, strength)
        if source.alpha is not None:
            cv.copyTo(below, uncovered(source.alpha), color)
        if isinstance(strength, np.ndarray):
            cv.copyTo(below, (strength == 0).view(np.uint8), color)  # a sum loses the sign of a zero, a curve last bits
        return color

    def _untouched(self, source: DisplayImage) -> FloatArray:
        """The plate in the output space."""
        if self.output_space == self.color_space:
            return np.ascontiguousarray(source.color, dtype=np.float32)
        color = self._config.convert(source.color, self.color_space, self.output_space)
        if source.alpha is not None and self._decode is None:  # only straight colour can be decoded
            covered = scaled(self._straight(source, self.output_space), source.alpha)
            cv.copyTo(covered, 1 - uncovered(source.alpha), color)
        return color

    def _straight(self, source: DisplayImage, space: str, background: FloatArray | None = None) -> FloatArray:
        """The plate, or a background, in another space, not premultiplied; black where uncovered."""
        color, own = (source.color, self.color_space) if background is None else (background, self.output_space)
        straight = color if source.alpha is None else unpremultiplied(color, source.alpha)
        return self._config.convert(straight, own, space)


def style_to_display(pixels: FloatArray, color_space: str, config: str | None = None) -> Tensor:
    """A style image as a network sees it, through the curve that plates go through.

    Args:
        pixels: (H, W, 3) float32 in ``color_space``.
        color_space: its space.
        config: as for ``DisplayTransform``.

    Returns:
        (1, 3, H, W) float32, display-referred, [0, 1].
    """
    return DisplayTransform(color_space, config).to_display(pixels, None).pixels


def _mixed(color: FloatArray, below: FloatArray, strength: float | FloatArray) -> FloatArray:
    """Of light, so much of one and the rest of another."""
    mixed: FloatArray
    if isinstance(strength, np.ndarray):
        mixed = cv.add(scaled(color, strength), scaled(below, 1 - strength))
    else:
        mixed = cv.addWeighted(color, strength, below, 1 - strength, 0)
    return mixed


def _transformed(color: FloatArray, matrix: NDArray[np.floating[Any]] | None) -> FloatArray:
    if matrix is None or np.array_equal(matrix, np.eye(3)):
        return color
    transformed: FloatArray = cv.transform(color, matrix.astype(np.float32))
    return transformed


def _outside(linear: FloatArray) -> _Outside:
    """The pixels of a band that the display range cannot hold."""
    if linear.min() >= 0 and linear.max() <= PEAK:
        return None
    values = linear.reshape(-1, 3)
    bad = (values < 0) | (values > PEAK)
    at = np.flatnonzero(bad[:, 0] | bad[:, 1] | bad[:, 2])
    return at, values[at]


def _restore(linear: FloatArray, at: NDArray[np.intp], plate: FloatArray) -> None:
    """Put back, in place, what the display range could not hold of the pixels ``at``."""
    stylized = linear[at]
    seen = np.clip(plate, 0, PEAK)
    remaining = np.minimum((stylized @ LUMINANCE + DARK) / (seen @ LUMINANCE + DARK), 1)
    linear[at] = stylized * np.maximum(plate / PEAK, 1) + np.minimum(plate, 0) * remaining[:, None]

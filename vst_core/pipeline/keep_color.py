"""Keeping the plate's colour, decided once for a shot: by the style's colours and those of the plate's first frame."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from vst_core.errors import SettingsError
from vst_core.methods import Method, color_moments, matching_luminance, matching_map, with_luminance
from vst_core.moments import Moments
from vst_core.pipeline.plate import Plate
from vst_core.settings import RenderSettings

ColorKeeper = Callable[[Tensor, Tensor], Tensor]
"""Stylised and plate, (1, 3, H, W), display, to the stylised with the colours it is to have; may leave [0, 1]."""


def open_keep_color(settings: RenderSettings, method: Method, first: Callable[[], Plate]) -> ColorKeeper:
    """What makes a shot's finished pictures keep the plate's colour.

    The state that frames hand on is not touched by it: a network goes on from pictures in its own colours.

    Args:
        settings: the shot.
        method: its style taken.
        first: reads the plate's first frame; not called where no colours are kept.

    Raises:
        SettingsError: the network's file does not say what colours its styles have.
    """
    if settings.keep_color == "off":
        return lambda stylized, _: stylized
    style = style_colors(method)
    display = first().display
    seen = None if display.alpha is None else torch.from_numpy(display.alpha > 0)
    plate = color_moments(display.pixels, seen)
    if settings.keep_color == "luminance":
        return lambda stylized, shown: with_luminance(shown, matching_luminance(stylized, style, plate))
    matched = matching_map(style, plate)
    return lambda stylized, _: matched(stylized)


def style_colors(method: Method) -> Moments:
    """Moments of the style's colours.

    Raises:
        SettingsError: they are unknown.
    """
    if method.colors is None:
        raise SettingsError(
            "the network does not record the colours of its styles",
            where="keep_color",
            remedy="train it again with this vst, or leave keep_color off",
        )
    return method.colors

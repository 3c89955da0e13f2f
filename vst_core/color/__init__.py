"""Colour: which space a plate is in, and the invertible way between it and what a network sees."""

from vst_core.color.darkness import lit_share
from vst_core.color.highlights import HIGHLIGHT_RADIUS
from vst_core.color.space import COLOR_SPACE, ColorConfig, resolve_color_space
from vst_core.color.transform import DisplayImage, DisplayTransform, style_to_display

__all__ = [
    "COLOR_SPACE",
    "HIGHLIGHT_RADIUS",
    "ColorConfig",
    "DisplayImage",
    "DisplayTransform",
    "lit_share",
    "resolve_color_space",
    "style_to_display",
]

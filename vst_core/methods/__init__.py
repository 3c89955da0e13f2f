"""Ways to stylise a frame: each prepares a style once and then stylises frame after frame."""

from vst_core.methods.base import Cancelled, Method, Prior, Progress
from vst_core.methods.optimization import Optimization, scaled_to_area
from vst_core.methods.style_target import StyleTarget, measure_style

METHODS = {"optimization": Optimization}

__all__ = [
    "METHODS",
    "Cancelled",
    "Method",
    "Optimization",
    "Prior",
    "Progress",
    "StyleTarget",
    "measure_style",
    "scaled_to_area",
]

"""Ways to stylise a frame: each takes its style once and then stylises frame after frame."""

from vst_core.methods.base import Method, Prior, Progress
from vst_core.methods.feedforward import FeedForward
from vst_core.methods.keep_color import color_moments, matching_luminance, matching_map, with_luminance
from vst_core.methods.objective import BALANCE
from vst_core.methods.optimization import Optimization, scaled_to_area
from vst_core.methods.priors import blended_start, joint_prior, long_term_prior, mean_prior, two_sided_prior
from vst_core.methods.style_image import read_style
from vst_core.methods.style_target import StyleTarget, measure_style

__all__ = [
    "BALANCE",
    "FeedForward",
    "Method",
    "Optimization",
    "Prior",
    "Progress",
    "StyleTarget",
    "blended_start",
    "color_moments",
    "joint_prior",
    "long_term_prior",
    "matching_luminance",
    "matching_map",
    "mean_prior",
    "measure_style",
    "read_style",
    "scaled_to_area",
    "two_sided_prior",
    "with_luminance",
]

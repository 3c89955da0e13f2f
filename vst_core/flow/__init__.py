"""Motion between frames: where it comes from, where it can be trusted, and how pictures are moved along it."""

from vst_core.flow.estimate import Estimator, estimate_flow, make_estimator
from vst_core.flow.files import read_flow, write_flo
from vst_core.flow.motion import FlowFrame, Motion
from vst_core.flow.occlusion import consistency_mask, is_cut, unchanged_mask
from vst_core.flow.source import MotionFinder
from vst_core.flow.steady import steady_motion
from vst_core.flow.vectors import VectorLayer, VectorPair, Vectors, find_vector_layer, to_flow
from vst_core.flow.warp import compose, inside, invert, warp, warp_sharp

__all__ = [
    "Estimator",
    "FlowFrame",
    "Motion",
    "MotionFinder",
    "VectorLayer",
    "VectorPair",
    "Vectors",
    "compose",
    "consistency_mask",
    "estimate_flow",
    "find_vector_layer",
    "inside",
    "invert",
    "is_cut",
    "make_estimator",
    "read_flow",
    "steady_motion",
    "to_flow",
    "unchanged_mask",
    "warp",
    "warp_sharp",
    "write_flo",
]

"""The feed-forward network: one pass stylises a frame, in one of several styles or a mixture of them."""

from vst_core.networks.architecture import ARCHITECTURES, Architecture, Normalization
from vst_core.networks.band_pass import Plan
from vst_core.networks.banded import BandedNetwork, plans
from vst_core.networks.blocks import ConditionalNorm
from vst_core.networks.checkpoint import (
    Checkpoint,
    find_checkpoint,
    load_checkpoint,
    read_checkpoint,
    read_styles,
    write_checkpoint,
)
from vst_core.networks.transformer import MOST_KEPT, TransformerNet

__all__ = [
    "ARCHITECTURES",
    "MOST_KEPT",
    "Architecture",
    "BandedNetwork",
    "Checkpoint",
    "ConditionalNorm",
    "Normalization",
    "Plan",
    "TransformerNet",
    "find_checkpoint",
    "load_checkpoint",
    "plans",
    "read_checkpoint",
    "read_styles",
    "write_checkpoint",
]

"""Pretrained weights: found, proven, loaded, fetched, imported."""

from vst_core.weights.download import LICENSES, pull
from vst_core.weights.keras import import_vgg16
from vst_core.weights.known import KNOWN, KnownWeights
from vst_core.weights.store import Weights, file_sha256, find, folders, load, prove, status

__all__ = [
    "KNOWN",
    "LICENSES",
    "KnownWeights",
    "Weights",
    "file_sha256",
    "find",
    "folders",
    "import_vgg16",
    "load",
    "prove",
    "pull",
    "status",
]

"""Pretrained weights: found, proven, loaded, imported."""

from vst_core.weights.keras import import_vgg16
from vst_core.weights.store import KNOWN, KnownWeights, Weights, file_sha256, find, folders, load, status

__all__ = ["KNOWN", "KnownWeights", "Weights", "file_sha256", "find", "folders", "import_vgg16", "load", "status"]

"""The feature network: VGG activations by layer name, and their moments (Simonyan & Zisserman 2014)."""

from vst_core.features.network import IMAGENET_MEAN, IMAGENET_STD, Features

__all__ = ["IMAGENET_MEAN", "IMAGENET_STD", "Features"]

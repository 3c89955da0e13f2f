"""Pretrained weights: where a file is looked for, how it is proven to be the right one, how foreign ones come in.

A network's weights are searched in this order: an explicit file; the folder ``$VST_WEIGHTS``; the torch hub cache; a
download into that cache. A file known by name is refused when its SHA-256 differs: flipped bits load silently
otherwise. Files are read as safetensors, or as a torch state dictionary without pickled code.
"""

from __future__ import annotations

import os
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch
from safetensors.torch import load_file
from torch import Tensor

from vst_core.digest import sha256_of
from vst_core.errors import ModelError, OutputError
from vst_core.weights.download import download
from vst_core.weights.known import KNOWN, KnownWeights

StateDict = dict[str, Tensor]
Status = Literal["missing", "ok", "corrupt"]


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


def load(network: str, path: str | Path | None = None) -> Weights:
    """Load a network's weights.

    Args:
        network: ``"vgg19"`` or ``"vgg16"``.
        path: an explicit file, used without search.

    Raises:
        ModelError: nothing found and no download possible, or the file is corrupt, or is not what its name says.
    """
    if path is not None:
        return _load_file(Path(path))
    found = find(network)
    return _load_file(found[1] if found is not None else _download(network))


def status(known: KnownWeights) -> tuple[Status, Path | None]:
    """Whether a known file is present in one of the folders and is what it should be."""
    for folder in folders():
        path = folder / known.file_name
        if path.is_file():
            return ("ok" if file_sha256(path) == known.sha256 else "corrupt"), path
    return "missing", None


def prove(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal.

    Raises:
        ModelError: it cannot be read, or its name is known and it is not what it should be.
    """
    digest = file_sha256(path)
    known = next((item for item in KNOWN if item.file_name == path.name), None)
    if known is not None and digest != known.sha256:
        raise ModelError(
            f"is corrupt: SHA-256 begins {digest[:8]}, not {known.sha256[:8]}",
            where=path,
            remedy="delete it and download it again",
        )
    return digest


def file_sha256(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    try:
        return sha256_of(path)
    except OSError as error:
        raise ModelError(f"weights cannot be read ({error.strerror})", where=path) from None


def _load_file(path: Path) -> Weights:
    digest = prove(path)
    state = _read(path)
    if not isinstance(state, dict) or not all(
        isinstance(key, str) and isinstance(value, Tensor) for key, value in state.items()
    ):
        raise ModelError(
            "is not a weights file, or is damaged",
            where=path,
            remedy="give a safetensors file or a torch state dictionary",
        )
    return Weights(state, path, digest)


def _read(path: Path) -> Any:
    """What a file holds, or None if it is damaged."""
    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        return None if _unfolds(path) else torch.load(path, map_location="cpu", weights_only=True)
    except Exception:  # noqa: BLE001 - a damaged pickle makes torch fail in any way, from IndexError to AssertionError
        return None


def _unfolds(path: Path) -> bool:
    """Whether a file is an archive that takes more room unpacked than packed, which torch never writes."""
    if not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as archive:
        return sum(member.file_size for member in archive.infolist()) > path.stat().st_size


def _download(network: str) -> Path:
    known = next((item for item in KNOWN if item.network == network and item.url), None)
    if known is None:
        raise ModelError(f"no weights are known for a network called {network!r}")
    try:
        return download(known, folders()[-1])
    except (ModelError, OutputError) as error:
        raise ModelError(
            f"no weights found for {network}, and {error.what}",
            where=", ".join(map(str, folders())),
            remedy=f"put {known.file_name} into a folder and set VST_WEIGHTS to it, or name a file with --weights",
        ) from None

"""A trained network as one safetensors file that says what it is: architecture, styles, recipe, licence."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from vst_core.atomic_file import write_atomically
from vst_core.errors import ModelError, SettingsError
from vst_core.moments import Moments
from vst_core.networks.architecture import ARCHITECTURES, Architecture
from vst_core.networks.transformer import TransformerNet
from vst_core.weights import file_sha256

SUFFIX = ".safetensors"
_FORMAT = "vst-network"
_VERSION = "1"
_SHIPPED = Path(__file__).parent / "checkpoints"
# Of the shipped networks: flipped bits load silently otherwise.
_SHA256 = {
    "quality": "52d08ebb5c1a6930dfc56cc0bfd6fbf1c312e33bbd05c946834e929259c8a396",
    "fast": "1583d049b981711a23a3531e5755a8f05f8514ace56f044e030996694c806daf",
}


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A network that was read from a file.

    Attributes:
        network: with its weights in float32.
        styles: the name of each style, in order.
        card: how it came to be: recipe, data, metrics, licence.
        colors: moments of the colours of each style's image, display [0, 1]; empty where the file does not say.
        path: its file.
        sha256: of the file.
    """

    network: TransformerNet
    styles: tuple[str, ...]
    card: dict[str, Any]
    colors: tuple[Moments, ...]
    path: Path
    sha256: str

    def mixture(self, styles: Sequence[str], blend: Sequence[float]) -> Tensor:
        """How much of each of the network's styles, (S,).

        Args:
            styles: names of some of them.
            blend: one weight for each name.

        Raises:
            SettingsError: the network has no such style.
        """
        mix = torch.zeros(len(self.styles))
        for name, weight in zip(styles, blend, strict=True):
            if name not in self.styles:
                known = ", ".join(self.styles)
                raise SettingsError(
                    f"the network {self.path.stem} has no style {name!r}",
                    where="style",
                    remedy=f"it has {known}; to paint after an image, use --method optimization, or vst train",
                )
            mix[self.styles.index(name)] += weight
        return mix


def find_checkpoint(name: str) -> Path:
    """The file of a shipped network by its name, or of another one by its path.

    Raises:
        ModelError: there is none of that name.
    """
    if name in ARCHITECTURES:
        return _SHIPPED / f"{name}{SUFFIX}"
    path = Path(name)
    if not path.is_file():
        raise ModelError(
            f"unknown network {name!r}", remedy=f"choose {', '.join(ARCHITECTURES)} or a file made by vst train"
        )
    return path


def load_checkpoint(name: str) -> Checkpoint:
    """A shipped network by its name, or another one by its path.

    Raises:
        ModelError: there is none of that name, or it is damaged.
    """
    return read_checkpoint(find_checkpoint(name), sha256=_SHA256.get(name))


def read_styles(name: str) -> tuple[str, ...]:
    """The styles of a network, by its name or its path as for ``load_checkpoint``; its weights are not looked at.

    Raises:
        ModelError: there is none of that name, or it is no network of ours.
    """
    path = find_checkpoint(name)
    with _opened(path) as (_, metadata):
        return _styles(metadata)


def write_checkpoint(
    path: Path,
    network: TransformerNet,
    styles: tuple[str, ...],
    card: Mapping[str, Any],
    colors: Sequence[Moments] = (),
) -> None:
    """Write a network, its weights in half precision.

    Args:
        path: the file; its folder must exist.
        network: uses instance normalisation.
        styles: the name of each of its styles.
        card: what JSON can hold.
        colors: moments of the colours of each style's image, display [0, 1]; without them no render can keep colours.

    Raises:
        OutputError: the file cannot be written.
    """
    state = {name: value.detach().to("cpu", torch.float16).contiguous() for name, value in network.state_dict().items()}
    metadata = {
        "format": _FORMAT,
        "version": _VERSION,
        "architecture": json.dumps(asdict(network.architecture)),
        "styles": json.dumps(styles),
        "card": json.dumps(card),
        "colors": json.dumps([[item.flatten().tolist() for item in moments] for moments in colors]),
    }
    data = save(state, metadata)
    write_atomically(path, lambda temporary: temporary.write_bytes(data), read_checkpoint)


def read_checkpoint(path: Path, *, sha256: str | None = None) -> Checkpoint:
    """Read a network.

    Args:
        path: the file.
        sha256: what its SHA-256 must be, where that is known.

    Raises:
        ModelError: it is damaged, no network of ours, of another version, or not the expected one.
    """
    digest = file_sha256(path)
    if sha256 is not None and digest != sha256:
        raise ModelError(
            f"is not the expected network: SHA-256 begins {digest[:8]}, not {sha256[:8]}",
            where=path,
            remedy="get the file again",
        )
    with _opened(path) as (file, metadata):
        names = list(file.keys())
        network, styles, card = _described(metadata, len(names))
        colors = _colors(metadata, len(styles))
        network.load_state_dict({name: file.get_tensor(name).float() for name in names}, assign=True)
    if not all(bool(torch.isfinite(parameter).all()) for parameter in network.parameters()):
        raise ModelError("contains weights that are not finite", where=path, remedy="train it again")
    return Checkpoint(network.eval().requires_grad_(False), styles, card, colors, path, digest)


@contextmanager
def _opened(path: Path) -> Iterator[tuple[Any, dict[str, str]]]:
    """A network's file and its metadata; whatever is wrong with either is told in a line."""
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            _check_version(metadata, path)
            yield file, metadata
    except (SafetensorError, OSError, ValueError, LookupError, TypeError, ArithmeticError, RuntimeError):
        raise ModelError(
            "is not a network, or is damaged", where=path, remedy="give a .safetensors file made by vst train"
        ) from None


def _colors(metadata: Mapping[str, str], styles: int) -> tuple[Moments, ...]:
    stored = json.loads(metadata.get("colors", "[]"))
    if stored and len(stored) != styles:
        raise ValueError
    return tuple(Moments(torch.tensor(mean).view(1, 3), torch.tensor(second).view(1, 3, 3)) for mean, second in stored)


def _check_version(metadata: Mapping[str, str], path: Path) -> None:
    if metadata.get("format") != _FORMAT:
        raise ModelError("is not a vst network", where=path, remedy="give a file made by vst train")
    if metadata.get("version") != _VERSION:
        raise ModelError(
            f"is of version {metadata.get('version')}, but this vst reads version {_VERSION}",
            where=path,
            remedy="use the vst that made it, or train it again",
        )


def _described(metadata: Mapping[str, str], tensors: int) -> tuple[TransformerNet, tuple[str, ...], dict[str, Any]]:
    """The network without its weights, which takes no memory: a file may claim any size, and have few tensors."""
    architecture = json.loads(metadata["architecture"])
    styles, card = _styles(metadata), json.loads(metadata["card"])
    architecture["widths"] = tuple(architecture["widths"])
    if max(architecture["blocks"], len(architecture["widths"])) > tensors or not isinstance(card, dict):
        raise ValueError
    with torch.device("meta"):
        network = TransformerNet(Architecture(**architecture), len(styles))
    return network, styles, card


def _styles(metadata: Mapping[str, str]) -> tuple[str, ...]:
    styles = json.loads(metadata["styles"])
    if not isinstance(styles, list) or not all(isinstance(name, str) for name in styles):
        raise ValueError
    return tuple(styles)

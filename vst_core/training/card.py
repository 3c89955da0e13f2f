"""The finished network's file: a checkpoint whose bytes are decided by the training alone."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError

from vst_core.atomic_file import write_atomically
from vst_core.errors import ModelError, OutputError
from vst_core.moments import Moments
from vst_core.networks import TransformerNet, read_checkpoint, write_checkpoint
from vst_core.training.history import History

# The loss that a card tells is the mean over this many last steps; one step's depends on its pictures.
_LAST_STEPS = 100


def model_card(
    about: Mapping[str, Any], network: TransformerNet, history: History, license_text: str
) -> dict[str, Any]:
    """How a network came to be, without a date or a path: the same training gives the same card.

    Args:
        about: what ``Inputs.about`` says of recipe, data, feature network and device.
        network: the trained one.
        history: the losses of all steps.
        license_text: the network's licence.
    """
    return {
        **about,
        "vst": version("vst-core"),
        "torch": torch.__version__,
        "steps": len(history),
        "loss": history.mean(_LAST_STEPS),
        "parameters": sum(parameter.numel() for parameter in network.parameters()),
        "license": license_text,
    }


def card_of(path: Path) -> dict[str, Any]:
    """The model card of a network's file; an empty one where it is something else."""
    try:
        return read_checkpoint(path).card
    except ModelError:
        return {}


def write_network(
    path: Path,
    through: Path,
    network: TransformerNet,
    styles: tuple[str, ...],
    card: Mapping[str, Any],
    colors: Sequence[Moments],
) -> None:
    """Write a checkpoint, the same bytes for the same contents.

    Args:
        path: the file, which is replaced.
        through: a file of ours on the way there; it is removed.
        network: the trained one.
        styles: the name of each of its styles.
        card: its model card.
        colors: moments of the colours of each style's image.

    Raises:
        OutputError: it could not be written and read back.
        ModelError: its weights are not finite in half precision.
    """
    try:
        write_checkpoint(through, network, styles, card, colors)
        data = _ordered(through.read_bytes())
        write_atomically(path, lambda temporary: temporary.write_bytes(data), read_checkpoint)
        through.unlink()
    except ModelError:
        raise ModelError(
            "the training ended in weights that are not finite",
            where=path,
            remedy="lower the learning rate or the weights, or use precision float32",
        ) from None
    except (SafetensorError, OSError) as error:
        raise OutputError(f"cannot be written ({error})", where=path, remedy="check the free space") from None


def _ordered(data: bytes) -> bytes:
    """A safetensors file with its metadata in order: the library writes them in an order that changes from run to run.

    The file begins with the length of its header, eight bytes, and the header, JSON, padded with blanks to a multiple
    of eight bytes (https://github.com/huggingface/safetensors#format).
    """
    end = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:end])
    header["__metadata__"] = dict(sorted(header["__metadata__"].items()))
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text + data[end:]

"""A training's state on disk: all that the next step depends on, proven by a checksum.

A state that cannot be proven is not built on. It is written whole or not at all, so only a failing disk damages one;
then nothing of it can be saved, and the training starts from its beginning.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from vst_core.atomic_file import write_atomically
from vst_core.errors import OutputError
from vst_core.training.history import History

_LOSSES = "losses"


@dataclass(frozen=True, slots=True)
class State:
    """Where a training is.

    Attributes:
        tensors: the trainer's, by name.
        history: the losses of the steps that are done.
    """

    tensors: Mapping[str, Tensor]
    history: History


def save_state(path: Path, state: State, fingerprint: str) -> None:
    """Write a state, verified.

    Args:
        path: the file, which is replaced.
        state: what is written.
        fingerprint: of the training.

    Raises:
        OutputError: it could not be written and read back.
    """
    tensors = {**state.tensors, _LOSSES: torch.from_numpy(state.history.values)}
    checksum = _checksum(tensors, fingerprint)
    data = save(tensors, {"fingerprint": fingerprint, "checksum": checksum})

    def verify(written: Path) -> None:
        if _read(written) is None:
            raise OutputError("read back differently from what was written", where=path)

    write_atomically(path, lambda temporary: temporary.write_bytes(data), verify)


def load_state(path: Path, fingerprint: str, on_damage: Callable[[str], object]) -> State | None:
    """The state of a training, or None where there is none.

    Args:
        path: the file.
        fingerprint: of the training.
        on_damage: told in a line if there is one that is damaged.

    Raises:
        OutputError: it belongs to another training, or cannot be read.
    """
    if not path.exists():
        return None
    try:
        path.read_bytes()  # an error of the disk or of permissions is no damage: what is there may be good
        found = _read(path)
    except OSError as error:
        raise OutputError(f"cannot be read ({error.strerror})", where=path, remedy="try again") from None
    if found is None:
        on_damage(f"{path}: is damaged; the training starts from its beginning")
        return None
    tensors, owner = found
    if owner != fingerprint:
        raise OutputError(
            "belongs to a training run with different settings, styles, pictures, weights or device",
            where=path,
            remedy="choose another output, or give --overwrite to start over",
        )
    return State(tensors, History(tensors.pop(_LOSSES).numpy()))


def _read(path: Path) -> tuple[dict[str, Tensor], str] | None:
    """The tensors and the fingerprint of their training, or None if the file is damaged."""
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            # Copies: a view of the file would keep Windows from replacing it.
            tensors = {name: file.get_tensor(name).clone() for name in file.keys()}  # noqa: SIM118 - it is no mapping
    except (SafetensorError, ValueError):
        return None
    fingerprint = metadata.get("fingerprint", "")
    whole = _LOSSES in tensors and metadata.get("checksum") == _checksum(tensors, fingerprint)
    return (tensors, fingerprint) if whole else None


def _checksum(tensors: Mapping[str, Tensor], fingerprint: str) -> str:
    sha = hashlib.sha256(fingerprint.encode())
    for name, tensor in sorted(tensors.items()):
        sha.update(f"|{name}|{tensor.dtype}|{tuple(tensor.shape)}|".encode())
        sha.update(memoryview(tensor.contiguous().numpy()).cast("B"))  # type: ignore[arg-type]  # arrays are buffers
    return sha.hexdigest()

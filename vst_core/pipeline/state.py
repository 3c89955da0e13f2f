"""A shot's state: what the next frame needs of the frames before it, exactly as it lies on disk.

State is the stylised image at working size, rounded to half in memory as in its file, so that a render that goes on in
memory and one that starts again from disk see the same bits. Each state carries a digest of the settings, of the
state before it and of itself; a frame is valid only if its file names the digests of that chain.
"""

from __future__ import annotations

import contextlib
import hashlib
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from vst_core.atomic_file import write_bytes
from vst_core.image import Window


@dataclass(frozen=True, slots=True)
class State:
    """The stylised image of one frame.

    Attributes:
        frame: its frame number.
        stylized: (1, 3, h, w) half, display [0, 1]; several are in memory where a render looks far back.
        window: the plate's data window that it covers.
        previous: digest of the state before it, or empty.
        digest: SHA-256 over fingerprint, previous digest, frame, window and pixels.
    """

    frame: int
    stylized: Tensor
    window: Window
    previous: str
    digest: str

    @property
    def image(self) -> Tensor:
        """The same as float32, to compute with."""
        return self.stylized.float()

    @classmethod
    def follow(cls, previous: State | None, frame: int, image: Tensor, window: Window, fingerprint: str) -> State:
        """Round ``image`` and chain it to the state before it."""
        rounded = image.detach().to("cpu", torch.float16).contiguous()
        before = previous.digest if previous else ""
        return cls(frame, rounded, window, before, _digest(fingerprint, before, frame, rounded, window))


Past = dict[int, State]
"""States of frames that follow on one another, by their numbers: what the next frame is made from."""


def write_state(folder: Path, state: State) -> None:
    """Write a state, verified.

    Raises:
        OutputError: it could not be written and read back.
    """
    tensors = {"stylized": state.stylized}
    metadata = {"previous": state.previous, "window": _spell(state.window), "digest": state.digest}
    write_bytes(state_path(folder, state.frame), save(tensors, metadata))


def read_state(folder: Path, frame: int, fingerprint: str, digest: str | None = None) -> State | None:
    """The state of a frame.

    Args:
        folder: where it lies.
        frame: its number.
        fingerprint: of the render.
        digest: of the state that is wanted; None for any of this render.

    Returns:
        None where there is none of that digest, bit for bit.
    """
    with contextlib.suppress(OSError, SafetensorError, KeyError, ValueError):
        with safe_open(state_path(folder, frame), "pt") as file:
            metadata = file.metadata() or {}
            image = file.get_tensor("stylized").clone()  # a view of the file would keep Windows from replacing it
        window, previous = Window(*map(int, metadata["window"].split())), metadata["previous"]
        found = _digest(fingerprint, previous, frame, image, window)
        if found == (digest or metadata["digest"]):
            return State(frame, image, window, previous, found)
    return None


def state_path(folder: Path, frame: int) -> Path:
    """The file of a frame's state."""
    return folder / f"{frame}.safetensors"


def _digest(fingerprint: str, previous: str, frame: int, image: Tensor, window: Window) -> str:
    header = f"{fingerprint}|{previous}|{frame}|{_spell(window)}|{tuple(image.shape)}|"
    sha = hashlib.sha256(header.encode())
    sha.update(memoryview(image.numpy()))  # type: ignore[arg-type]  # numpy arrays are buffers
    return sha.hexdigest()


def _spell(window: Window) -> str:
    return f"{window.x} {window.y} {window.width} {window.height}"

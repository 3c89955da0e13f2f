"""A shot's state: what the next frame needs of the frames before it, exactly as it lies on disk.

State is the stylised image at working size, rounded to half in memory as in its file, so that a render that goes on in
memory and one that starts again from disk see the same bits. Each state carries a digest of the settings, of the
state before it and of itself; a frame is valid only if its file names the digests of that chain.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from filelock import FileLock, Timeout
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from vst_core.atomic_file import clean_temporaries, write_atomically
from vst_core.errors import OutputError
from vst_core.image import Window
from vst_core.sequence import FrameSequence

# Beside the last states, every so many frames one is kept, so that a frame damaged later costs at most this many again.
CHECKPOINT_EVERY = 8


@dataclass(frozen=True, slots=True)
class State:
    """The stylised image of one frame.

    Attributes:
        frame: its frame number.
        image: (1, 3, h, w) float32 with values that half can hold, display [0, 1].
        window: the plate's data window that it covers.
        previous: digest of the state before it, or empty.
        digest: SHA-256 over fingerprint, previous digest, frame, window and pixels.
    """

    frame: int
    image: Tensor
    window: Window
    previous: str
    digest: str

    @classmethod
    def follow(cls, previous: State | None, frame: int, image: Tensor, window: Window, fingerprint: str) -> State:
        """Round ``image`` and chain it to the state before it."""
        rounded = image.detach().to("cpu", torch.float16).contiguous()
        before = previous.digest if previous else ""
        return cls(frame, rounded.float(), window, before, _digest(fingerprint, before, frame, rounded, window))


def _digest(fingerprint: str, previous: str, frame: int, image: Tensor, window: Window) -> str:
    header = f"{fingerprint}|{previous}|{frame}|{_spell(window)}|{tuple(image.shape)}|"
    sha = hashlib.sha256(header.encode())
    sha.update(memoryview(image.numpy()))  # type: ignore[arg-type]  # numpy arrays are buffers
    return sha.hexdigest()


class StateStore:
    """The states of one shot, in a hidden folder beside its frames.

    Args:
        output: where the frames go.
        fingerprint: of the shot.
    """

    def __init__(self, output: FrameSequence, fingerprint: str) -> None:
        words = (output.prefix, output.suffix.removesuffix(".exr"))
        name = ".".join(filter(None, (word.strip("._- ") for word in words)))
        self.folder = output.folder / f".{name or 'shot'}.vst"
        self._output, self._fingerprint = output, fingerprint

    def save(self, state: State) -> None:
        """Write a state, verified, and remove those that are no longer needed.

        Raises:
            OutputError: it could not be written and read back.
        """
        tensors = {"stylized": state.image.half()}
        metadata = {"previous": state.previous, "window": _spell(state.window)}
        write_atomically(
            self._path(state.frame),
            write=lambda path: path.write_bytes(save(tensors, metadata)),
            verify=lambda path: self._verify(path, state),
        )
        # The one before it stays: this frame may not be committed yet, and would then be made from it again.
        old = state.frame - 2
        if old % CHECKPOINT_EVERY:
            self._path(old).unlink(missing_ok=True)

    def load(self, frame: int, digest: str) -> State | None:
        """The state of a frame, or None where there is none of that digest, bit for bit."""
        with contextlib.suppress(OSError, SafetensorError, KeyError, ValueError):
            with safe_open(self._path(frame), "pt") as file:
                metadata = file.metadata() or {}
                image = file.get_tensor("stylized")
            window, previous = Window(*map(int, metadata["window"].split())), metadata["previous"]
            if _digest(self._fingerprint, previous, frame, image, window) == digest:
                return State(frame, image.float(), window, previous, digest)
        return None

    def clear(self) -> None:
        """Remove every state."""
        for path in self.folder.glob("*.safetensors"):
            path.unlink(missing_ok=True)

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the shot for this process; also removes what a killed one left behind.

        Raises:
            OutputError: another process renders into it, or the folder cannot be made.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(f"cannot be made ({error.strerror})", where=self.folder) from None
        try:
            with FileLock(self.folder / "lock", timeout=0):
                clean_temporaries(self.folder, older_than=0)
                clean_temporaries(self._output.folder, older_than=0, of=self._is_frame)
                clean_temporaries(self._output.folder)
                yield
        except Timeout:
            raise OutputError(
                "another render is writing this shot", where=self._output.pattern, remedy="wait for it, or stop it"
            ) from None

    def _is_frame(self, name: str) -> bool:
        return self._output.frame_of(name) is not None

    def _path(self, frame: int) -> Path:
        return self.folder / f"{frame}.safetensors"

    @staticmethod
    def _verify(path: Path, state: State) -> None:
        with safe_open(path, "pt") as file:
            if not torch.equal(file.get_tensor("stylized").float(), state.image):
                raise OutputError("read back differently from what was written", where=path)


def _spell(window: Window) -> str:
    return f"{window.x} {window.y} {window.width} {window.height}"

"""The folder of a training, beside its network: state, losses, pictures, and which pictures did not decode."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Self

from filelock import FileLock, Timeout

from vst_core.atomic_file import clean_temporaries, write_atomically
from vst_core.errors import OutputError
from vst_core.training.history import History


class TrainingFolder:
    """Where everything of a training but the network goes.

    Args:
        path: the folder.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.state = path / "state.safetensors"
        self.losses = path / "loss.jsonl"
        self.chart = path / "loss.png"
        self.samples = path / "samples.png"
        self.network = path / "network.safetensors"
        self.skipped = path / "skipped.txt"

    def clear(self, *more: Path) -> None:
        """Remove what an earlier training left, and further files of its.

        Raises:
            OutputError: it cannot be removed.
        """
        for path in (self.state, self.losses, self.chart, self.samples, self.network, self.skipped, *more):
            with _named(path):
                path.unlink(missing_ok=True)

    @contextlib.contextmanager
    def lock(self, output: Path) -> Iterator[None]:
        """Hold the training for this process; also removes what a killed one left half written.

        Args:
            output: the network's file.

        Raises:
            OutputError: another process is at it, or the folder cannot be created or written.
        """
        with _named(self.path):
            self.path.mkdir(parents=True, exist_ok=True)
            try:
                held = FileLock(self.path / "lock", timeout=0).acquire()
            except Timeout:
                raise OutputError(
                    "another process is training this network", where=output, remedy="wait for it, or stop it"
                ) from None
        with held:
            clean_temporaries(self.path, older_than=0)
            clean_temporaries(output.parent, older_than=0, of=lambda name: name == output.name)
            yield

    def note_skipped(self, path: Path) -> None:
        """Add a picture that does not decode to the list, once.

        Raises:
            OutputError: the list cannot be written.
        """
        line = f"{path}\n"
        with _named(self.skipped), self.skipped.open("a+", encoding="utf-8", errors="surrogateescape") as stream:
            stream.seek(0)
            if line not in stream:
                stream.write(line)


class LossLog:
    """The file with the loss of every step, one JSON object a line; a context, which closes it.

    Args:
        path: the file; it is cut back, or completed, to what ``history`` says.
        history: of the steps that are done.

    Raises:
        OutputError: it cannot be written.
    """

    def __init__(self, path: Path, history: History) -> None:
        write_atomically(path, lambda temporary: temporary.write_text("".join(history.lines())), Path.stat)
        self._path = path
        with _named(path):
            self._stream = path.open("ab", buffering=0)  # what a kill finds in a buffer is lost

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close()

    def write(self, line: str) -> None:
        """Add a line.

        Raises:
            OutputError: it cannot be written.
        """
        with _named(self._path):
            self._stream.write(line.encode())


@contextlib.contextmanager
def _named(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise OutputError(f"cannot be written ({error.strerror or error})", where=path) from None

"""Who renders which frames of a shot: claims are locked files in the shot's hidden folder.

A whole shot, and an exact chunk of it, claim the shot for themselves. A chunk that stands alone claims its frames, and
others may be rendered beside it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from vst_core.atomic_file import make_folder
from vst_core.errors import OutputError, SettingsError
from vst_core.frames import FrameRange
from vst_core.sequence import FrameSequence

_GATE_SECONDS = 30.0


def shot_name(output: FrameSequence) -> str:
    """What a shot is called: the name of its files, less frame number and extension."""
    words = (output.prefix, output.suffix.removesuffix(".exr"))
    return ".".join(filter(None, (word.strip("._- ") for word in words))) or "shot"


def hidden_folder(output: FrameSequence) -> Path:
    """Where a shot keeps what is not for the user, beside its frames."""
    return output.folder / f".{shot_name(output)}.vst"


def chunk_folders(shot: Path) -> Iterator[tuple[Path, FrameRange]]:
    """The folders, within a shot's hidden one, of chunks that were ever rendered alone."""
    for folder in sorted(shot.iterdir()):
        if folder.is_dir():
            try:
                yield folder, FrameRange.parse(folder.name)
            except SettingsError:
                continue


@dataclass(frozen=True, slots=True)
class Claim:
    """The frames that one render writes.

    Attributes:
        shot: hidden folder of the shot.
        chunk: the frames, where others may be rendered beside them; None for the whole shot.
    """

    shot: Path
    chunk: FrameRange | None = None

    @property
    def folder(self) -> Path:
        """Where the render keeps its states."""
        return self.shot if self.chunk is None else self.shot / str(self.chunk)

    @contextmanager
    def held(self, name: str) -> Iterator[None]:
        """Hold the claim for this process; with the process it ends.

        Args:
            name: what the shot is called, for the error.

        Raises:
            OutputError: another one renders some of the frames, or the folder cannot be created or locked.
        """
        make_folder(self.folder)
        with ExitStack() as stack:
            try:
                # Claims are made one at a time, so that no two can miss each other.
                with FileLock(self.shot / "gate", timeout=_GATE_SECONDS):
                    self._take(stack)
            except Timeout:
                raise OutputError(
                    "another render is writing this shot", where=name, remedy="wait for it, or stop it"
                ) from None
            except OSError as error:
                remedy = "check the permissions of its contents, and whether its file system supports locks"
                raise OutputError(f"cannot be locked ({error.strerror})", where=self.shot, remedy=remedy) from None
            yield

    def _take(self, stack: ExitStack) -> None:
        """Lock what is this claim's own, once nobody has anything that has a frame in common with it."""
        rivals = [
            folder
            for folder, chunk in chunk_folders(self.shot)
            if self.chunk is None or (chunk.first <= self.chunk.last and self.chunk.first <= chunk.last)
        ]
        for folder in (self.shot, *rivals):
            with _lock(folder):  # not for longer: who has none of these frames may have some of the same rival's
                pass
        stack.enter_context(_lock(self.folder))


def _lock(folder: Path) -> FileLock:
    return FileLock(folder / "lock", timeout=0)

"""Pictures beside a plate: one for each frame, or a still that serves for all of them."""

from __future__ import annotations

from pathlib import Path

from vst_core.frames import FrameRange
from vst_core.sequence import FrameSequence


class Beside:
    """Files beside a plate.

    Args:
        pattern: of their names, or the name of one.

    Raises:
        SettingsError: the pattern is malformed.
    """

    def __init__(self, pattern: str) -> None:
        self._files = FrameSequence.parse(pattern)

    def path(self, frame: int) -> Path:
        """The file for a frame."""
        return self._files.path(frame if self._files.only is None else self._files.only)

    def check(self, frames: FrameRange) -> None:
        """Check that there is a file for every frame.

        Raises:
            InputError: naming those that are missing.
        """
        self._files.check_input(frames if self._files.only is None else None)

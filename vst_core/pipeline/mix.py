"""A painting over what lies below it: how much of it shows, where, and over what."""

from __future__ import annotations

from torch import Tensor

from vst_core.color import DisplayTransform, lit_share
from vst_core.frame_io import Header, display_window
from vst_core.frames import FrameRange
from vst_core.image import FloatArray
from vst_core.pipeline.background import BackgroundReader
from vst_core.pipeline.beside import Beside
from vst_core.pipeline.matte import MatteReader
from vst_core.pipeline.plate import Plate
from vst_core.sequence import FrameSequence
from vst_core.settings import RenderSettings


class Mix:
    """Mixes paintings over what lies below them.

    Args:
        settings: of the shot.
        plate: its plate.
        transform: its colour transform.

    Raises:
        SettingsError: a pattern is malformed.
    """

    def __init__(self, settings: RenderSettings, plate: FrameSequence, transform: DisplayTransform) -> None:
        self._strength, self._layer, self._transform = settings.strength, settings.layer, transform
        matte, over = settings.matte, settings.over
        self._matte = MatteReader(matte, plate, settings.layer) if matte.is_given else None
        self._background = None if over is None else BackgroundReader(Beside(over), settings, transform)

    def check(self, frames: FrameRange, shot: FrameRange, plate: Header) -> None:
        """Look into the headers of what it will read.

        Args:
            frames: those that will be mixed; each has its files.
            shot: all of the shot's: what is asked for may be in another chunk.
            plate: the header of one of them.

        Raises:
            InputError: something does not fit.
        """
        if self._matte is not None:
            self._matte.check(shot, display_window(plate, self._layer))
        if self._background is not None:
            self._background.check(frames.first, plate)

    def __call__(self, painted: Tensor, plate: Plate) -> FloatArray:
        """The colour to be written; of a black frame none of the painting shows.

        Args:
            painted: (1, 3, H, W), display [0, 1], on the plate's data window.
            plate: what it was painted from.

        Returns:
            (H, W, 3) float32, premultiplied, in the output space.

        Raises:
            InputError: matte or background cannot be read or do not fit.
            ModelError: the painting is not finite.
        """
        number, frame = plate.view.motion.frame, plate.frame
        strength: float | FloatArray = self._strength * lit_share(plate.display.pixels)
        if self._matte is not None:
            strength = strength * self._matte.read(number, frame)
        background = None if self._background is None else self._background.read(number, frame)
        return self._transform.to_scene_linear(painted, plate.display, strength, background)


def mixed_files(settings: RenderSettings) -> list[Beside]:
    """The files beside the plate that a mix reads.

    Raises:
        SettingsError: a pattern is malformed.
    """
    return [Beside(pattern) for pattern in (settings.matte.file, settings.over) if pattern is not None]

"""What a painting is mixed over, where that is not the plate: frames such as those of the shot in another style."""

from __future__ import annotations

from vst_core.color import DisplayTransform, resolve_color_space
from vst_core.errors import InputError
from vst_core.frame_io import Header, display_window, read_frame, read_header
from vst_core.image import FloatArray, Frame, Window
from vst_core.pipeline.beside import Beside
from vst_core.pipeline.plate import check_size, painted_layer, painted_space
from vst_core.pipeline.windows import place_pixels
from vst_core.settings import RenderSettings


class BackgroundReader:
    """Reads what a shot's painting is mixed over.

    Args:
        files: of it.
        settings: of the shot.
        transform: of the shot; the background is in its output space.
    """

    def __init__(self, files: Beside, settings: RenderSettings, transform: DisplayTransform) -> None:
        self._files, self._settings, self._transform = files, settings, transform

    def check(self, number: int, plate: Header) -> None:
        """Look into the header for a frame.

        Args:
            number: of the frame.
            plate: the header of the plate there.

        Raises:
            InputError: it cannot be read, has not the plate's picture size, or is in another colour space.
        """
        self._header(number, plate, display_window(plate, self._settings.layer))

    def read(self, number: int, frame: Frame) -> FloatArray:
        """Its colour on a frame's data window; black where its file has no pixels.

        Args:
            number: of the frame.
            frame: the plate.

        Returns:
            (H, W, 3) float32, premultiplied, in the space that is written.

        Raises:
            InputError: as ``check``, or its colour is not finite.
        """
        header = self._header(number, read_header(frame.path), frame.display_window)
        found = read_frame(header.path, layer=painted_layer(header, self._settings.layer))
        return place_pixels(found.color, found.data_window, frame.data_window)

    def _header(self, number: int, plate: Header, size: Window) -> Header:
        header = read_header(self._files.path(number))
        check_size(display_window(header, painted_layer(header, self._settings.layer)), size, header.path)
        space = resolve_color_space(header, painted_space(header, plate, self._settings.color_space))
        if space != self._transform.output_space:
            what = f"is in {space}, but what is mixed over it is written in {self._transform.output_space}"
            raise InputError(what, where=header.path, remedy="convert it")
        return header

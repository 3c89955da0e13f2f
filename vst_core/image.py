"""One frame in memory, with everything that has to come out of the far end again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from vst_core.errors import InputError

FloatArray = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Window:
    """A rectangle of pixels: left column, top row, size. x right, y down; the origin may be negative."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Part:
    """One part (OpenEXR part, OpenImageIO subimage) of a file.

    Attributes:
        name: the part's name, empty in single-part files.
        channels: channel names in file order.
        planes: (H, W) of each channel over the data window, not to be changed: float32, half, or uint32 where the file
            holds integers.
        data_window: the rectangle that has pixels.
        display_window: the rectangle that is the picture.
        header: the file's own header of this part (an ``OpenImageIO.ImageSpec``), written back as it was.
    """

    name: str
    channels: tuple[str, ...]
    planes: tuple[NDArray[Any], ...]
    data_window: Window
    display_window: Window
    header: Any


@dataclass(frozen=True, slots=True)
class Frame:
    """A decoded frame: all parts, and which channels of which part are its colour and its alpha.

    Attributes:
        parts: every part of the file, in file order.
        color_part: index of the part with the colour channels.
        color_channels: indices of red, green and blue within that part.
        alpha_channel: index of the colour's alpha within that part, or None.
        metadata: attributes of the colour part by name.
        path: where it was read, for messages.
        view: the channels of the view that the colour shows, by their names without the view, each with its part and
            its index within it.
    """

    parts: tuple[Part, ...]
    color_part: int
    color_channels: tuple[int, int, int]
    alpha_channel: int | None
    metadata: Mapping[str, Any]
    path: str
    view: Mapping[str, tuple[int, int]]

    @property
    def data_window(self) -> Window:
        """The rectangle that the colour has pixels in."""
        return self.parts[self.color_part].data_window

    @property
    def display_window(self) -> Window:
        """The rectangle that is the picture; the data window may lie in it, stick out of it, or both."""
        return self.parts[self.color_part].display_window

    @property
    def color(self) -> FloatArray:
        """(H, W, 3) float32, a copy, in the file's colour space, premultiplied."""
        planes = self.parts[self.color_part].planes
        color: Any = cv2.merge([_as_float32(planes[channel]) for channel in self.color_channels])
        return cast(FloatArray, color)

    @property
    def alpha(self) -> FloatArray | None:
        """(H, W) float32, not to be changed, or None where the colour has no alpha.

        Hosts write an alpha of zeros beside a plate that has none. Such a one is None, too, where at least half of the
        picture has colour; where less has, it is light without coverage, such as glow.
        """
        if self.alpha_channel is None:
            return None
        alpha = _as_float32(self.parts[self.color_part].planes[self.alpha_channel])
        if cv2.countNonZero(alpha) == 0 and 2 * np.count_nonzero(self.color.any(-1)) >= alpha.size:
            return None
        return alpha

    def channel(self, name: str) -> tuple[FloatArray, Window]:
        """One channel of the colour's view by its name in ``view``: (H, W) float32, not to be changed, and its window.

        Raises:
            InputError: the view has no channel of that name.
        """
        if name not in self.view:
            names = ", ".join(self.view)
            raise InputError(f"has no channel {name!r}", where=self.path, remedy=f"its channels are {names}")
        part, index = self.view[name]
        return _as_float32(self.parts[part].planes[index]), self.parts[part].data_window

    def with_color(self, color: FloatArray) -> Frame:
        """The same frame with other colour: ``color`` is (H, W, 3) over the data window. Nothing else changes."""
        part = self.parts[self.color_part]
        planes = list(part.planes)
        for component, channel in enumerate(self.color_channels):
            planes[channel] = np.ascontiguousarray(color[..., component], dtype=np.float32)
        parts = list(self.parts)
        parts[self.color_part] = replace(part, planes=tuple(planes))
        return replace(self, parts=tuple(parts))


def _as_float32(plane: NDArray[Any]) -> FloatArray:
    if plane.dtype != np.float16:
        return plane.astype(np.float32, copy=False)
    import torch  # whose half is ten times as fast as numpy's; loaded in a second, and by all who have pixels

    return cast(FloatArray, torch.from_numpy(plane).float().numpy())

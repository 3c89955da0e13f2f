"""The plate: one frame read, checked, brought to display, with the motion it carries."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vst_core.color import DisplayImage, DisplayTransform, resolve_color_space
from vst_core.color.coverage import uncovered
from vst_core.errors import InputError, VstError
from vst_core.flow import FlowFrame, Motion, MotionFinder, VectorLayer, Vectors, find_vector_layer, to_flow, warp
from vst_core.flow.sky import SKY_DEPTH
from vst_core.frame_io import Header, read_channels, read_frame, read_header
from vst_core.image import FloatArray, Frame, Window
from vst_core.pipeline.windows import coverage, grown, place, place_pixels
from vst_core.sequence import FrameSequence
from vst_core.settings import FlowSettings
from vst_core.tensors import extended

_SCENE_LINEAR = "lin_rec709_scene"
_DEPTH_SUFFIXES = ("Depth.Z", "Depth.V", "depth.Z")
SMALLEST_SIDE = 32  # of a view; the feature network needs half of it. Hosts write 1x1 where a frame shows nothing


@dataclass(frozen=True, slots=True)
class View:
    """A frame as method and flow source see it.

    Attributes:
        motion: its picture, and what the flow source needs beside it.
        window: the window of that picture: the data window, or more where that is too small to be looked at.
        covered: the data window.
    """

    motion: FlowFrame
    window: Window
    covered: Window


@dataclass(frozen=True, slots=True)
class Plate:
    """One decoded frame.

    Attributes:
        frame: all that the file holds.
        display: its colour in display values, over the data window.
        view: what method and flow source see of it.
    """

    frame: Frame
    display: DisplayImage
    view: View


class PlateReader:
    """Reads the frames of one plate.

    Args:
        sequence: the plate.
        layer: layer whose colour is stylised, or None.
        transform: its colour transform.
        flow: flow settings.
        vectors: sequence that holds the motion vectors: the plate itself, another one, or None where they are not used.
        scale: working size relative to the plate.
        display_window: picture size of the shot; that of the frame that is read first when left out.
    """

    def __init__(
        self,
        sequence: FrameSequence,
        layer: str | None,
        transform: DisplayTransform,
        flow: FlowSettings,
        vectors: FrameSequence | None,
        scale: float = 1.0,
        display_window: Window | None = None,
    ) -> None:
        self._sequence, self._layer, self._transform = sequence, layer, transform
        self._flow, self._vectors = flow, vectors
        self._smallest = math.ceil(SMALLEST_SIDE / min(1.0, 2 * scale))
        self._display_window = display_window

    def read(self, number: int) -> Plate:
        """Read one frame.

        Raises:
            InputError: naming frame and file, when it cannot be read whole, has not the picture size of the shot,
                holds NaN or infinity, or lacks a channel that is needed.
        """
        path = self._sequence.path(number)
        with named_frame(number):
            frame = read_frame(path, layer=self._layer)
            self._check_size(frame)
            display = self._transform.to_display(frame.color, frame.alpha)
            vectors, depth = self._motion(number, frame)
            motion = FlowFrame(number, str(path), display.pixels, vectors, depth)
        window = frame.data_window
        return Plate(frame, display, widened(motion, window, grown(window, self._smallest), window))

    def _check_size(self, frame: Frame) -> None:
        self._display_window = self._display_window or frame.display_window
        check_size(frame.display_window, self._display_window, frame.path)

    def _motion(self, number: int, frame: Frame) -> tuple[Vectors | None, Tensor | None]:
        if self._vectors is None:
            return None, None

        def own(name: str) -> NDArray[np.float32]:
            values, window = frame.channel(name)
            return place_pixels(values, window, frame.data_window)

        channel: Callable[[str], NDArray[Any]] = own
        names, path = tuple(frame.view), Path(frame.path)
        if self._vectors is not self._sequence:
            path = self._vectors.path(number)
            names = read_header(path).channel_names
            channel = _Channels(path)
        layer = vector_layer(self._flow, names, path)
        vectors = to_flow(layer, channel, where=path)
        depth_name = depth_channel(names)
        if depth_name is None:  # the plate itself may have what the file of the vectors has not
            channel, depth_name = own, depth_channel(tuple(frame.view))
        if depth_name is None:
            return vectors, None
        depth, alpha = torch.from_numpy(channel(depth_name))[None, None], frame.alpha
        if layer.convention != "Blender" and _knows_the_sky(vectors, depth):
            return vectors, None
        return vectors, depth if alpha is None else _without_hidden_sky(depth, alpha)


def widened(motion: FlowFrame, window: Window, wanted: Window, covered: Window) -> View:
    """A view of a frame's data, extended to the right and downwards to the window that is wanted; its picture goes on
    as it ends.
    """
    if wanted == window:
        return View(motion, window, covered)
    picture = extended(motion.image, (0, wanted.width - window.width, 0, wanted.height - window.height))
    return View(replace(moved(motion, window, wanted), image=picture), wanted, covered)


class _Channels:
    """Single channels of a file, each read when asked for."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __call__(self, name: str) -> NDArray[np.float32]:
        return read_channels(self._path, (name,))[..., 0]


def open_transform(header: Header, color_space: str | None) -> DisplayTransform:
    """The colour transform of a shot, decided by one header. What is no EXR comes out scene-linear Rec.709.

    Raises:
        InputError: ``$OCIO`` cannot be read, or the file names a space that it does not know.
        SettingsError: ``color_space`` is unknown.
    """
    space = resolve_color_space(header, color_space)
    return DisplayTransform(space, output_space=None if header.file_format == "openexr" else _SCENE_LINEAR)


def painted_space(header: Header, plate: Header, color_space: str | None) -> str | None:
    """The colour space to be named for what was made of a plate: the one that was named for the plate, but where that
    is no EXR, not that of the EXRs made of it, which say their own.
    """
    return color_space if (header.file_format == "openexr") == (plate.file_format == "openexr") else None


def painted_layer(header: Header, layer: str | None) -> str | None:
    """The layer to be named for what was made of a plate: none where colour alone was written, which has no layers."""
    return None if set(header.channel_names) <= set("RGBA") else layer


def check_size(window: Window, expected: Window, where: str) -> None:
    """Check that a frame's picture has the size of the shot's first one.

    Raises:
        InputError: naming both sizes.
    """
    if (window.width, window.height) != (expected.width, expected.height):
        raise InputError(
            f"is {window.width}x{window.height}, but the shot is {expected.width}x{expected.height}",
            where=where,
            remedy="render the frame again at the shot's size",
        )


def vector_layer(flow: FlowSettings, names: tuple[str, ...], path: Path) -> VectorLayer:
    """The layer that holds the motion, by the settings or by its name."""
    return find_vector_layer(
        names,
        flow.layer,
        forward_layer=flow.forward_layer,
        flip_x=flow.flip_x,
        flip_y=flow.flip_y,
        scale=flow.scale,
        zero=flow.zero,
        where=path,
    )


def depth_channel(names: tuple[str, ...]) -> str | None:
    """The depth that marks the sky, where vectors are 0 even while the camera turns."""
    return next((name for name in names if name.endswith(_DEPTH_SUFFIXES) or name == "Z"), None)


def _knows_the_sky(vectors: Vectors, depth: Tensor) -> bool:
    """Whether most of what depth calls sky has vectors; its rim may have some of what is before it."""
    sky = depth >= SKY_DEPTH
    flows = [flow for flow in (vectors.backward, vectors.forward) if flow is not None]
    if any(flow.shape[2:] != sky.shape[2:] for flow in flows):  # which is said where they are used
        return False
    return any(2 * int((flow.any(1, keepdim=True) & sky).sum()) > int(sky.sum()) for flow in flows)


def _without_hidden_sky(depth: Tensor, alpha: FloatArray) -> Tensor:
    """Infinite depth where there is sky without alpha: its colour is none of the renderer's."""
    if depth.shape[-2:] != alpha.shape:  # of a file of its own; that it does not fit is said where it is used
        return depth
    hidden = (uncovered(alpha) > 0) & (depth[0, 0].numpy() >= SKY_DEPTH)
    return depth.masked_fill(torch.from_numpy(hidden), math.inf) if hidden.any() else depth


@contextmanager
def named_frame(number: int) -> Iterator[None]:
    """Put the frame's number in front of an error's place."""
    try:
        yield
    except VstError as error:
        where = ", ".join(filter(None, (f"frame {number}", error.where)))
        raise type(error)(error.what, where=where, remedy=error.remedy) from error.__cause__


def motion_between(find: MotionFinder, current: View, previous: View) -> Motion:
    """The motion from ``previous`` to ``current``, on the window of the latter.

    Where the former has no pixels it is not valid.
    """
    before = moved(previous.motion, previous.window, current.window)
    if previous.covered == current.covered == current.window:
        return find(current.motion, before)
    there = coverage(previous.covered, current.window)
    if before.vectors is not None:  # which are judged by the pictures: an edge that comes into view is no motion
        common = there * coverage(current.covered, current.window)
        before = replace(before, image=torch.where(common > 0, before.image, current.motion.image))
    motion = find(current.motion, before)
    return replace(motion, valid=motion.valid * warp(there, motion.backward_flow, padding="zeros"))


def moved(motion: FlowFrame, source: Window, target: Window) -> FlowFrame:
    """A frame's motion data on another data window."""
    if source == target:
        return motion

    def on_target(image: Tensor | None) -> Tensor | None:
        return None if image is None else place(image, source, target)

    vectors = motion.vectors and Vectors(on_target(motion.vectors.backward), on_target(motion.vectors.forward))
    return FlowFrame(motion.frame, motion.path, place(motion.image, source, target), vectors, on_target(motion.depth))

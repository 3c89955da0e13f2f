"""Review movies: H.264 that says which colours it holds.

Pixels are those of ``read_picture``, encoded as sRGB. They are turned into Y'CbCr by BT.709 and the file says so, and
that its curve is sRGB's: without that, players guess by the size of the picture, and colours shift.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vst_core.atomic_file import make_folder, write_atomically
from vst_core.errors import OutputError, SettingsError
from vst_core.frames import FrameRange
from vst_core.pipeline.display import read_picture
from vst_core.pipeline.sequences import plate_frames
from vst_core.sequence import FrameSequence

_SUFFIXES = (".mp4", ".mov")
# Its macroblock tree gives other bytes each time on a busy machine, and without it a lower CRF looks as good.
_QUALITY = {"crf": "14", "preset": "medium", "x264-params": "mbtree=0"}
_BT709, _SRGB_CURVE, _VIDEO_RANGE = 1, 13, 1  # as ITU-T H.273 numbers them


def write_movie(
    pattern: str,
    output: Path,
    *,
    rate: Fraction,
    frames: FrameRange | None = None,
    layer: str | None = None,
    color_space: str | None = None,
) -> None:
    """Write a movie of a sequence; the file appears whole or not at all.

    Args:
        pattern: the sequence.
        output: a .mp4 or .mov.
        rate: frames a second.
        frames: all on disk when left out.
        layer: the layer to show; the likeliest when left out.
        color_space: its colour space; read from the files when left out.

    Raises:
        VstError: one line that names frame and file.
    """
    if output.suffix.lower() not in _SUFFIXES:
        raise SettingsError("is not a movie", where=output, remedy=f"end its name in {' or '.join(_SUFFIXES)}")
    sequence = FrameSequence.parse(pattern)
    numbers = plate_frames(sequence, frames)
    sequence.check_input(numbers)
    make_folder(output.parent)
    pictures = (
        _even(read_picture(sequence.path(number), number, layer=layer, color_space=color_space)) for number in numbers
    )
    write_atomically(
        output,
        write=lambda file: _encode(file, pictures, rate, output),
        verify=lambda file: _count(file, len(numbers), output),
    )


def _encode(file: Path, pictures: Iterator[NDArray[np.uint8]], rate: Fraction, final: Path) -> None:
    import av

    first = next(pictures)
    try:
        with av.open(str(file), "w") as container:
            stream: Any = container.add_stream("libx264", rate=rate, options=_QUALITY)
            stream.height, stream.width = first.shape[:2]
            stream.pix_fmt = "yuv420p"
            says = stream.codec_context
            says.color_primaries, says.colorspace, says.color_trc = _BT709, _BT709, _SRGB_CURVE
            says.color_range = _VIDEO_RANGE
            container.mux(stream.encode(_converted(first)))
            for picture in pictures:
                if picture.shape != first.shape:
                    raise OutputError("would change size partway through", where=final, remedy="give --frames")
                container.mux(stream.encode(_converted(picture)))
            container.mux(stream.encode(None))
    except av.FFmpegError as error:
        raise OutputError(f"cannot be written ({error.strerror or error})", where=final) from None


def _converted(picture: NDArray[np.uint8]) -> Any:
    import av

    frame = av.VideoFrame.from_ndarray(picture, "rgb24")
    return frame.reformat(format="yuv420p", dst_colorspace="ITU709", dst_color_range="MPEG", interpolation="BICUBIC")


def _count(file: Path, frames: int, final: Path) -> None:
    """Decode a movie whole."""
    import av

    try:
        with av.open(str(file)) as container:
            found = sum(1 for _ in container.decode(video=0))
    except (av.FFmpegError, IndexError) as error:
        raise OutputError(f"was written but cannot be read back ({error})", where=final) from None
    if found != frames:
        raise OutputError(f"was written but has {found} of {frames} frames", where=final, remedy="check the free space")


def _even(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """With sides of even length, as its chroma has half as many samples each way."""
    height, width = picture.shape[:2]
    return np.pad(picture, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")

"""Contact sheets: sequences as rows, a few of their frames as columns, as one PNG to look at."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from vst_core.atomic_file import make_folder, write_atomically
from vst_core.errors import OutputError, SettingsError
from vst_core.frame_io import read_header
from vst_core.frames import FrameRange
from vst_core.pipeline.display import read_picture
from vst_core.pipeline.plate import painted_layer, painted_space
from vst_core.pipeline.sequences import plate_frames
from vst_core.sequence import FrameSequence

_GAP = 4


def write_sheet(
    patterns: Sequence[str],
    output: Path,
    *,
    frames: FrameRange | None = None,
    columns: int = 4,
    width: int = 480,
    layer: str | None = None,
    color_space: str | None = None,
) -> None:
    """Write a contact sheet.

    Pixels are those of the frames, over black, clipped at scene-linear 1 and encoded as sRGB: what a viewer without a
    view transform shows.

    Args:
        patterns: the sequences, one a row.
        output: a .png file.
        frames: the frames of the first sequence when left out; columns are spread over them.
        columns: how many.
        width: of one picture, pixels.
        layer: layer to show, of all that have layers.
        color_space: colour space of the first sequence, and of others where they, too, are EXR, or are not; read from
            the files when left out.

    Raises:
        VstError: one line that names frame and file.
    """
    if output.suffix.lower() != ".png":
        raise SettingsError("a contact sheet is written as PNG", where=output, remedy="end the output name in .png")
    sequences = [FrameSequence.parse(pattern) for pattern in patterns]
    numbers = plate_frames(sequences[0], frames)
    spots = np.linspace(numbers.first, numbers.last, min(columns, len(numbers))).round().astype(int).tolist()
    headers = [read_header(sequence.path(spots[0])) for sequence in sequences]
    spaces = [painted_space(header, headers[0], color_space) for header in headers]
    layers = [layer, *(painted_layer(header, layer) for header in headers[1:])]
    rows = [
        [read_picture(sequence.path(spot), spot, width=width, layer=shown, color_space=space) for spot in spots]
        for sequence, shown, space in zip(sequences, layers, spaces, strict=True)
    ]
    gap = _GAP
    height = max(picture.shape[0] for row in rows for picture in row)
    sheet = np.full((len(rows) * (height + gap) + gap, len(spots) * (width + gap) + gap, 3), 24, np.uint8)
    for i, row in enumerate(rows):
        for j, picture in enumerate(row):
            top, left = gap + i * (height + gap), gap + j * (width + gap)
            sheet[top : top + picture.shape[0], left : left + width] = picture
    encoded, data = cv2.imencode(".png", sheet[..., ::-1])
    if not encoded:
        raise OutputError("could not be encoded", where=output)
    make_folder(output.parent)
    write_atomically(output, write=lambda path: path.write_bytes(data.tobytes()), verify=read_header)

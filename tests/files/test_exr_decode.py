from pathlib import Path
from typing import Any

import numpy as np
import OpenEXR
import pytest
from exr_files import H, W, blender_channels, window, write_exr

from vst_core.files.exr_decode import decoded
from vst_core.files.image_file import ImageFile, open_image

COMPRESSIONS = ["NO", "RLE", "ZIPS", "ZIP", "PIZ", "PXR24", "B44", "B44A", "DWAA", "DWAB"]


def by_openexr(file: ImageFile, path: Path, first: int = 0, last: int | None = None) -> Any:
    part = file.header.parts[0]
    return decoded(path, part.spec, part.channels[first:last], part.formats[first:last])


def by_openimageio(file: ImageFile) -> list[Any]:
    bands = [planes for _, planes in file.bands(0)]
    return [np.concatenate(rows) for rows in zip(*bands, strict=True)]


@pytest.mark.parametrize("compression", COMPRESSIONS)
def test_both_libraries_decode_the_same(compression: str, tmp_path: Path) -> None:
    channels = blender_channels() | {"id": np.arange(H * W, dtype=np.uint32).reshape(H, W)}
    kind = getattr(OpenEXR, f"{compression}_COMPRESSION")
    path = write_exr(tmp_path / "a.exr", channels, compression=kind, dataWindow=window(-5, -9, W, H))
    with open_image(path) as file:
        found, expected = by_openexr(file, path), by_openimageio(file)
        for name, plane, other in zip(file.header.parts[0].channels, found, expected, strict=True):
            assert plane.dtype == channels[name].dtype
            assert plane.astype(other.dtype).tobytes() == other.tobytes(), name


def test_channels_come_in_the_order_asked_for(tmp_path: Path) -> None:
    path = write_exr(tmp_path / "a.exr", blender_channels())
    with open_image(path) as file:
        whole = by_openexr(file, path)
        for plane, other in zip(by_openexr(file, path, 3, 6), whole[3:6], strict=True):
            assert plane.tobytes() == other.tobytes()


def test_what_is_damaged_is_left_to_the_other(tmp_path: Path) -> None:
    path = write_exr(tmp_path / "a.exr", blender_channels())
    data = bytearray(path.read_bytes())
    data[-2000:-1900] = b"U" * 100
    path.write_bytes(data)
    with open_image(path) as file:
        assert by_openexr(file, path) is None


def test_a_name_in_no_known_letters_ends_in_an_error(tmp_path: Path) -> None:
    path = write_exr(tmp_path / "a.exr", blender_channels())
    with open_image(path) as file:
        assert decoded(path, file.header.parts[0].spec, ("\udcff",), ("half",)) is None

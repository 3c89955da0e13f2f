import os
from pathlib import Path

import numpy as np
import OpenEXR
import OpenImageIO as oiio  # noqa: N813  # OpenImageIO's own documentation imports it so
import pytest
from exr_files import H, W, noise, write_exr

from vst_core.errors import InputError
from vst_core.frame_io import read_channels, read_frame, read_header


def test_truncated_anywhere_is_an_input_error(plate: Path, tmp_path: Path) -> None:
    data = plate.read_bytes()
    short = tmp_path / "short.exr"
    for cut in [*range(0, 2000, 37), *range(2000, len(data), 4999), len(data) - 1]:
        short.write_bytes(data[:cut])
        for read in (read_frame, lambda path: read_channels(path, ("ViewLayer.Vector.X", "ViewLayer.Depth.Z"))):
            with pytest.raises(InputError, match=r"short\.exr") as caught:
                read(short)
            assert "\n" not in str(caught.value)


def test_corrupt_header_is_an_input_error_or_read(tmp_path: Path) -> None:
    data = write_exr(tmp_path / "a.exr", {c: noise(1, shape=(8, 8)) for c in "RGB"}).read_bytes()
    broken = tmp_path / "broken.exr"
    refused = 0
    for position in range(340):
        for value in (0x00, 0x80, 0xFF):
            broken.write_bytes(data[:position] + bytes([value]) + data[position + 1 :])
            try:
                read_frame(broken)
            except InputError:
                refused += 1
    assert refused > 550


def test_absurd_size_is_refused_before_memory_is_asked_for(tmp_path: Path) -> None:
    data = write_exr(tmp_path / "a.exr", {c: noise(1) for c in "RGB"}).read_bytes()
    small, huge = np.array([0, 0, W - 1, H - 1], "<i4"), np.array([0, 0, 99_999, 99_999], "<i4")
    assert small.tobytes() in data
    (tmp_path / "a.exr").write_bytes(data.replace(small.tobytes(), huge.tobytes()))
    with pytest.raises(InputError, match=r"cannot be read"):
        read_frame(tmp_path / "a.exr")


def test_missing_empty_folder_and_no_image(tmp_path: Path) -> None:
    (tmp_path / "empty.exr").touch()
    (tmp_path / "text.png").write_text("not a picture")
    (tmp_path / "sheet.xls").write_text("1,2")
    (tmp_path / os.fsdecode(b"caf\xe9.png")).touch()
    for name, complaint in {
        "gone.exr": "no such file",
        "empty.exr": r"is empty \(0 bytes\)",
        "text.png": "cannot be read",
        "sheet.xls": "cannot be read",
        ".": "is a folder",
        os.fsdecode(b"caf\xe9.png"): "its name is not UTF-8; rename it",
    }.items():
        with pytest.raises(InputError, match=complaint) as caught:
            read_frame(tmp_path / name)
        assert "\n" not in str(caught.value)


def test_chroma_of_half_resolution_is_refused(tmp_path: Path) -> None:
    pixels = np.zeros((8, 8), np.float16)
    chroma = {name: OpenEXR.Channel(pixels, 2, 2) for name in ("BY", "RY")}
    OpenEXR.File({}, {"Y": pixels, **chroma}).write(str(tmp_path / "yc.exr"))
    with pytest.raises(InputError, match=r"full resolution.*write it as RGB first"):
        read_header(tmp_path / "yc.exr")


def test_deep_samples_are_refused(tmp_path: Path) -> None:
    spec = oiio.ImageSpec(4, 4, 5, "float")
    spec.channelnames = ("R", "G", "B", "A", "Z")
    spec.deep = True
    deep = oiio.DeepData()
    deep.init(16, 5, ("float",) * 5, spec.channelnames)
    output = oiio.ImageOutput.create("openexr")
    assert output is not None
    assert output.open(str(tmp_path / "deep.exr"), spec)
    assert output.write_deep_image(deep)
    assert output.close()
    with pytest.raises(InputError, match="deep samples"):
        read_header(tmp_path / "deep.exr")

from pathlib import Path
from typing import Any

import numpy as np
import OpenEXR
import OpenImageIO as oiio  # noqa: N813  # OpenImageIO's own documentation imports it so
import pytest
from exr_files import oracle, rewrite
from numpy.typing import NDArray

from vst_core.frame_io import display_window, read_frame, read_header
from vst_core.image import Window

H, W = 6, 9


def levels(channels: int, top: int = 255, data_type: type = np.uint8) -> NDArray[Any]:
    return np.random.default_rng(channels).integers(0, top + 1, (H, W, channels)).astype(data_type)


def write(path: Path, pixels: NDArray[Any], **attributes: object) -> Path:
    spec = oiio.ImageSpec(
        pixels.shape[1], pixels.shape[0], pixels.shape[2], str(pixels.dtype).replace("float32", "float")
    )
    for name, value in attributes.items():
        spec.attribute(name.replace("__", ":"), value)
    output = oiio.ImageOutput.create(str(path))
    assert output is not None
    assert output.open(str(path), spec), output.geterror()
    assert output.write_image(pixels), output.geterror()
    assert output.close()
    return path


@pytest.mark.parametrize(
    ("name", "top", "data_type"),
    [("a.png", 255, np.uint8), ("a.png", 65535, np.uint16), ("a.tif", 65535, np.uint16), ("a.tga", 255, np.uint8)],
)
def test_integers_become_fractions(tmp_path: Path, name: str, top: int, data_type: type) -> None:
    pixels = levels(3, top, data_type)
    frame = read_frame(write(tmp_path / name, pixels))
    assert tuple(frame.view) == ("R", "G", "B")
    assert np.abs(frame.color - pixels.astype(np.float64) / top).max() < 1e-7
    assert frame.alpha is None


def test_dpx_and_float_tiff(tmp_path: Path) -> None:
    pixels = levels(3, 65535, np.uint16)
    assert np.abs(read_frame(write(tmp_path / "a.dpx", pixels)).color - pixels / 65535).max() < 1e-6
    bright = levels(3).astype(np.float32)
    assert (read_frame(write(tmp_path / "a.tif", bright)).color == bright).all()


@pytest.mark.parametrize("name", ["a.png", "a.tif"])
def test_unassociated_alpha_is_multiplied_in_without_rounding(tmp_path: Path, name: str) -> None:
    pixels = levels(4)
    pixels[..., 3] = np.maximum(pixels[..., 3] // 32, 1)
    frame = read_frame(write(tmp_path / name, pixels, oiio__UnassociatedAlpha=1))
    assert frame.alpha is not None
    straight = frame.color / frame.alpha[..., None]
    assert np.abs(straight - pixels[..., :3] / 255).max() < 1e-6
    assert np.abs(frame.alpha - pixels[..., 3] / 255).max() < 1e-7


def test_associated_alpha_is_left_alone(tmp_path: Path) -> None:
    pixels = levels(4)
    pixels[..., :3] = np.minimum(pixels[..., :3], pixels[..., 3:])
    frame = read_frame(write(tmp_path / "a.tif", pixels))
    assert np.abs(frame.color - pixels[..., :3] / 255).max() < 1e-7


@pytest.mark.parametrize("channels", [1, 2])
def test_grey_becomes_three_channels(tmp_path: Path, channels: int) -> None:
    pixels = levels(channels)
    pixels[..., -1] = 255 if channels == 2 else pixels[..., -1]
    frame = read_frame(write(tmp_path / "a.png", pixels))
    assert np.abs(frame.color - pixels[..., :1] / 255).max() < 1e-7
    assert (frame.alpha is None) == (channels == 1)


UPRIGHT = np.arange(24, dtype=np.uint8).reshape(4, 6, 1).repeat(3, axis=-1) * 10
STORED = {
    1: UPRIGHT,
    2: UPRIGHT[:, ::-1],
    3: UPRIGHT[::-1, ::-1],
    4: UPRIGHT[::-1],
    5: UPRIGHT.swapaxes(0, 1),
    6: np.rot90(UPRIGHT, 1),
    7: UPRIGHT.swapaxes(0, 1)[::-1, ::-1],
    8: np.rot90(UPRIGHT, -1),
}


@pytest.mark.parametrize("orientation", sorted(STORED))
def test_photographs_come_upright(tmp_path: Path, orientation: int) -> None:
    stored = np.ascontiguousarray(STORED[orientation])
    frame = read_frame(write(tmp_path / "a.tif", stored, Orientation=orientation))
    assert frame.data_window == frame.display_window == Window(0, 0, 6, 4)
    assert display_window(read_header(tmp_path / "a.tif")) == frame.display_window
    assert np.abs(frame.color - UPRIGHT / 255).max() < 1e-7
    rewrite(tmp_path / "b.exr", frame)
    assert "Orientation" not in read_header(tmp_path / "b.exr").metadata


def test_orientation_agrees_with_the_library(tmp_path: Path) -> None:
    for orientation, stored in STORED.items():
        path = write(tmp_path / "a.tif", np.ascontiguousarray(stored), Orientation=orientation)
        upright = np.asarray(oiio.ImageBufAlgo.reorient(oiio.ImageBuf(str(path))).get_pixels())
        assert np.abs(read_frame(path).color - upright).max() < 1e-6


def test_picture_is_written_as_a_half_zip_exr_of_its_own(tmp_path: Path) -> None:
    frame = read_frame(
        write(tmp_path / "a.png", levels(4), oiio__UnassociatedAlpha=1, Artist="Ann", ImageDescription="x")
    )
    rewrite(tmp_path / "b.exr", frame, attributes={"vst:x": 1})
    header = OpenEXR.File(str(tmp_path / "b.exr")).header()
    assert header["compression"] == OpenEXR.ZIP_COMPRESSION
    assert not [name for name in header if name.startswith(("oiio", "png", "ICC", "Exif"))]
    assert "colorInteropID" not in header
    assert header["vst:x"] == 1
    written = oracle(tmp_path / "b.exr")
    assert {name: str(pixels.dtype) for name, pixels in written.items()} == dict.fromkeys("RGBA", "float16")
    assert (written["G"] == frame.color[..., 1].astype(np.float16)).all()

from __future__ import annotations

import struct
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from flow_scenes import smooth_flow

from vst_core.errors import InputError, OutputError
from vst_core.flow import read_flow, write_flo


def flo(width: int, height: int, values: list[float], magic: float = 202021.25) -> bytes:
    return struct.pack("<fii", magic, width, height) + struct.pack(f"<{len(values)}f", *values)


def test_flo_comes_back_as_it_was(tmp_path: Path) -> None:
    flow = smooth_flow(33, 57, 9)
    write_flo(tmp_path / "a.flo", flow)
    read, valid = read_flow(tmp_path / "a.flo")
    assert torch.equal(read, flow)
    assert read.shape == (1, 2, 33, 57)
    assert valid.shape == (1, 1, 33, 57)
    assert valid.min() == 1
    assert [file.name for file in tmp_path.iterdir()] == ["a.flo"]


def test_flo_is_laid_out_as_middlebury_has_it(tmp_path: Path) -> None:
    path = tmp_path / "a.flo"
    path.write_bytes(flo(3, 2, [float(v) for v in range(12)]))
    flow, _ = read_flow(str(path))
    assert flow[0, 0].tolist() == [[0, 2, 4], [6, 8, 10]]
    assert flow[0, 1].tolist() == [[1, 3, 5], [7, 9, 11]]
    write_flo(tmp_path / "b.flo", flow[0])
    assert (tmp_path / "b.flo").read_bytes() == path.read_bytes()
    theirs = cv2.readOpticalFlow(str(tmp_path / "b.flo"))
    np.testing.assert_array_equal(theirs, flow[0].permute(1, 2, 0).numpy())


def test_unknown_pixels_of_a_flo_are_not_valid(tmp_path: Path) -> None:
    path = tmp_path / "a.flo"
    path.write_bytes(flo(2, 2, [1, 2, float("nan"), 0, 1.666666752e9, 3, 4, float("-inf")]))
    flow, valid = read_flow(path)
    assert valid[0, 0].tolist() == [[1, 0], [0, 0]]
    assert flow[0].tolist() == [[[1, 0], [0, 0]], [[2, 0], [0, 0]]]


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "truncated within its header"),
        (b"PIEH\x01\x00", "truncated within its header"),
        (flo(3, 2, [0.0] * 11), "56 bytes, but 3x2 pixels take 60"),
        (flo(3, 2, [0.0] * 13), "64 bytes, but 3x2 pixels take 60"),
        (flo(3, 2, [0.0] * 12, magic=1.0), "does not start with the signature of a .flo"),
        (flo(0, 2, []), "claims a size of 0x2"),
        (flo(-3, 2, [0.0] * 12), "claims a size of -3x2"),
        (flo(2_000_000_000, 2_000_000_000, []), "claims a size of 2000000000x2000000000"),
    ],
)
def test_broken_flo_files_are_refused_by_name(tmp_path: Path, content: bytes, complaint: str) -> None:
    path = tmp_path / "broken.0007.flo"
    path.write_bytes(content)
    with pytest.raises(InputError, match=complaint) as caught:
        read_flow(path)
    assert "broken.0007.flo" in str(caught.value)


def test_missing_and_foreign_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such flow file"):
        read_flow(tmp_path / "a.flo")
    (tmp_path / "a.tif").write_bytes(b"II")
    with pytest.raises(InputError, match=r"\.tif is not a flow format"):
        read_flow(tmp_path / "a.tif")


def write_png(path: Path, *planes: np.ndarray) -> None:
    assert cv2.imwrite(str(path), np.stack(planes[::-1], axis=-1))  # OpenCV takes blue first


def test_kitti_is_read(tmp_path: Path) -> None:
    u = np.array([[2**15, 2**15 + 64], [2**15 - 32, 0]], np.uint16)
    v = np.array([[2**15 + 1, 2**15 - 640], [65535, 0]], np.uint16)
    write_png(tmp_path / "a.png", u, v, np.array([[1, 1], [65535, 0]], np.uint16))
    flow, valid = read_flow(tmp_path / "a.png")
    assert flow[0].tolist() == [[[0, 1], [-0.5, 0]], [[1 / 64, -10], [32767 / 64, 0]]]
    assert valid[0, 0].tolist() == [[1, 1], [1, 0]]


def test_pictures_that_are_no_kitti_flow_are_refused(tmp_path: Path) -> None:
    plane = np.zeros((4, 5), np.uint8)
    write_png(tmp_path / "eight.png", plane, plane, plane)
    with pytest.raises(InputError, match="3 channels of uint8"):
        read_flow(tmp_path / "eight.png")
    assert cv2.imwrite(str(tmp_path / "grey.png"), plane.astype(np.uint16))
    with pytest.raises(InputError, match="1 channels of uint16"):
        read_flow(tmp_path / "grey.png")
    (tmp_path / "text.png").write_bytes(b"this is no picture")
    with pytest.raises(InputError, match=r"text\.png.*cannot be read"):
        read_flow(tmp_path / "text.png")


def test_a_cut_off_kitti_file_is_refused(tmp_path: Path) -> None:
    planes = np.random.default_rng(0).integers(0, 65535, (3, 40, 50)).astype(np.uint16)
    write_png(tmp_path / "whole.png", *planes)
    content = (tmp_path / "whole.png").read_bytes()
    (tmp_path / "half.png").write_bytes(content[: len(content) // 2])
    with pytest.raises(InputError, match=r"half\.png.*cannot be read"):
        read_flow(tmp_path / "half.png")


def test_a_flow_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"missing/a\.flo"):
        write_flo(tmp_path / "missing" / "a.flo", torch.zeros(1, 2, 3, 3))
    assert not list(tmp_path.iterdir())
    with pytest.raises(ValueError, match="one flow field"):
        write_flo(tmp_path / "a.flo", torch.zeros(2, 2, 3, 3))

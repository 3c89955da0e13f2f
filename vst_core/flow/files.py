"""Flow fields on disk: Middlebury ``.flo`` and KITTI's 16-bit PNG."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from OpenImageIO import UINT16, ImageInput, geterror
from torch import Tensor

from vst_core.atomic_file import write_bytes
from vst_core.errors import InputError

_MAGIC = b"PIEH"  # 202021.25 as a little-endian float
_HEADER = struct.Struct("<4sii")
_LARGEST_SIDE = 99_999
_UNKNOWN = 1e9  # larger values mark pixels whose motion is not known
_KITTI_ZERO = 2**15
_KITTI_STEPS_PER_PIXEL = 64
_SUFFIXES = (".flo", ".png")


def read_flow(path: str | Path) -> tuple[Tensor, Tensor]:
    """Read a flow field, by the file's suffix: Middlebury ``.flo`` or KITTI ``.png``.

    Args:
        path: the file. ``.flo`` holds float pixels, ``.png`` 16-bit steps of 1/64 pixel around 2^15 and a flag for
            known pixels.

    Returns:
        The flow, (1, 2, H, W), pixels, x right, y down, 0 where it is unknown; and (1, 1, H, W), 1 where it is known.

    Raises:
        InputError: the file is missing, of another kind, truncated, or of an absurd size.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError("no such flow file", where=path, remedy="check the flow pattern and its frame numbers")
    if path.suffix.lower() == ".flo":
        field, known = _read_flo(path)
    elif path.suffix.lower() == ".png":
        field, known = _read_kitti(path)
    else:
        raise InputError(
            f"{path.suffix or 'no suffix'} is not a flow format", where=path, remedy=f"use {' or '.join(_SUFFIXES)}"
        )
    field[~known] = 0
    flow = torch.from_numpy(np.ascontiguousarray(field.transpose(2, 0, 1)))[None]
    return flow, torch.from_numpy(known.astype(np.float32))[None, None]


def write_flo(path: str | Path, flow: Tensor) -> None:
    """Write one flow field as Middlebury ``.flo``; the file appears whole or not at all.

    Args:
        path: the file, replaced where it exists.
        flow: (1, 2, H, W) or (2, H, W), pixels, x right, y down.

    Raises:
        ValueError: ``flow`` is not one flow field.
        OutputError: the file cannot be written.
    """
    if flow.shape[-3] != 2 or flow.shape[:-3].numel() != 1:
        raise ValueError(f"one flow field (1, 2, H, W) is needed, not {tuple(flow.shape)}")
    field = flow.detach().to("cpu", torch.float32).reshape(flow.shape[-3:]).permute(1, 2, 0).contiguous().numpy()
    height, width, _ = field.shape
    data = _HEADER.pack(_MAGIC, width, height) + field.astype("<f4").tobytes()
    write_bytes(Path(path), data)


def _read_flo(path: Path) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})", where=path) from error
    if len(data) < _HEADER.size:
        raise InputError(f"is truncated within its header ({len(data)} bytes)", where=path, remedy="write it again")
    magic, width, height = _HEADER.unpack_from(data)
    if magic != _MAGIC:
        raise InputError(
            "does not start with the signature of a .flo file (PIEH)", where=path, remedy="check what wrote it"
        )
    if not (0 < width <= _LARGEST_SIDE and 0 < height <= _LARGEST_SIDE):
        raise InputError(f"claims a size of {width}x{height}", where=path, remedy="the file is corrupt; write it again")
    expected = _HEADER.size + width * height * 8
    if len(data) != expected:
        raise InputError(
            f"has {len(data)} bytes, but {width}x{height} pixels take {expected}", where=path, remedy="write it again"
        )
    field = np.frombuffer(data, "<f4", offset=_HEADER.size).reshape(height, width, 2).astype(np.float32)
    return field, np.abs(field).max(axis=2) <= _UNKNOWN  # False for NaN


def _read_kitti(path: Path) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    source = ImageInput.open(str(path))
    if source is None:
        raise InputError(f"cannot be read ({geterror()})", where=path, remedy="write it again")
    try:
        spec = source.spec()
        if spec.format != UINT16 or spec.nchannels != 3:
            raise InputError(
                f"has {spec.nchannels} channels of {spec.format}",
                where=path,
                remedy="a KITTI flow file has 3 channels of 16 bits: u, v, valid",
            )
        pixels = source.read_image(UINT16)
        if pixels is None:
            reason = source.geterror().splitlines()[0]
            raise InputError(f"cannot be read ({reason})", where=path, remedy="write it again")
    finally:
        source.close()
    field = (pixels[..., :2].astype(np.float32) - np.float32(_KITTI_ZERO)) / np.float32(_KITTI_STEPS_PER_PIXEL)
    return field, pixels[..., 2] > 0

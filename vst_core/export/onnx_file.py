"""Previews as ONNX, for programs that run onnxruntime or the like."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.export import Dim

from vst_core.atomic_file import write_atomically
from vst_core.errors import ModelError
from vst_core.export.preview import Preview

_INPUT, _KNOBS, _OUTPUT = "plate", ("mix", "strength"), "stylized"
_OPSET = 18
_SIDES = {2: "height", 3: "width"}


def write_onnx(path: Path, preview: Preview, mix: Tensor, strength: float) -> None:
    """Write a preview for frames of any size.

    ``plate`` is all that has to be given. ``mix`` and ``strength`` are inputs too, with defaults.

    Args:
        path: the file.
        preview: in evaluation mode.
        mix: (S,), how much of each style where it is not given.
        strength: how much of the stylised frame lies over the plate where it is not given.

    Raises:
        ModelError: the packages that ONNX needs are missing.
        OutputError: the file cannot be written.
    """
    try:
        import onnx
        import onnxscript  # noqa: F401 - torch asks for it late, and in a traceback
    except ImportError:
        raise ModelError("ONNX needs the packages onnx and onnxscript", remedy="pip install onnx onnxscript") from None
    defaults = (mix, torch.tensor(strength))
    model = _exported(preview, defaults)
    for node in model.graph.node:
        node.ClearField("metadata_props")  # where each line of the source lies on this machine
    for number, side in _SIDES.items():  # which the exporter calls by all that was done to them
        model.graph.output[0].type.tensor_type.shape.dim[number].dim_param = side
    for name, value in zip(_KNOBS, defaults, strict=True):
        model.graph.initializer.append(onnx.numpy_helper.from_array(value.numpy(), name))
    write_atomically(path, lambda temporary: onnx.save(model, temporary), onnx.checker.check_model)


def _exported(preview: Preview, defaults: tuple[Tensor, Tensor]) -> Any:
    example = torch.rand(1, 3, 64, 96)
    sides = {number: Dim(side, min=16, max=1 << 16) for number, side in _SIDES.items()}
    with warnings.catch_warnings():
        # Of torch's own code about itself.
        warnings.filterwarnings("ignore", r"`isinstance\(treespec, LeafSpec\)` is deprecated", FutureWarning)
        program = torch.onnx.export(
            preview,
            (example, *defaults),
            dynamo=True,
            verbose=False,
            opset_version=_OPSET,
            input_names=(_INPUT, *_KNOBS),
            output_names=(_OUTPUT,),
            dynamic_shapes=(sides, None, None),
        )
    assert program is not None
    return program.model_proto

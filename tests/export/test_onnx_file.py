"""An ONNX file runs in onnxruntime, for frames of any size."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
import torch
from small_preview import SIZES, error, plate, preview, rendered
from torch import Tensor

from vst_core.errors import ExitCode, ModelError
from vst_core.export.onnx_file import write_onnx

TOLERANCE = 1e-3


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Takes seconds."""
    path = tmp_path_factory.mktemp("onnx") / "small.onnx"
    write_onnx(path, preview(), torch.tensor([0.3, 0.7]), 0.5)
    return path


@pytest.fixture(scope="module")
def session(exported: Path) -> Any:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3  # knobs can be set, and it warns that they are no constants
    return onnxruntime.InferenceSession(exported, options, providers=["CPUExecutionProvider"])


def run(session: Any, pixels: Tensor, **knobs: Any) -> Tensor:
    given = {name: np.asarray(value, np.float32) for name, value in knobs.items()}
    return torch.from_numpy(session.run(None, {"plate": pixels.numpy(), **given})[0])


@pytest.mark.parametrize(("height", "width"), SIZES)
def test_it_is_the_engines_frame_at_any_size(session: Any, height: int, width: int) -> None:
    pixels = plate(height, width)
    assert error(run(session, pixels), rendered(pixels, (0.3, 0.7), 0.5)) < TOLERANCE


def test_the_plate_alone_must_be_given_and_knobs_may_be(session: Any) -> None:
    (needed,) = session.get_inputs()
    assert (needed.name, needed.shape) == ("plate", [1, 3, "height", "width"])
    (result,) = session.get_outputs()
    assert (result.name, result.shape) == ("stylized", [1, 3, "height", "width"])
    pixels = plate(51, 67)
    turned = run(session, pixels, mix=[1, 0], strength=1)
    assert error(turned, rendered(pixels, (1.0, 0.0), 1.0)) < TOLERANCE
    assert torch.equal(run(session, pixels, strength=0), pixels)


def test_it_says_nothing_about_the_machine_it_was_made_on(exported: Path) -> None:
    data = exported.read_bytes()
    assert str(Path(torch.__file__).parent).encode() not in data
    assert str(Path(__file__).parents[2]).encode() not in data


@pytest.mark.parametrize("package", ["onnx", "onnxscript"])
def test_a_package_that_is_missing(package: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ModelError) as caught:
        write_onnx(tmp_path / "small.onnx", preview(), torch.tensor([1.0, 0.0]), 1.0)
    assert str(caught.value) == "ONNX needs the packages onnx and onnxscript; pip install onnx onnxscript"
    assert caught.value.exit_code == ExitCode.MODEL
    assert list(tmp_path.iterdir()) == []

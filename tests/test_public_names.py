from __future__ import annotations

import inspect
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import public_api
import pytest

import vst_core


def loaded_after(statement: str) -> set[str]:
    """Top-level modules that a fresh process has loaded after a statement."""
    program = f"{statement}\nimport sys\nprint(*sorted({{name.partition('.')[0] for name in sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return set(done.stdout.split())


HEAVY = {"torch", "torchvision", "numpy", "cv2", "OpenImageIO", "fileseq", "safetensors"}


def test_importing_the_package_costs_nothing() -> None:
    assert loaded_after("import vst_core") & (HEAVY | {"pydantic"}) == set()


def test_settings_and_frame_ranges_need_no_torch() -> None:
    statement = "import vst_core; vst_core.RenderSettings; vst_core.FrameRange; vst_core.VstError"
    assert loaded_after(statement) & HEAVY == set()


@pytest.mark.parametrize("name", vst_core.__all__)
def test_every_public_name_is_there(name: str) -> None:
    value = getattr(vst_core, name)
    assert getattr(vst_core, name) is value
    assert name in dir(vst_core)


def test_the_surface_is_as_others_know_it() -> None:
    known = (Path(__file__).parent / "data" / "public_api.txt").read_text()
    assert public_api.text() == known, "a change that others meet: python tests/public_api.py says how to take it over"


@pytest.mark.parametrize("module", public_api.MODULES, ids=lambda module: module.__name__)
def test_every_public_name_and_member_is_documented(module: ModuleType) -> None:
    for name in module.__all__:
        value = getattr(module, name)
        if inspect.isfunction(value) or isinstance(value, type):
            assert inspect.getdoc(value), name
            for member, function in public_api.members(value) if isinstance(value, type) else ():
                assert inspect.getdoc(getattr(value, member)) or inspect.getdoc(function), f"{name}.{member}"


@pytest.mark.parametrize("module", public_api.MODULES, ids=lambda module: module.__name__)
def test_what_takes_or_gives_a_tensor_says_its_shape(module: ModuleType) -> None:
    for name in module.__all__:
        value = getattr(module, name)
        if inspect.isfunction(value) and "Tensor" in str(inspect.signature(value)):
            assert re.search(r"\((?:[A-Z0-9]+, )*[A-Z0-9]+\)", inspect.getdoc(value) or ""), name


def test_the_package_says_that_it_is_typed() -> None:
    assert (Path(vst_core.__file__).parent / "py.typed").is_file()


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="'vst_core' has no attribute 'no_such_name'"):
        vst_core.no_such_name  # noqa: B018 - the look-up is what is tested


def test_a_star_import_works() -> None:
    assert "torch" in loaded_after("from vst_core import *; render_shot; RenderSettings")

"""Fixtures that tests share, and the path of the helper modules that lie beside them."""

from __future__ import annotations

import math
import os
import random
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

import vst_core.device as device_module
from vst_core.cli import main
from vst_core.device import has_bfloat16
from vst_core.features import Features
from vst_core.methods import Optimization
from vst_core.pipeline.plate import Plate, PlateReader
from vst_core.threads import set_threads
from vst_core.torchvision_compat import import_torchvision
from vst_core.weights import Weights

if TYPE_CHECKING:
    from nuke_app import NukeApp
    from small_shot import Outcome, SmallShot
    from worker_process import WorkerProcess

sys.path += [str(Path(__file__).parent), str(Path(__file__).parent / "nodes" / "nuke")]

from stand_in_card import CARD  # torch must know of it before it computes its first gradient

# Small pictures gain nothing from a second thread, and lose much where other work keeps the cores busy.
set_threads(1)

_ROOT = Path(__file__).parents[1]
_VGG16 = "vgg16-keras-imagenet.safetensors"


@pytest.fixture(autouse=True)
def _seeded() -> None:
    random.seed(0)
    np.random.seed(0)
    torch.manual_seed(0)


@pytest.fixture(autouse=True)
def _threads() -> Iterator[None]:
    """A render sets the libraries' thread counts for good."""
    threads = torch.get_num_threads()
    yield
    set_threads(threads)


@pytest.fixture
def plates_read(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Frames of plates that are read from now on."""
    frames: list[int] = []
    read_plate = PlateReader.read

    def read_and_tell(reader: PlateReader, frame: int) -> Plate:
        frames.append(frame)
        return read_plate(reader, frame)

    monkeypatch.setattr(PlateReader, "read", read_and_tell)
    return frames


@pytest.fixture
def bfloat16() -> torch.dtype:
    """That type, where this processor computes in it."""
    if not has_bfloat16(torch.device("cpu")):
        pytest.skip("this processor has no bfloat16")
    return torch.bfloat16


@pytest.fixture
def card(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stand-in for a graphics card, which is had as ``cuda``."""
    usual = device_module._usable
    monkeypatch.setattr(device_module, "_usable", lambda name: CARD if name == "cuda" else usual(name))


@pytest.fixture(scope="session")
def vgg16_weights() -> Path:
    """The weights of a real VGG-16."""
    folder = os.environ.get("VST_WEIGHTS")
    path = (Path(folder) if folder else _ROOT / ".weights") / _VGG16
    if not path.is_file():
        pytest.fail(f"{path} is not there: run make weights")
    return path


@pytest.fixture(scope="session")
def sample_shot() -> Path:
    """Folder of the sample shot, ``shot.1001.exr`` onwards."""
    return _ROOT / "samples" / "shot"


@pytest.fixture(scope="session")
def sample_styles() -> Path:
    """Folder of the sample style images, ``oil.png`` and others."""
    return _ROOT / "samples" / "styles"


@pytest.fixture(scope="session")
def random_vgg16() -> Weights:
    """A VGG-16 with random weights that keep activations in size: enough where the picture does not matter."""
    with torch.device("meta"):
        stack = import_torchvision().models.vgg16(weights=None).features
    generator = torch.Generator().manual_seed(1)
    state = {}
    for name, parameter in stack.state_dict().items():
        size = math.sqrt(2 / parameter[0].numel()) if parameter.dim() == 4 else 0.1
        state[f"features.{name}"] = size * torch.randn(parameter.shape, generator=generator)
    return Weights(state, Path("random.safetensors"), "0" * 64)


@pytest.fixture
def random_features(random_vgg16: Weights) -> Callable[[Sequence[str]], Features]:
    """Makes a feature network of ``random_vgg16`` with the layers it is given."""
    return lambda layers: Features("vgg16", random_vgg16, layers)


@pytest.fixture
def method(random_features: Callable[[Sequence[str]], Features]) -> Callable[..., Optimization]:
    """Makes an optimisation of small pictures; see ``prepared``."""
    from small_pictures import prepared

    return partial(prepared, random_features)


@pytest.fixture
def plate(tmp_path: Path) -> Path:
    """A frame as Blender writes it."""
    from exr_files import blender_channels, write_exr

    return write_exr(tmp_path / "plate.1001.exr", blender_channels())


@pytest.fixture(scope="session")
def small_shot(
    tmp_path_factory: pytest.TempPathFactory, sample_shot: Path, sample_styles: Path, vgg16_weights: Path
) -> SmallShot:
    """The sample shot at a quarter of its size, to be left as it is; ``copy`` it to damage it."""
    from small_shot import SmallShot

    return SmallShot.make(tmp_path_factory.mktemp("shot"), sample_shot, sample_styles / "oil.png", vgg16_weights)


@pytest.fixture(scope="session")
def small_network(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ``fast`` network with random weights, to be left as it is."""
    from small_network import write_random_network

    return write_random_network(tmp_path_factory.mktemp("network") / "small.safetensors")


@pytest.fixture(scope="session")
def rendered(tmp_path_factory: pytest.TempPathFactory, small_shot: SmallShot) -> Path:
    """Folder of an undisturbed render of the small shot, to be left as it is."""
    folder = tmp_path_factory.mktemp("rendered")
    small_shot.render(folder)
    return folder


@pytest.fixture(scope="session")
def painted(tmp_path_factory: pytest.TempPathFactory, small_shot: SmallShot, small_network: Path) -> Path:
    """The same of a render with the small network."""
    from small_network import with_network

    folder = tmp_path_factory.mktemp("painted")
    small_shot.render(folder, **with_network(small_network))
    return folder


@pytest.fixture(scope="session")
def small_weights(tmp_path_factory: pytest.TempPathFactory, random_vgg16: Weights) -> Path:
    """The weights of ``random_vgg16`` as a file."""
    from small_training import write_weights

    return write_weights(tmp_path_factory.mktemp("weights") / "small.safetensors", random_vgg16)


@pytest.fixture(scope="session")
def trained_whole(tmp_path_factory: pytest.TempPathFactory, small_weights: Path) -> Path:
    """Folder of an undisturbed training, to be left as it is."""
    from small_training import trained

    folder = tmp_path_factory.mktemp("whole")
    trained(folder, small_weights)
    return folder


@pytest.fixture(scope="module")
def worker() -> Iterator[WorkerProcess]:
    """A worker for all tests of a file that do it no harm."""
    from worker_process import worker_process

    with worker_process() as process:
        yield process


@pytest.fixture(scope="module")
def _nuke_worker() -> Iterator[None]:
    """Ends the worker with the last test of a file, as Nuke does with its own."""
    yield
    sys.modules["vst_nodes.nuke.workers"].close_client()


@pytest.fixture
def nuke_app(_nuke_worker: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[NukeApp]:
    """A fake Nuke with a window and the plug-in; the worker behind it is real, and warm within a file of tests."""
    from clients import VST
    from nuke_app import NukeApp

    monkeypatch.setenv("VST_WORKER", VST)
    monkeypatch.setenv("HOME", str(tmp_path))
    app = NukeApp(tmp_path)
    yield app
    app.window.close()
    app.wait()


@pytest.fixture
def vst(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Callable[..., Outcome]]:
    """Runs the command line in this process."""
    from small_shot import Outcome

    handler = signal.getsignal(signal.SIGTERM)

    def run(*arguments: object) -> Outcome:
        monkeypatch.setattr(sys, "argv", ["vst", *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as stopped:
            main()
        assert isinstance(stopped.value.code, int)
        return Outcome(stopped.value.code, *capsys.readouterr())

    yield run
    signal.signal(signal.SIGTERM, handler)

"""The programs in ``examples/``, on pictures that are small."""

from __future__ import annotations

import runpy
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import small_training
import torch
from clients import VST
from small_network import STYLES
from small_shot import SmallShot, out, outputs

from vst_core.weights import Weights

EXAMPLES = Path(__file__).parents[2] / "examples"
LONGEST = 60
Run = Callable[..., int]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs an example's command line in this process; its exit code."""

    def run(name: str, *arguments: object) -> int:
        monkeypatch.setattr(sys, "argv", [name, *map(str, arguments)])
        try:
            runpy.run_path(str(EXAMPLES / name), run_name="__main__")
        except SystemExit as stopped:
            return int(stopped.code or 0)
        return 0

    return run


def loaded(name: str) -> dict[str, Any]:
    """An example's names, as it is when it is imported."""
    return runpy.run_path(str(EXAMPLES / name))


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.py")), ids=lambda path: path.stem)
def test_each_is_short_and_says_how_it_is_run(path: Path) -> None:
    lines = path.read_text().splitlines()
    assert len(lines) <= LONGEST
    assert lines[2].startswith(f"python examples/{path.name} ")
    assert f"test_{path.stem}" in {name.partition("__")[0] for name in globals()}


def test_stylize_shot(
    run: Run, small_shot: SmallShot, small_network: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = (small_shot.pattern, STYLES[0], tmp_path / "out.####.exr", "--frames", "1001-1002")
    assert run("stylize_shot.py", *arguments, "--network", small_network) == 0
    first = capsys.readouterr().out.splitlines()
    assert outputs(tmp_path) == ["out.1001.exr", "out.1002.exr"]
    assert first[0].startswith(f"{out(tmp_path, 1001)}: ")
    assert "lag  warping error  of the plate  pixels compared" in first
    assert run("stylize_shot.py", *arguments, "--network", small_network) == 0
    assert capsys.readouterr().out.startswith(f"{out(tmp_path, 1001)}: was there")


def test_stylize_shot__complains_as_the_command_line_does(
    run: Run, small_shot: SmallShot, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = small_shot.pattern, "lava", tmp_path / "out.####.exr"
    assert run("stylize_shot.py", *arguments) == 2
    assert "no style 'lava'" in capsys.readouterr().err
    assert run("stylize_shot.py", *arguments, "--frames", "some") == 2
    assert "'some' is not a range" in capsys.readouterr().err


def test_train_style(tmp_path: Path, random_vgg16: Weights, capsys: pytest.CaptureFixture[str]) -> None:
    small = {name: value for name, value in small_training.RECIPE.items() if name != "steps"}
    weights = small_training.write_weights(tmp_path / "vgg.safetensors", random_vgg16)
    style = small_training.write_styles(tmp_path)[0]
    loaded("train_style.py")["main"](style, tmp_path / "net.safetensors", 2, weights, **small)
    lines = capsys.readouterr().out.splitlines()
    assert lines[-2].startswith("step 2 of 2: ")
    assert lines[-1] == f"vst render PLATE --network {tmp_path / 'net.safetensors'} --style dots -o OUTPUT"
    assert (tmp_path / "net.safetensors").is_file()


def test_new_loss(run: Run, tmp_path: Path, vgg16_weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VST_WEIGHTS", str(vgg16_weights.parent))
    content, style = small_training.write_styles(tmp_path)
    assert run("new_loss.py", content, style, tmp_path / "new.png", "--steps", 3) == 0
    before, after = (cv2.imread(str(path)) for path in (content, tmp_path / "new.png"))
    assert before is not None
    assert after is not None
    assert after.shape == before.shape
    assert 0 < np.abs(after.astype(float) - before).mean() < 40


def test_new_loss__is_of_means_and_deviations_alone() -> None:
    loss = loaded("new_loss.py")["deviation_loss"]
    features = torch.rand(1, 3, 4, 5)
    shuffled = features.flatten(2)[..., torch.randperm(20)].view(1, 3, 4, 5)
    assert float(loss(features, shuffled)) == pytest.approx(0, abs=1e-10)
    assert float(loss(features + 1, features)) > 0.1
    assert float(loss(torch.zeros(1, 3, 4, 5), features)) == pytest.approx(1)


def test_drive_worker(
    run: Run, small_shot: SmallShot, small_network: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = (VST, small_shot.pattern, STYLES[0], tmp_path / "out.####.exr", "--frames", "1001-1002")
    assert run("drive_worker.py", *arguments, "--network", small_network) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("vst ")
    assert lines[1:] == [str(out(tmp_path, 1001)), str(out(tmp_path, 1002)), "done"]

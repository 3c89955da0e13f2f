"""A TorchScript file runs without this package, in a torch as old as the one that hosts have."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from small_network import STYLES
from small_preview import SIZES, checkpoint, error, loaded, plate, preview, rendered
from torch import Tensor

from vst_core.errors import ExitCode, ModelError
from vst_core.export import torchscript
from vst_core.export.knobs import Knob, knobs_of
from vst_core.export.torchscript import unknown_operators, write_scripted, write_traced

TOLERANCE = 1e-3
KNOBS = knobs_of(STYLES, (1.0, 0.0), 1.0)


@pytest.fixture(scope="module")
def scripted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("scripted") / "small.pt"
    write_scripted(path, preview(), KNOBS)
    return path


@pytest.fixture(scope="module")
def traced(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("traced") / "small.pt"
    write_traced(path, preview(), torch.tensor([0.3, 0.7]), 0.5)
    return path


@pytest.mark.parametrize(("height", "width"), SIZES)
def test_both_are_the_engines_frame_at_any_size(scripted: Path, traced: Path, height: int, width: int) -> None:
    pixels = plate(height, width)
    assert error(loaded(scripted)(pixels), rendered(pixels)) < TOLERANCE
    assert error(loaded(traced)(pixels), rendered(pixels, (0.3, 0.7), 0.5)) < TOLERANCE


def test_a_host_turns_the_knobs_between_frames(scripted: Path) -> None:
    model, pixels = loaded(scripted), plate(51, 67)
    for mix, strength in (((1.0, 0.0), 1.0), ((0.0, 1.0), 1.0), ((0.6, 0.4), 0.25)):
        model.mix_dots, model.mix_bars, model.strength = *mix, strength
        assert error(model(pixels), rendered(pixels, mix, strength)) < TOLERANCE


def test_the_knobs_begin_where_they_were_told_to(tmp_path: Path) -> None:
    write_scripted(tmp_path / "small.pt", preview(), knobs_of(STYLES, (0.0, 1.0), 0.5))
    model = loaded(tmp_path / "small.pt")
    assert (model.strength, model.mix_dots, model.mix_bars) == (0.5, 0.0, 1.0)


def test_the_styles_of_another_network_are_not_mixed_up_with_these(scripted: Path, tmp_path: Path) -> None:
    write_scripted(tmp_path / "swapped.pt", preview(), knobs_of(STYLES[::-1], (1.0, 0.0), 1.0))
    pixels = plate(48, 64)
    model, swapped = loaded(scripted), loaded(tmp_path / "swapped.pt")
    assert (swapped.mix_bars, swapped.mix_dots) == (1, 0)
    assert torch.equal(model(pixels), swapped(pixels))


def test_styles_that_are_no_names_have_knobs_of_their_own() -> None:
    knobs = knobs_of(("öl", "dots and bars", "dots-and-bars", "7", "if"), (1, 0, 0, 0, 0), 1.0)
    assert knobs == [
        Knob("strength", "strength", 1.0),
        Knob("mix__l", "öl", 1),
        Knob("mix_dots_and_bars", "dots and bars", 0),
        Knob("mix_dots_and_bars_2", "dots-and-bars", 0),
        Knob("mix_7", "7", 0),
        Knob("mix_if", "if", 0),
    ]


def test_every_operator_is_one_of_torch_1_12(scripted: Path, traced: Path) -> None:
    assert unknown_operators(loaded(scripted)) == unknown_operators(loaded(traced)) == []


def test_operators_that_are_newer_are_found_within_blocks_too() -> None:
    def newer(x: Tensor) -> Tensor:
        for _ in range(2):
            x = F.scaled_dot_product_attention(x, x, x)
        return x.relu()

    with torchscript._deprecated():
        assert unknown_operators(torch.jit.script(newer)) == ["aten::scaled_dot_product_attention"]


@pytest.mark.parametrize(
    ("before", "after"), [("aten::tanh(Tensor self)", "aten::sinh(Tensor self)"), (", float eps,", ",")]
)
def test_what_torch_1_12_could_not_load_is_not_written(
    before: str, after: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = torchscript._OPERATORS.read_text()
    assert before in known
    fewer = tmp_path / "operators.txt"
    fewer.write_text(known.replace(before, after))
    monkeypatch.setattr(torchscript, "_OPERATORS", fewer)
    with pytest.raises(ModelError, match=r"writes it with aten::(tanh|instance_norm), which torch 1\.12") as caught:
        write_traced(tmp_path / "small.pt", preview(), torch.tensor([1.0, 0.0]), 1.0)
    assert caught.value.exit_code == ExitCode.MODEL
    assert not (tmp_path / "small.pt").exists()


def test_networks_of_both_sizes_need_no_other_operators(tmp_path: Path) -> None:
    write_scripted(tmp_path / "quality.pt", preview("quality"), KNOBS)
    pixels = plate(48, 64)
    assert error(loaded(tmp_path / "quality.pt")(pixels), rendered(pixels, network=checkpoint("quality"))) < TOLERANCE

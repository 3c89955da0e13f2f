"""``vst export`` as a user meets it: what it writes, and the one line where it cannot."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from small_preview import ACESCG, error, loaded, plate, rendered
from small_shot import Outcome

from vst_core.cli.export import OPTIONS
from vst_core.export import ExportSettings
from vst_core.networks import load_checkpoint

Run = Callable[..., Outcome]
STYLE = ("--style", "dots")


def test_every_setting_has_an_option(vst: Run) -> None:
    assert {option.setting.partition(".")[0] for option in OPTIONS} == ExportSettings.model_fields.keys()
    shown = vst("export", "--help").out
    assert all(option.flags[0].partition("/")[0] in shown for option in OPTIONS)
    assert "preview" in shown


@pytest.mark.parametrize("traced", [(), ("--traced",)])
def test_torchscript_with_all_that_can_be_said(
    traced: tuple[str, ...], small_network: Path, tmp_path: Path, vst: Run
) -> None:
    path = tmp_path / "small.pt"
    said = ("--style-mix", "dots:1,bars:3", "--strength", 0.5, "--color-space", ACESCG, *traced)
    outcome = vst("export", "--format", "torchscript", "--network", small_network, *said, "-o", path)
    assert outcome == Outcome(0, f"{path}\n", "")
    model, pixels = loaded(path), plate(51, 67)
    network = load_checkpoint(str(small_network))
    assert error(model(pixels), rendered(pixels, (0.25, 0.75), 0.5, network=network, color_space=ACESCG)) < 1e-3
    assert hasattr(model, "mix_dots") != bool(traced)


def test_a_shipped_network_as_a_kit(tmp_path: Path, vst: Run) -> None:
    folder = tmp_path / "kit"
    outcome = vst(
        "export", "--format", "cat-kit", "--network", "fast", "--style", "oil", "--style", "ink", "-o", folder
    )
    assert outcome == Outcome(0, f"{folder}\n", "")
    model = loaded(folder / "preview.pt")
    assert [model.strength, model.mix_oil, model.mix_ink, model.mix_mosaic] == [1, 0.5, 0.5, 0]


def refused(vst: Run, network: Path | str, *said: object) -> tuple[int, str]:
    outcome = vst("export", "--network", network, *said)
    assert outcome.out == ""
    return outcome.code, outcome.complaint


@pytest.mark.parametrize(
    ("said", "complaint"),
    [
        (("--format", "tensorrt", *STYLE, "-o", "x.pt"), "format: Input should be 'torchscript', 'cat-kit' or 'onnx'"),
        ((*STYLE, "-o", "x.pt"), "--format: is missing"),
        (("--format", "onnx", *STYLE), "--output: is missing"),
        (("--format", "onnx", "-o", "x.onnx"), "--style: is missing"),
        (("--format", "onnx", *STYLE, "-o", "x.pt"), "the name of a file for onnx ends in .onnx"),
        (("--format", "onnx", *STYLE, "--traced", "-o", "x.onnx"), "onnx is never traced"),
        (("--format", "onnx", "--style", "oil", "-o", "x.onnx"), "has no style 'oil'; it has dots, bars"),
        (("--format", "onnx", "--style-mix", "dots:0", "-o", "x.onnx"), "must not sum to 0"),
        (("--format", "onnx", "--style-mix", "dots:0", *STYLE, "-o", "x.onnx"), "the style is given twice"),
        (("--format", "onnx", *STYLE, "--strength", 2, "-o", "x.onnx"), "strength"),
        (("--format", "onnx", *STYLE, "--color-space", "sRGB", "-o", "x.onnx"), "is not scene-linear"),
        (("--format", "onnx", *STYLE, "--color-space", "nowhere", "-o", "x.onnx"), "is not in the OCIO configuration"),
    ],
    ids=lambda value: "" if isinstance(value, tuple) else value,
)
def test_what_makes_no_sense(
    said: tuple[object, ...],
    complaint: str,
    small_network: Path,
    tmp_path: Path,
    vst: Run,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    code, line = refused(vst, small_network, *said)
    assert code == 2
    assert complaint in line
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("kind", "name"), [("torchscript", "x.pt"), ("cat-kit", "x")])
def test_a_place_that_cannot_be_written_to(kind: str, name: str, small_network: Path, tmp_path: Path, vst: Run) -> None:
    (tmp_path / "file").write_text("in the way")
    path = tmp_path / "file" / name
    code, line = refused(vst, small_network, "--format", kind, *STYLE, "-o", path)
    assert code == 4
    assert line.startswith(f"{path}: ")


def test_a_network_that_is_damaged_or_missing(small_network: Path, tmp_path: Path, vst: Run) -> None:
    damaged = tmp_path / "damaged.safetensors"
    damaged.write_bytes(small_network.read_bytes()[:-100])
    for network in (damaged, tmp_path / "missing.safetensors"):
        code, line = refused(vst, network, "--format", "torchscript", *STYLE, "-o", tmp_path / "x.pt")
        assert code == 5
        assert str(network) in line
    assert [path.name for path in tmp_path.iterdir()] == [damaged.name]

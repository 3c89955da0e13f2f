"""The folder for Nuke: its script, run on a stand-in that takes only what a CatFileCreator takes."""

from __future__ import annotations

import ast
import runpy
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from small_network import STYLES
from small_preview import ACESCG, error, loaded, plate, preview, rendered

from vst_core.errors import ExitCode, OutputError
from vst_core.export.cat_kit import write_cat_kit
from vst_core.export.knobs import knobs_of

COLORS = "rgba.red,rgba.green,rgba.blue"
SETTINGS = ("torchScriptFile", "catFile", "channelsIn", "channelsOut", "modelId", "outputScale")
FILES = ["README.txt", "kit.json", "make_cat.py", "preview.pt"]


class Knob:
    """A number or a text, without a range until one is set."""

    def __init__(self, name: str, label: str = "") -> None:
        self.name, self.label = name, label
        self.value: Any = None
        self.range = (0.0, 0.0)

    def setValue(self, value: Any) -> None:  # noqa: N802 - names of Nuke's, here and below
        self.value = value

    def setRange(self, first: float, last: float) -> None:  # noqa: N802
        self.range = (first, last)


class Button:
    """Does something when it is pressed."""

    def __init__(self, execute: Callable[[], None]) -> None:
        self.execute = execute


class CatFileCreator:
    """Writes a .cat when its button is pressed, if its model has an attribute for each knob that was added."""

    def __init__(self, makes: bool) -> None:
        self._makes = makes
        self.button = Button(self._create)
        self.settings = {name: Knob(name) for name in SETTINGS}
        self.added: dict[str, Knob] = {}

    def __getitem__(self, name: str) -> Knob | Button:
        return self.button if name == "createCatFile" else self.settings[name]

    def addKnob(self, knob: Knob) -> None:  # noqa: N802
        assert knob.name not in (*self.settings, *self.added)
        self.added[knob.name] = knob

    def _create(self) -> None:
        model = loaded(Path(self.settings["torchScriptFile"].value))
        for name, knob in self.added.items():
            assert getattr(model, name) == knob.value
        if self._makes:
            Path(self.settings["catFile"].value).write_bytes(b"cat")


class Nuke(ModuleType):
    """As much of Nuke as a kit needs."""

    Double_Knob = Knob

    def __init__(self, *, makes: bool) -> None:
        super().__init__("nuke")
        self._makes = makes
        self.nodes: list[CatFileCreator] = []
        self.said: list[str] = []

    def createNode(self, kind: str, knobs: str = "", inpanel: bool = True) -> CatFileCreator:  # noqa: N802
        assert (kind, knobs, inpanel) == ("CatFileCreator", "", False)
        self.nodes.append(CatFileCreator(self._makes))
        return self.nodes[-1]

    def tprint(self, value: object) -> None:
        self.said.append(str(value))


@pytest.fixture
def kit(tmp_path: Path) -> Path:
    folder = tmp_path / "kits" / "öl"
    write_cat_kit(folder, preview(), knobs_of(STYLES, (0.3, 0.7), 0.5), "small 0000", ACESCG)
    return folder


def run_script(kit: Path, nuke: Nuke, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "nuke", nuke)
    runpy.run_path(str(kit / "make_cat.py"), run_name="__main__")


def test_the_script_makes_the_cat_with_a_slider_for_each_knob(kit: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert sorted(path.name for path in kit.iterdir()) == FILES
    nuke = Nuke(makes=True)
    run_script(kit, nuke, monkeypatch)
    (node,) = nuke.nodes
    model, cat = (kit / "preview.pt").as_posix(), (kit / "preview.cat").as_posix()
    assert [knob.value for knob in node.settings.values()] == [model, cat, COLORS, COLORS, "small 0000", 1]
    sliders = [(knob.name, knob.label, knob.value, knob.range) for knob in node.added.values()]
    assert [slider[:2] for slider in sliders] == [("strength", "strength"), ("mix_dots", "dots"), ("mix_bars", "bars")]
    assert [slider[2] for slider in sliders] == pytest.approx([0.5, 0.3, 0.7])
    assert {slider[3] for slider in sliders} == {(0, 1)}
    assert (kit / "preview.cat").is_file()
    assert nuke.said == [str(kit / "preview.cat")]


def test_a_nuke_that_makes_none_is_said_so(kit: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(RuntimeError, match=r"preview\.cat: CatFileCreator did not write it; is this NukeX"):
        run_script(kit, Nuke(makes=False), monkeypatch)


def test_its_model_is_the_engines_frame(kit: Path) -> None:
    pixels = plate(51, 67)
    assert error(loaded(kit / "preview.pt")(pixels), rendered(pixels, (0.3, 0.7), 0.5)) < 1e-3


def test_the_script_is_python_3_9(kit: Path) -> None:
    ast.parse((kit / "make_cat.py").read_text(encoding="utf-8"), feature_version=(3, 9))


def test_the_readme_says_what_it_takes_and_what_it_is_not(kit: Path) -> None:
    text = (kit / "README.txt").read_text(encoding="utf-8")
    assert all(said in text for said in (ACESCG, "on its own", "Alpha", "make_cat.py", "small 0000"))


def test_a_kit_is_written_over_an_older_one(kit: Path) -> None:
    write_cat_kit(kit, preview(), knobs_of(STYLES, (1.0, 0.0), 1.0), "newer", ACESCG)
    assert sorted(path.name for path in kit.iterdir()) == FILES
    assert "newer" in (kit / "kit.json").read_text()


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OutputError, match="cannot be created") as caught:
        write_cat_kit(tmp_path / "file" / "kit", preview(), knobs_of(STYLES, (1.0, 0.0), 1.0), "small", ACESCG)
    assert caught.value.exit_code == ExitCode.OUTPUT

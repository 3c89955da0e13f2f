"""The list of commands, and that showing it, or a command's options, loads nothing that is slow to load."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from exr_files import run_child
from small_shot import Outcome

from vst_core.cli.commands import COMMANDS, vst
from vst_core.cli.lazy import Placeholder
from vst_core.cli.weights import weights

Run = Callable[..., Outcome]

ENGINE = {"torch", "numpy", "cv2", "OpenImageIO", "OpenEXR", "fileseq", "safetensors", "matplotlib"}
LOADED = """
    import atexit, sys
    from vst_core.cli import main
    atexit.register(lambda: print(*sys.modules, file=sys.stderr))
    sys.argv[0] = "vst"
    main()
"""


def loaded_by(*arguments: str) -> set[str]:
    """Modules that ``vst`` has loaded when it ends."""
    done = run_child(LOADED, *arguments)
    assert (done.returncode, bool(done.stdout)) == (0, True), done.stderr
    return set(done.stderr.split())


@pytest.mark.parametrize("arguments", [("--help",), ("--version",), (), ("weights", "--help")])
def test_lists_and_versions_load_neither_engine_nor_settings(arguments: tuple[str, ...]) -> None:
    assert loaded_by(*arguments) & (ENGINE | {"vst_core.settings", "rich"}) == set()


def test_the_list_of_commands_does_not_even_load_pydantic() -> None:
    assert "pydantic" not in loaded_by("--help")


@pytest.mark.parametrize("command", ["render", "plan", "train", "measure"])
def test_options_load_the_settings_and_no_engine(command: str) -> None:
    assert loaded_by(command, "--help") & ENGINE == set()


@pytest.mark.parametrize("command", [row.name for row in COMMANDS])
def test_every_command_shows_its_options(command: str, vst: Run) -> None:
    shown = vst(command, "--help")
    assert (shown.code, shown.err) == (0, "")
    assert f"Usage: vst {command}" in shown.out


def test_every_command_is_one_line_of_the_list(vst: Run) -> None:
    lines = vst("--help").out.splitlines()
    for row in COMMANDS:
        assert [line.split()[1:] for line in lines if line.startswith(f"  {row.name} ")] == [row.help.split()]
    assert max(map(len, lines)) <= 80


def test_a_misspelt_command_is_named_with_its_neighbour(vst: Run) -> None:
    complaint = vst("rendr").complaint
    assert "'rendr'" in complaint
    assert "'render'" in complaint


def test_every_row_leads_to_its_command() -> None:
    for group in (vst, weights):
        for name, command in group.commands.items():
            assert isinstance(command, Placeholder)
            assert command.load().name == name


@pytest.mark.parametrize("command", ["render", "submit", "train", "export"])
@pytest.mark.parametrize("columns", [80, 120])
def test_options_stand_in_sections_that_fit_the_terminal(
    command: str, columns: int, vst: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    lines = vst(command, "--help").out.splitlines()
    assert columns - 20 < max(map(len, lines)) <= columns
    headings = [line for line in lines if line.endswith(":") and not line.startswith(" ")]
    assert {"Style:", "Output:"} & set(headings)
    rest = lines[lines.index("Options:") :]
    named = {line.split()[0] for line in rest if line.startswith("  -")}
    assert named <= {"--settings", "--json", "--shots", "--help"}, "others have a section in cli/sections.py"


@pytest.mark.parametrize(("command", "says"), [("compare", "The style image."), ("export", "as vst styles lists them")])
def test_help_says_which_styles_a_command_takes(vst: Run, command: str, says: str) -> None:
    shown = vst(command, "--help").out
    assert says in " ".join(shown.split())
    assert "for optimization" not in shown.partition("--style ")[2][:150]

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from folders import snapshot
from small_shot import Outcome

import vst_core
from install import blender

Run = Callable[..., Outcome]
ROOT = Path(__file__).parents[2]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's home; no Blender is installed."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PATH", "")
    for variable in ("XDG_CONFIG_HOME", "BLENDER_USER_RESOURCES"):
        monkeypatch.delenv(variable, raising=False)
    return tmp_path


def test_every_version_that_was_started_gets_the_node(home: Path, vst: Run) -> None:
    for version in ("4.1", "4.5", "5.0"):
        (home / ".config" / "blender" / version).mkdir(parents=True)
    before = snapshot(home)
    dry = vst("install", "blender", "--dry-run")
    assert dry.code == 0
    assert "4.1" not in dry.out
    assert snapshot(home) == before
    installed = vst("install", "blender")
    assert installed.code == 0
    assert [line for line in installed.out.splitlines() if "not checked" in line] == [
        f"Blender {version}: not checked: its program was not found; name it with --program"
        for version in ("4.5", "5.0")
    ]
    for version in ("4.5", "5.0"):
        own = home / ".config" / "blender" / version / "extensions" / "user_default" / "vst"
        assert (own / "nodes" / "blender" / "node.py").is_file()
    assert vst("install", "blender", "--dry-run", "--uninstall").code == 0
    assert snapshot(home) != before
    assert vst("install", "blender", "--uninstall").code == 0
    assert snapshot(home) == before
    assert "nothing is installed" in vst("install", "blender", "--uninstall").out


def test_one_host_that_fails_does_not_stop_the_others(home: Path, vst: Run) -> None:
    for version in ("4.5", "5.0"):
        (home / ".config" / "blender" / version).mkdir(parents=True)
    (home / ".config" / "blender" / "4.5" / "extensions").write_text("no folder")
    outcome = vst("install", "blender")
    assert outcome.code == 4
    assert "Blender 5.0: installed" in outcome.out
    assert "4.5" in outcome.complaint


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ((), 2, "HOST"),
        (("houdini",), 2, "'houdini'"),
        (("nuke", "--no-such-option"), 2, "--no-such-option"),
        (("blender",), 3, "no Blender from 4.2 on was found"),
        (("blender", "--program", "none"), 3, "none: cannot be run"),
        (("nuke", "--prefix", "/proc/none"), 4, "cannot be written"),
        (("blender", "--zip", "/proc/none/vst.zip"), 4, "cannot be written"),
    ],
)
def test_what_is_wrong_is_one_line(home: Path, vst: Run, arguments: tuple[str, ...], code: int, words: str) -> None:
    outcome = vst("install", *arguments)
    assert outcome.code == code
    assert words in outcome.complaint
    assert list(home.iterdir()) == []


def test_a_blender_in_this_folder_is_named_without_its_path(
    home: Path, vst: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "blender").write_text(f'#!/bin/sh\necho \'VST|["4.5", "{home}/user"]\'\n')
    (home / "blender").chmod(0o755)
    monkeypatch.chdir(home)
    monkeypatch.setenv("PATH", "/bin")
    for program in ("./blender", "blender"):
        told = vst("install", "blender", "--program", program, "--dry-run")
        assert (told.code, told.err) == (0, "")
        assert f"{home}/user/extensions" in told.out


def test_it_runs_without_the_engine(home: Path) -> None:
    command = [sys.executable, "-I", "-S", "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r}); import install; "]
    command[-1] += "code = install.main(['nuke']); print(code, *sys.modules)"
    done = subprocess.run(command, capture_output=True, text=True, check=True, env={"HOME": str(home)})
    code, *modules = done.stdout.splitlines()[-1].split()
    assert code == "0"
    assert not {"vst_core", "torch", "numpy", "typer"} & set(modules)
    assert (home / ".nuke" / "vst" / "vst_nodes").is_dir()
    assert not (home / ".nuke" / "vst" / "worker.txt").exists()


def test_it_needs_nothing_but_the_standard_library() -> None:
    for source in (ROOT / "install").glob("*.py"):
        for node in ast.walk(ast.parse(source.read_text())):
            if isinstance(node, ast.Import):
                assert {alias.name.partition(".")[0] for alias in node.names} <= sys.stdlib_module_names, source
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                assert str(node.module).partition(".")[0] in sys.stdlib_module_names, source


def test_the_extension_has_the_version_of_the_engine() -> None:
    assert blender.version() == vst_core.__version__

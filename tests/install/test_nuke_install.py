"""Into the folders that Nuke reads, and out of them again; a stand-in starts as Nuke does."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from folders import snapshot
from real_blender import VST
from small_shot import Outcome

Run = Callable[..., Outcome]
ROOT = Path(__file__).parents[2]

START = """
import os, runpy, sys
from pathlib import Path
import fake_nuke

sys.modules["nuke"] = fake_nuke
fake_nuke._start(gui=True)
folders = [Path(folder) for folder in sys.argv[1:]]
fake_nuke.pluginAddPath = lambda path: folders.append(folder / path)  # relative to the file that calls it
for file in ("init.py", "menu.py"):
    for folder in folders:
        if (folder / file).is_file():
            runpy.run_path(str(folder / file))
from vst_nodes import environment, nuke as vst
print(vst.create().Class(), environment.find_worker(), Path(vst.__file__).parents[1], sep="\\n")
"""


def start(*folders: Path) -> list[str]:
    """Class of a new node, its worker, and where its package lies, for a Nuke that reads some folders."""
    path = ":".join(str(ROOT / folder) for folder in ("tests", "tests/nodes/nuke"))
    environment = {"PYTHONPATH": path, "PATH": "", "HOME": "/none"}
    command = [sys.executable, "-c", START, *map(str, folders)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.splitlines()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's home."""
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize("content", [None, "", "import nuke\nMINE = 1", "# -*- coding: utf-8 -*-\nMINE = 1\n"])
@pytest.mark.parametrize("link", [False, True])
def test_the_users_nuke_has_the_node_and_loses_it_again(home: Path, vst: Run, content: str | None, link: bool) -> None:
    if content is not None:
        (home / ".nuke").mkdir()
        (home / ".nuke" / "init.py").write_text(content)
    before = snapshot(home)
    installed = vst("install", "nuke", *(["--link"] if link else []))
    assert (installed.code, installed.err) == (0, "")
    assert (home / ".nuke" / "init.py").read_text().startswith(content or "")
    kind, worker, package = start(home / ".nuke")
    assert (kind, worker, package) == ("Group", str(VST), str(home / ".nuke" / "vst" / "vst_nodes"))
    assert vst("install", "nuke", "--uninstall").code == 0
    assert snapshot(home) == before


def test_a_worker_on_the_path_is_found_by_its_name(home: Path, vst: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(VST.parent))
    assert vst("install", "nuke", "--worker", "vst").code == 0
    assert start(home / ".nuke")[1] == str(VST)


def test_a_block_whose_folder_was_removed_by_hand_is_taken_out(home: Path, vst: Run) -> None:
    (home / ".nuke").mkdir()
    (home / ".nuke" / "init.py").write_text("MINE = 1\n")
    before = snapshot(home)
    vst("install", "nuke")
    shutil.rmtree(home / ".nuke" / "vst")
    left = snapshot(home)
    assert "would be restored" in vst("install", "nuke", "--uninstall", "--dry-run").out
    assert snapshot(home) == left
    assert "is restored" in vst("install", "nuke", "--uninstall").out
    assert snapshot(home) == before
    assert "nothing is installed" in vst("install", "nuke", "--uninstall").out


def test_a_studio_names_its_folder_itself(home: Path, vst: Run) -> None:
    shared = home / "shared"
    installed = vst("install", "nuke", "--prefix", shared, "--worker", VST.parents[1])
    assert installed.code == 0
    assert f"NUKE_PATH name {shared / 'vst'}" in installed.out
    assert list(home.iterdir()) == [shared]
    assert start(shared / "vst")[1] == str(VST)
    assert vst("install", "nuke", "--prefix", shared, "--uninstall").code == 0
    assert list(home.iterdir()) == []


def test_relative_paths_mean_the_same_elsewhere(home: Path, vst: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "elsewhere" / "stu dio").mkdir(parents=True)
    (home / "bin").symlink_to(VST.parent)
    before = snapshot(home)
    monkeypatch.chdir(home)
    assert vst("install", "nuke", "--prefix", "stu dio/nuke", "--worker", "bin/vst").code == 0
    monkeypatch.chdir(home / "elsewhere")
    assert start(home / "stu dio" / "nuke" / "vst")[1] == str(home / "bin" / "vst")
    assert vst("install", "nuke", "--prefix", home / "stu dio" / "nuke", "--uninstall").code == 0
    assert snapshot(home) == before


def test_a_farms_script_lies_beside_the_node(home: Path, vst: Run) -> None:
    vst("install", "nuke")
    assert {path.name for path in (home / ".nuke" / "vst").iterdir()} == {
        "init.py",
        "menu.py",
        "stylize.py",
        "vst_nodes",
        "worker.txt",
        "installed.json",
    }
    assert not (home / ".nuke" / "vst" / "vst_nodes" / "blender").exists()

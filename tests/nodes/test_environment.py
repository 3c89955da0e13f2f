from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from clients import fake_client, greeted

from nodes import environment
from nodes.environment import find_worker, scrubbed
from nodes.errors import WorkerError

ROOT = Path(__file__).parents[2]
FOREIGN = {
    "PYTHONHOME": "/host/python",
    "PYTHONPATH": "/host/modules",
    "PYTHONSTARTUP": "/host/start.py",
    "LD_LIBRARY_PATH": "/host/lib",
    "LD_PRELOAD": "",
    "DYLD_LIBRARY_PATH": "/host/lib",
    "VIRTUAL_ENV": "/other",
    "BLENDER_USER_SCRIPTS": "/host/scripts",
    "NUKE_PATH": "/host/nuke",
    "FN_DISABLE": "1",
    "QT_PLUGIN_PATH": "/host/qt",
    "OIIO_LIBRARY_PATH": "/host/oiio",
}
KEPT = {"OCIO": "/show/config.ocio", "VST_WEIGHTS": "/weights", "HOME": "/home/me", "CUDA_VISIBLE_DEVICES": "0"}


def program(folder: Path, name: str = "bin/vst") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No worker beside the package, in the home or on the path."""
    monkeypatch.setattr(environment, "_BESIDE", tmp_path / "sources")
    monkeypatch.setattr(environment, "_HOME", tmp_path / "home" / ".vst")
    return tmp_path


def test_what_is_the_hosts_own_is_left_out() -> None:
    assert scrubbed(FOREIGN | KEPT) == KEPT


def test_the_worker_sees_neither_the_hosts_python_nor_its_libraries(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (FOREIGN | KEPT).items():
        monkeypatch.setenv(name, value)
    with fake_client("scripted", tmp_path / "log", variables={"VST_WEIGHTS": "/chosen"}) as client:
        seen = greeted(client)["environment"]
    assert seen.keys() & FOREIGN.keys() == set()
    assert {name: seen[name] for name in KEPT} == KEPT | {"VST_WEIGHTS": "/chosen"}
    assert os.environ["PYTHONPATH"] == FOREIGN["PYTHONPATH"]


def test_the_worker_is_looked_for_from_the_most_to_the_least_explicit(nowhere: Path) -> None:
    on_path = program(nowhere / "somewhere", "vst")
    variables = {"PATH": str(on_path.parent)}
    assert find_worker(None, variables) == on_path
    in_home = program(nowhere / "home" / ".vst")
    assert find_worker(None, variables) == in_home
    beside = program(nowhere / "sources" / ".venv")
    assert find_worker(None, variables) == beside
    variables["VST_WORKER"] = str(program(nowhere / "studio"))
    assert find_worker("", variables) == nowhere / "studio" / "bin" / "vst"
    chosen = program(nowhere / "chosen")
    assert find_worker(str(chosen), variables) == chosen
    assert find_worker(str(nowhere / "chosen"), variables) == chosen


@pytest.mark.parametrize(("name", "state"), [("none", "does not exist"), ("empty", "has no vst"), ("file", "executed")])
def test_a_named_worker_that_is_none_is_an_error_and_no_other_is_taken(nowhere: Path, name: str, state: str) -> None:
    program(nowhere / "home" / ".vst")
    (nowhere / "empty").mkdir()
    (nowhere / "file").write_text("")
    for path, variables in ((str(nowhere / name), {}), (None, {"VST_WORKER": str(nowhere / name)})):
        with pytest.raises(WorkerError, match=state) as raised:
            find_worker(path, variables)
        assert str(nowhere / name) in str(raised.value)
        assert "install it with: " in str(raised.value)
        assert "\n" not in str(raised.value)


def test_where_there_is_no_worker_the_line_that_installs_it_is_given(nowhere: Path) -> None:
    with pytest.raises(WorkerError) as raised:
        find_worker(None, {"PATH": str(nowhere)})
    home = nowhere / "home" / ".vst"
    line = f'python3.11 -m venv "{home}" && "{home}/bin/pip" install "FOLDER_OF_THE_SOURCES"'
    assert str(raised.value) == f"the worker is not installed; install it with: {line}"
    (nowhere / "sources" / "vst_core").mkdir(parents=True)
    with pytest.raises(WorkerError, match=f'install "{nowhere}/sources"'):
        find_worker(None, {"PATH": str(nowhere)})


def test_a_user_without_a_home_has_a_worker_and_a_log(tmp_path: Path) -> None:
    """As in a container on a farm, where nothing knows of the user."""
    code = "import os\nfrom pathlib import Path\ndef home(): raise RuntimeError\nPath.home = home\n"
    code += "os.path.expanduser = lambda path: path\nfrom nodes import environment\n"
    code += "print(environment.find_worker(), environment.log_folder())"
    variables = {"VST_WORKER": str(program(tmp_path)), "TMPDIR": str(tmp_path), "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=variables, check=False)
    assert (done.stderr, done.stdout) == ("", f"{tmp_path / 'bin' / 'vst'} {tmp_path / 'vst'}\n")

"""The wheel alone is enough for a studio."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder

import vst_core
from vst_core.shipped import shipped_files

ROOT = Path(__file__).parents[2]
SHIPPED = ("nodes", "plugin", "install")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of these sources."""
    folder = tmp_path_factory.mktemp("wheel")
    (built,) = WheelBuilder(str(ROOT)).build(directory=str(folder), versions=["standard"])
    return Path(built)


def tracked(folder: str) -> set[str]:
    """Files of the sources that are no rubbish, by their names in the repository."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", folder],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return {name for name in listed.stdout.splitlines() if (ROOT / name).is_file()}


def test_it_has_the_engine_and_all_that_goes_into_hosts_and_nothing_else(wheel: Path) -> None:
    names = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    shipped = {f"vst_core/_shipped/{name}" for folder in SHIPPED for name in tracked(folder)}
    assert names == tracked("vst_core") | shipped
    assert {"vst_core/py.typed", "vst_core/networks/checkpoints/quality.safetensors"} <= names
    assert wheel.stat().st_size < 10_000_000


def test_its_name_says_version_and_that_it_runs_anywhere(wheel: Path) -> None:
    assert wheel.name == f"vst_core-{vst_core.__version__}-py3-none-any.whl"


def test_the_sources_have_beside_the_package_what_the_wheel_has_within(wheel: Path, tmp_path: Path) -> None:
    assert shipped_files() == ROOT
    zipfile.ZipFile(wheel).extractall(tmp_path)
    program = "import vst_core.shipped as s; print(s.shipped_files()); print(s.load_installer().main(['nuke']))"
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": str(tmp_path), "HOME": str(tmp_path / "home")},
        cwd=tmp_path,
    )
    assert done.stdout.splitlines()[0] == str(tmp_path / "vst_core" / "_shipped")
    assert done.stdout.splitlines()[-1] == "0"
    assert (tmp_path / "home" / ".nuke" / "vst" / "vst_nodes" / "nuke" / "group.py").is_file()


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_clean_environment_renders_the_sample_shot_from_it(wheel: Path, tmp_path: Path) -> None:
    scripts = tmp_path / "venv" / "bin"
    clean = {name: value for name, value in os.environ.items() if name.startswith(("PIP_", "LANG", "SSL_"))}
    clean |= {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path / "home")}

    def run(*command: object) -> str:
        done = subprocess.run(
            list(map(str, command)), capture_output=True, text=True, check=False, env=clean, cwd=tmp_path
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    run(sys.executable, "-m", "venv", tmp_path / "venv")
    run(scripts / "pip", "install", "--quiet", "-c", ROOT / "constraints.txt", wheel)
    assert run(scripts / "vst", "--version") == f"{vst_core.__version__}\n"
    plate = ROOT / "samples" / "shot" / "shot.####.exr"
    run(scripts / "vst", "render", plate, "--style", "oil", "-o", tmp_path / "out" / "oil.####.exr")
    assert len(list((tmp_path / "out").glob("oil.*.exr"))) == 16
    assert "vst_nodes" in run(scripts / "vst", "install", "nuke", "--dry-run")
    run(scripts / "vst", "install", "nuke")
    worker = tmp_path / "home" / ".nuke" / "vst" / "worker.txt"
    assert worker.read_text() == f"{scripts / 'vst'}\n"

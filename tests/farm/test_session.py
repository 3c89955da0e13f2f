"""Sessions of a farm: a worker that stays while tasks come and go."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from clients import VST
from filelock import FileLock
from small_network import with_network
from small_shot import SHOT, SmallShot, differing, outputs

from vst_core import RenderSettings
from vst_core.errors import ExitCode, InputError, SettingsError
from vst_core.farm.task import COMMON, CONTACT, _tell, run_task, start_session, stop_session, task_settings


class Session:
    """A session, and commands within it, as an engine runs them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.variables: dict[str, str] = {}

    def start(self) -> None:
        common = self._folder / "common.txt"
        common.write_text("strength=1.0\ncolor_space=\n")
        folder = self._folder / "sessiön a"
        folder.mkdir()
        printed = self.run("start", "--folder", folder, "--settings", common).stdout
        pairs = [line.partition("openjd_env: ")[2] for line in printed.splitlines()]
        self.variables = dict(pair.split("=", 1) for pair in pairs if pair)

    def run(self, *arguments: object) -> subprocess.CompletedProcess[str]:
        command = [VST, "farm", *map(str, arguments)]
        environment = os.environ | self.variables
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=200, check=False)

    def task(self, settings: RenderSettings, *more: object) -> subprocess.CompletedProcess[str]:
        return self.run("task", "--settings", self.write(settings), *more)

    def write(self, settings: RenderSettings) -> Path:
        (self._folder / "shot.json").write_text(json.dumps(settings.model_dump(mode="json")))
        return self._folder / "shot.json"

    @property
    def contact(self) -> Path:
        return Path(self.variables[CONTACT])

    @property
    def process(self) -> psutil.Process:
        return psutil.Process(json.loads(self.contact.read_text())["pid"])

    @property
    def worker(self) -> psutil.Process:
        (worker,) = self.process.children()
        return worker


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    made = Session(tmp_path)
    made.start()
    yield made
    made.run("stop")


def test_a_folder_for_temporary_files_whose_name_is_too_long_for_a_socket(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, small_shot: SmallShot, small_network: Path
) -> None:
    folder = tmp_path / ("job." * 25)
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    session = Session(tmp_path)
    session.start()
    done = session.task(small_shot.settings(tmp_path / "a", **with_network(small_network)))
    process = session.process
    assert (done.returncode, done.stderr, session.run("stop").returncode) == (0, "", 0)
    wait_for_the_end(process)


def wait_for_the_end(process: psutil.Process) -> None:
    psutil.wait_procs([process], timeout=60)
    assert not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


def test_tasks_share_a_worker_and_whatever_dies_is_started_again(
    session: Session, small_shot: SmallShot, small_network: Path, tmp_path: Path
) -> None:
    def task(name: str, *more: object, **changes: Any) -> subprocess.CompletedProcess[str]:
        return session.task(small_shot.settings(tmp_path / name, **with_network(small_network, **changes)), *more)

    assert session.variables.keys() == {CONTACT, COMMON}
    assert session.contact.stat().st_mode & 0o077 == 0
    worker = session.worker
    done = task("a")
    said = done.stdout.splitlines()
    progress = [int(line.removeprefix("openjd_progress: ")) for line in said if line.startswith("openjd_progress: ")]
    assert (done.returncode, done.stderr) == (0, "")
    assert progress == sorted(set(progress))
    assert progress[-1] == 100
    assert [line for line in said if "status" in line] == [f"openjd_status: frame {frame} is done" for frame in SHOT]
    failed = task("b", color_space="Nonsense")
    assert failed.returncode == ExitCode.USAGE
    assert failed.stdout == failed.stderr.replace("vst: ", "openjd_fail: ")
    assert task("a").stdout.splitlines()[-1] == f"openjd_status: frame {SHOT.last} was there"
    assert session.worker == worker

    worker.kill()
    killed = task("c")
    assert (killed.returncode, "openjd_fail: the worker was killed" in killed.stdout) == (ExitCode.MODEL, True)
    assert task("c").returncode == 0
    process, worker = session.process, session.worker
    process.kill()
    wait_for_the_end(worker)
    assert [task("d", f"--chunk={chunk}").returncode for chunk in ("1001-1002", "1003-1004")] == [0, 0]
    assert all(differing(tmp_path / "a", tmp_path / name, SHOT) == [] for name in "cd")
    process = session.process
    session.contact.unlink()
    wait_for_the_end(process)


def test_a_task_that_is_stopped_keeps_its_frames_and_the_session_goes_on(
    session: Session, small_shot: SmallShot, tmp_path: Path
) -> None:
    shot = session.write(small_shot.settings(tmp_path / "a", optimization__iterations_next=100_000))
    command, environment = [VST, "farm", "task", "--settings", str(shot)], os.environ | session.variables
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, env=environment) as child:
        assert child.stdout is not None
        next(line for line in child.stdout if line == "openjd_progress: 25\n")
        while outputs(tmp_path / "a") != ["out.1001.exr"]:
            time.sleep(0.02)
        child.send_signal(signal.SIGTERM)
        _, complaints = child.communicate(timeout=60)
    assert child.returncode == 143
    assert complaints.startswith("vst: stopped; finished frames are kept")
    with FileLock(tmp_path / "a" / ".out.vst" / "lock", timeout=0):  # nobody is at work on it any more
        assert outputs(tmp_path / "a") == ["out.1001.exr"]
    assert session.task(small_shot.settings(tmp_path / "b", frames="1001")).returncode == 0
    assert outputs(tmp_path / "b") == ["out.1001.exr"]
    process = session.process
    assert session.run("stop").returncode == 0
    assert not session.contact.exists()
    wait_for_the_end(process)


def test_what_a_task_cannot_do_without(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(CONTACT, raising=False)
    monkeypatch.delenv(COMMON, raising=False)
    with pytest.raises(SettingsError, match="VST_SESSION: is not set; vst farm start says"):
        run_task({})
    with pytest.raises(InputError, match=r"none\.json: no such file$"):
        task_settings(tmp_path / "none.json", None, None, None)
    with pytest.raises(InputError, match=r"cannot be read \(Is a directory\)$"):
        task_settings(tmp_path, None, None, None)
    with pytest.raises(InputError, match=r"gone: no such folder$"):
        start_session(tmp_path / "gone", None)
    (tmp_path / "bad.json").write_text("{")
    with pytest.raises(InputError, match=r"bad\.json: is not JSON"):
        task_settings(tmp_path / "bad.json", None, None, None)
    assert os.environ.get(CONTACT) is None
    stop_session()


def test_of_several_passes_the_last_is_told_of(capsys: pytest.CaptureFixture[str]) -> None:
    def progress(number: int, frame: int) -> dict[str, Any]:
        return {"event": "progress", "pass": number, "passes": 2, "frame": frame, "step": 1, "steps": 2}

    backward, forward = [progress(1, frame) for frame in (1002, 1001)], [progress(2, frame) for frame in (1001, 1002)]
    _tell(iter([{"event": "start", "frames": 2}, *backward, *forward]), {})
    assert capsys.readouterr().out.splitlines() == ["openjd_progress: 25", "openjd_progress: 75"]

"""The scripts for Slurm, run without one: what they would have it do, and how a task deals with signals."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from small_network import with_network
from small_shot import SmallShot, outputs

from vst_core import RenderSettings, SettingsError
from vst_core.errors import ExitCode, JobError
from vst_core.farm.plan import Plan, plan_shots
from vst_core.farm.settings import FarmSettings
from vst_core.farm.slurm import submit, write_scripts

# Numbers its jobs, and keeps what it was called with; takes no more of them than it is told to.
_SBATCH = """#!/bin/bash
count=$(($(cat "$0.count" 2>/dev/null || echo 0) + 1))
[ "$count" -le "${MOST_JOBS:-99}" ] || { echo "sbatch: error: no more jobs" >&2; exit 1; }
echo "$count" > "$0.count"
printf '%s\\n' "$@" END >> "$0.log"
echo "$count;cluster"
"""
_LOGGING = """#!/bin/bash
printf '%s\\n' "$@" END >> "$0.log"
"""


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Folder of programs that stand in for those of Slurm."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name, text in {"sbatch": _SBATCH, "scancel": _LOGGING, "scontrol": _LOGGING}.items():
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    return folder


def calls(program: Path) -> list[list[str]]:
    log = program.with_name(f"{program.name}.log")
    text = log.read_text() if log.exists() else ""
    return [call.splitlines() for call in text.split("END\n") if call]


@pytest.fixture
def planned(small_shot: SmallShot, small_network: Path, tmp_path: Path) -> Callable[..., Plan]:
    def plan(names: str, device: str = "auto", **farm: Any) -> Plan:
        look = with_network(small_network, frames=None, device=device)
        return plan_shots(
            [(name, small_shot.settings(tmp_path / name, **look)) for name in names], FarmSettings.of(farm)
        )

    return plan


def options(call: list[str], *names: str) -> list[str]:
    return [word.partition("=")[2] for name in names for word in call if word.startswith(f"--{name}=")]


def settings_of(call: list[str], index: str | None = None) -> RenderSettings:
    """Settings of the task that a call is for."""
    place = call.index(next(word for word in call if word.endswith("run.sh")))
    folder, *given = call[place + 1 :]
    return RenderSettings.load(Path(folder) / f"{index or given[0]}.json")


def test_tasks_that_wait_for_nothing_are_an_array(planned: Callable[..., Plan], programs: Path, tmp_path: Path) -> None:
    plan = planned("ab", chunks="draft", chunk_size=4)
    assert submit(write_scripts(plan, tmp_path / "a jöb %j", "night run", 2)) == "1"
    (call,) = calls(programs / "sbatch")
    assert options(call, "array", "job-name", "cpus-per-task", "mem") == ["0-3", "night run", "1", "768M"]
    assert options(call, "output") == [f"{tmp_path}/a jöb %%j/logs/%A_%a.log"]
    assert {"--requeue", "--signal=B:USR1@120", "--parsable"} <= set(call)
    assert [settings_of(call, str(index)) for index in range(4)] == [task.settings for task in plan.tasks]
    assert (tmp_path / "a jöb %j" / "logs").is_dir()
    assert options(call, "gres") == []


def test_a_task_on_a_card_asks_for_one(planned: Callable[..., Plan], programs: Path, tmp_path: Path) -> None:
    submit(write_scripts(planned("ab", device="cuda"), tmp_path / "job", "night", 2))
    (call,) = calls(programs / "sbatch")
    assert options(call, "array", "gres") == ["0-1", "gpu:1"]


def test_exact_chunks_are_chains(planned: Callable[..., Plan], programs: Path, tmp_path: Path) -> None:
    plan = planned("ab", chunks="exact", chunk_size=2)
    assert submit(write_scripts(plan, tmp_path / "job", "night", 2)) == "1 2 3 4 5 6"
    found = calls(programs / "sbatch")
    after = [options(call, "dependency") for call in found]
    assert after == [[], ["afterok:1"], ["afterok:2"], [], ["afterok:4"], ["afterok:5"]]
    assert [settings_of(call) for call in found] == [task.settings for task in plan.tasks]
    assert [options(call, "job-name") for call in found] == [[str(task)] for task in plan.tasks]
    assert not any(options(call, "array") for call in found)


def test_a_job_of_which_slurm_does_not_take_all_is_taken_back(
    planned: Callable[..., Plan], programs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOST_JOBS", "2")
    script = write_scripts(planned("a", chunks="exact", chunk_size=2), tmp_path / "job", "night", 2)
    with pytest.raises(JobError, match="Slurm rejected the job: sbatch: error: no more jobs") as refused:
        submit(script)
    assert refused.value.exit_code == ExitCode.OUTPUT
    assert calls(programs / "scancel") == [["1", "2"]]
    monkeypatch.setenv("PATH", "/none")
    with pytest.raises(SettingsError, match="there is no sbatch on this machine"):
        submit(script)


# Does as its settings say, and finishes what it writes when it is asked to stop.
_VST = """#!/bin/bash
trap 'echo stopping; sleep 0.3; echo stopped; exit 143' TERM
echo "$@"
code=$(cat "$3")
[ "$code" != wait ] || for _ in {1..1000}; do sleep 0.05; done
exit "$code"
"""


@pytest.fixture
def run(planned: Callable[..., Plan], programs: Path, tmp_path: Path) -> Callable[..., subprocess.Popen[str]]:
    """Starts the script of a task whose render ends with a code, or waits."""
    (programs / "v st").write_text(_VST)
    (programs / "v st").chmod(0o755)
    write_scripts(planned("a"), tmp_path / "job", "night", 2, str(programs / "v st"))
    (programs / "sleep").write_text("#!/bin/bash\n[ $1 = 60 ] || exec /bin/sleep $1\n")
    (programs / "sleep").chmod(0o755)

    def start(code: object, **variables: str) -> subprocess.Popen[str]:
        (tmp_path / "job" / "7.json").write_text(str(code))
        array = {"SLURM_JOB_ID": "12", "SLURM_ARRAY_JOB_ID": "12", "SLURM_ARRAY_TASK_ID": "7"}
        environment = os.environ | array | variables
        command = ["bash", str(tmp_path / "job" / "run.sh"), str(tmp_path / "job")]
        return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)

    return start


@pytest.mark.parametrize(
    ("code", "restarts", "again"),
    [(0, 0, False), (3, 0, False), (2, 0, False), (137, 0, True), (1, 1, True), (137, 2, False), (143, 0, False)],
)
def test_what_another_try_may_mend_is_tried_again(
    run: Callable[..., subprocess.Popen[str]], programs: Path, tmp_path: Path, code: int, restarts: int, again: bool
) -> None:
    with run(code, SLURM_RESTART_COUNT=str(restarts)) as task:
        said, _ = task.communicate(timeout=60)
    assert task.returncode == code
    assert said == f"render --settings {tmp_path}/job/7.json\n"
    assert calls(programs / "scontrol") == ([["requeue", "12_7"]] if again else [])


@pytest.mark.parametrize(
    ("sent", "seconds", "again"),
    [(signal.SIGTERM, 100, False), (signal.SIGUSR1, 100, True), (signal.SIGUSR1, 0, False)],
)
def test_a_task_that_is_stopped_finishes_what_it_writes_and_goes_on_where_only_its_time_was_up(
    run: Callable[..., subprocess.Popen[str]], programs: Path, sent: signal.Signals, seconds: int, again: bool
) -> None:
    with run("wait", SLURM_RESTART_COUNT="9", SECONDS=str(seconds)) as task:
        assert task.stdout is not None
        task.stdout.readline()
        task.send_signal(sent)
        said, _ = task.communicate(timeout=60)
    assert (task.returncode, said) == (143, "stopping\nstopped\n")
    assert calls(programs / "scontrol") == ([["requeue", "12_7"]] if again else [])


def test_settings_of_tasks_can_be_read_by_people(planned: Callable[..., Plan], tmp_path: Path) -> None:
    write_scripts(planned("a"), tmp_path / "job", "night", 2)
    assert outputs(tmp_path / "job") == ["logs", "run.sh", "submit.sh", "tasks"]
    text = (tmp_path / "job" / "tasks" / "0000" / "0.json").read_text()
    assert json.loads(text)["frames"] == "1001-1005"
    assert len(text.splitlines()) > 20

"""The engine on this machine, with real workers."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import psutil
import pytest
from small_network import with_network
from small_shot import SHOT, SmallShot, differing, outputs

from vst_core.farm.local import TaskEvent, failure, run_plan
from vst_core.farm.plan import Plan, plan_shots
from vst_core.farm.settings import FarmSettings, SubmitSettings
from vst_core.farm.worker_process import WorkerProcess, close_all

Planned = Callable[..., Plan]
Workers = Callable[[], list[psutil.Process]]


@pytest.fixture
def planned(small_network: Path, tmp_path: Path) -> Planned:
    """A plan of shots, one for each name, each with the plate it is given."""

    def plan(plates: dict[str, SmallShot], device: str = "auto", **farm: Any) -> Plan:
        changes = with_network(small_network, device=device)
        shots = [(name, shot.settings(tmp_path / name, **changes)) for name, shot in plates.items()]
        return plan_shots(shots, FarmSettings.of(farm))

    return plan


def told(events: list[TaskEvent]) -> list[str]:
    """All but frames and progress."""
    return [f"{event.happening} {event.task}" for event in events if event.happening not in ("frame", "progress")]


@pytest.fixture
def workers() -> Workers:
    """The children that the test made: other tests have theirs, which may still be ending."""
    others = psutil.Process().children()
    return lambda: [child for child in psutil.Process().children() if child not in others]


def test_a_failure_stops_what_needs_it_and_nothing_else(
    planned: Planned, small_shot: SmallShot, painted: Path, tmp_path: Path, workers: Workers
) -> None:
    bad = small_shot.copy(tmp_path / "plate")
    bad.path(1002).write_bytes(small_shot.path(1002).read_bytes()[:-100])
    plan = planned({"bad": bad, "good": small_shot}, chunks="exact", chunk_size=2)
    bad_one, bad_two, one, two = plan.tasks
    events = list(run_plan(plan, SubmitSettings(cores=2)))
    assert sorted(told(events)) == sorted(
        [f"started {bad_one}", f"failed {bad_one}", f"skipped {bad_two}"]
        + [f"{happening} {task}" for task in (one, two) for happening in ("started", "done")]
    )
    frames = [event.values["frame"] for event in events if event.task in (one, two) and event.happening == "frame"]
    assert frames == list(SHOT)
    assert differing(painted, tmp_path / "good", SHOT) == []
    assert outputs(tmp_path / "bad") == ["out.1001.exr"]
    failed = failure([event for event in events if event.happening == "failed"], len(plan.tasks))
    assert failed.exit_code == 3
    assert str(failed).startswith("1 of 4 tasks failed, bad 1001-1002 first: frame 1002, ")
    assert workers() == []


def test_a_card_has_one_task_at_a_time(planned: Planned, small_shot: SmallShot) -> None:
    """Whether there is a card or not: then each fails, and after it the next one begins."""
    plan = planned(dict.fromkeys("abc", small_shot), device="cuda")
    happenings = [line.split()[0] for line in told(list(run_plan(plan, SubmitSettings(cores=8))))]
    assert happenings[::2] == ["started"] * 3
    assert set(happenings[1::2]) <= {"done", "failed"}


def test_a_task_whose_worker_is_killed_goes_on(
    planned: Planned, small_shot: SmallShot, painted: Path, tmp_path: Path, workers: Workers
) -> None:
    plan = planned({"a": small_shot})
    seen = []
    with closing(run_plan(plan, SubmitSettings(retries=1))) as events:  # type: ignore[type-var]  # it is a generator
        for event in events:
            seen.append(event)
            if len(seen) == 1:
                os.kill(workers()[0].pid, signal.SIGKILL)
    assert told(seen) == [f"{happening} a 1001-1004" for happening in ("started", "again", "started", "done")]
    assert "the worker was killed, perhaps because memory ran out" in seen[1].message
    assert differing(painted, tmp_path / "a", SHOT) == []


def test_the_end_of_a_worker_is_told_where_there_is_no_sigkill(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vst_core.farm.worker_process.VST", (sys.executable, "-c", "raise SystemExit(9)"))
    monkeypatch.delattr(signal, "SIGKILL")  # as on Windows
    worker = WorkerProcess(lambda *_: None)
    assert worker.epitaph() == ("the worker ended with exit code 9", 1)
    monkeypatch.undo()
    close_all([worker])


def test_a_task_whose_worker_is_killed_too_often_has_failed(
    planned: Planned, small_shot: SmallShot, workers: Workers
) -> None:
    plan = planned({"a": small_shot})
    seen = []
    for event in run_plan(plan, SubmitSettings(retries=1)):
        seen.append(event)
        if event.happening == "started":
            os.kill(workers()[0].pid, signal.SIGKILL)
    assert [event.happening for event in seen] == ["started", "again", "started", "failed"]
    assert seen[-1].exit_code == 5


@pytest.mark.parametrize("limits", [{"cores": 2, "memory": 1}, {"cores": 1}, {"memory": 0.1}])
def test_as_many_tasks_at_a_time_as_there_is_room_for(
    planned: Planned, small_shot: SmallShot, limits: dict[str, float], workers: Workers
) -> None:
    plan = planned(dict.fromkeys("abc", small_shot))
    with closing(run_plan(plan, SubmitSettings.of({"cores": 3, "memory": 1.5}))) as events:  # type: ignore[type-var]
        assert [str(next(events)) and len(workers()) for _ in range(2)] == [1, 2]
    with closing(run_plan(plan, SubmitSettings.of(limits))) as events:  # type: ignore[type-var]
        assert next(events).happening == "started"
        os.kill(workers()[0].pid, signal.SIGKILL)
        assert next(events).happening == "again"
        assert next(events).task == plan.tasks[0]
    assert workers() == []

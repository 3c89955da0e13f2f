"""Which tasks a shot becomes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from small_shot import SmallShot

from vst_core import InputError, SettingsError
from vst_core.farm.plan import Plan, plan_shots
from vst_core.farm.settings import FarmSettings


@pytest.fixture
def planned(small_shot: SmallShot, tmp_path: Path) -> Any:
    """Plans the five frames of the small shot; changes are a farm's, those of the shot go into ``shot``."""

    def plan(shot: dict[str, Any] | None = None, **farm: Any) -> Plan:
        settings = small_shot.settings(tmp_path, **{"frames": "1001-1005"} | (shot or {}))
        return plan_shots([("sh010", settings)], FarmSettings.of(farm))

    return plan


def rows(plan: Plan) -> list[tuple[str, int, str]]:
    return [(str(task.frames), task.preroll, str(task.after or "")) for task in plan.tasks]


def test_a_shot_is_one_task_that_names_its_frames(planned: Any) -> None:
    plan = planned({"frames": None})
    assert rows(plan) == [("1001-1005", 0, "")]
    settings = plan.tasks[0].settings
    assert (str(settings.frames), settings.chunk, settings.preroll) == ("1001-1005", None, None)


@pytest.mark.parametrize(
    ("given", "decided"),
    [
        ({"threads": 0}, (1, "cpu", "float32")),
        ({"threads": 4, "device": "cpu", "precision": "bfloat16"}, (4, "cpu", "bfloat16")),
        ({"threads": 0, "device": "cuda:1"}, (1, "cuda:1", "auto")),
        ({"threads": 2, "device": "cuda", "precision": "float32"}, (2, "cuda", "float32")),
    ],
)
def test_a_machine_decides_nothing_that_another_one_would_decide_otherwise(
    planned: Any, given: dict[str, Any], decided: tuple[int, str, str]
) -> None:
    for task in planned(given, chunks="exact", chunk_size=2).tasks:
        assert (task.settings.threads, task.settings.device, task.settings.precision) == decided
        assert task.has_card == decided[1].startswith("cuda")


def test_exact_chunks_wait_for_one_another(planned: Any) -> None:
    plan = planned(chunks="exact", chunk_size=2)
    assert rows(plan) == [("1001-1002", 0, ""), ("1003-1004", 0, "1001-1002"), ("1005", 0, "1003-1004")]
    assert [(str(task.settings.frames), str(task.settings.chunk)) for task in plan.tasks] == [
        ("1001-1005", "1001-1002"),
        ("1001-1005", "1003-1004"),
        ("1001-1005", "1005"),
    ]
    assert [task.settings.preroll for task in plan.tasks] == [None] * 3
    assert (plan.computed, plan.longest, len(plan.chains())) == (5, 5, 1)


def test_draft_chunks_wait_for_nothing_and_compute_more(planned: Any) -> None:
    plan = planned(chunks="draft", chunk_size=2, preroll=3)
    assert rows(plan) == [("1001-1002", 0, ""), ("1003-1004", 2, ""), ("1005", 3, "")]
    assert [task.settings.preroll for task in plan.tasks] == [0, 2, 3]
    assert (plan.computed, plan.longest, len(plan.chains())) == (10, 4, 3)


def test_a_cut_ends_a_chunk_and_nothing_is_computed_across_it(planned: Any) -> None:
    cut = {"cuts": "1004"}
    assert rows(planned(cut, chunks="draft", chunk_size=2, preroll=8)) == [
        ("1001-1002", 0, ""),
        ("1003", 2, ""),
        ("1004-1005", 0, ""),
    ]
    assert rows(planned(cut, chunks="exact", chunk_size=4))[1] == ("1004-1005", 0, "1001-1003")


@pytest.mark.parametrize("chunks", ["exact", "draft"])
def test_frames_on_their_own_wait_for_nothing(planned: Any, chunks: str) -> None:
    plan = planned({"temporal": False}, chunks=chunks, chunk_size=3)
    assert rows(plan) == [("1001-1003", 0, ""), ("1004-1005", 0, "")]
    assert {task.settings.preroll for task in plan.tasks} == {None}


def test_a_plan_says_what_it_costs(planned: Any) -> None:
    plan = planned(chunks="draft", chunk_size=2, preroll=3, seconds_per_frame=120)
    data = plan.as_dict()
    assert (data["delivered"], data["computed"], data["longest"]) == (5, 10, 4)
    assert (data["seconds"], data["seconds_at_best"]) == (1200, 480)
    assert [task["seconds"] for task in data["tasks"]] == [240, 480, 480]
    assert plan.as_text().splitlines()[-1] == (
        "3 tasks, 5 frames, 10 computed, 4 in a row; 20 min on one machine, 480 s on enough of them"
    )


def test_a_larger_picture_or_a_solver_takes_more_memory(planned: Any) -> None:
    network = planned({"method": "feedforward"}).tasks[0].memory
    assert 500e6 < planned({"method": "feedforward", "scale": 0.5}).tasks[0].memory < network
    assert network < planned().tasks[0].memory < 2e9


def test_what_a_task_would_stop_at_stops_the_plan(planned: Any, small_shot: SmallShot, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="2 of 6 frames are missing: 1006-1007"):
        planned({"frames": "1002-1007"})
    with pytest.raises(SettingsError, match="frame 1009 cannot begin another shot"):
        planned({"cuts": "1009"}, chunks="draft")
    with pytest.raises(SettingsError, match="chunk_size"):
        planned(chunk_size=0)
    settings = small_shot.settings(tmp_path)
    with pytest.raises(SettingsError, match="two shots are called a"):
        plan_shots([("a", settings), ("a", settings)], FarmSettings())
    with pytest.raises(SettingsError, match=r"two shots write .*out\.####\.exr"):
        plan_shots([("a", settings), ("b", settings)], FarmSettings())
    (tmp_path / "link").symlink_to(tmp_path)
    for name in ("out.%04d.exr", "out_####.exr", "link/out.####.exr"):  # of the same manifest
        twin = small_shot.settings(tmp_path, output__pattern=str(tmp_path / name))
        with pytest.raises(SettingsError, match="two shots write"):
            plan_shots([("a", settings), ("b", twin)], FarmSettings())

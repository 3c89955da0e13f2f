"""A host's jobs, with the real worker and with one that says what it is told to."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from clients import fake_client, real_client
from small_shot import SHOT, SmallShot, differing, out
from worker_process import endless

from nodes.client import Client, Patience
from nodes.errors import WorkerError
from nodes.job import Job
from nodes.pipes import Event
from vst_core import RenderSettings


def frame(number: int, path: Path) -> dict[str, Any]:
    return {"event": "frame", "frame": number, "path": str(path), "kept": False, "seconds": 1.0, "notes": ["a note"]}


def scripted(client: Client, root: Path, *say: dict[str, Any], patience: float = 10.0) -> Job:
    """A job whose worker says this."""
    return Job(client, root, "render", {"say": say}, patience)


def events_of(job: Job) -> Iterator[Event]:
    """Everything until the end."""
    while not job.over:
        yield from job.poll()
        time.sleep(0.01)


def state_of(job: Job) -> dict[str, Any]:
    """What its folder says of it."""
    return dict(json.loads((job.folder / "state.json").read_text()))


START, DONE = {"event": "start", "frames": 2}, {"event": "done", "frames": 2}


def test_a_job_has_a_folder_that_tells_all(small_shot: SmallShot, rendered: Path, tmp_path: Path) -> None:
    settings = small_shot.settings(tmp_path / "out")
    with real_client(tmp_path / "log") as client:
        job = Job(client, tmp_path / "jobs", "render", settings.model_dump(mode="json"))
        assert (job.state, state_of(job)["state"]) == ("queued", "queued")
        events = [event["event"] for event in events_of(job)]
    assert (events[0], events[-1], events.count("frame")) == ("queued", "done", 4)
    assert (job.state, job.message, job.frames, job.over) == ("done", "", 4, True)
    assert job.results == {number: out(tmp_path / "out", number) for number in SHOT}
    assert differing(rendered, tmp_path / "out", SHOT) == []
    assert job.folder.parent == tmp_path / "jobs"
    assert state_of(job) == {"state": "done", "message": "", "frames": 4, "done": 4}
    assert RenderSettings.load(job.folder / "settings.json") == settings
    log = (job.folder / "job.log").read_text().splitlines()
    assert [line.split()[1] for line in log] == ["queued", "start", "frame", "frame", "frame", "frame", "done"]
    assert str(out(tmp_path / "out", 1001)) in log[2]


def test_the_error_of_a_job_stays_with_it(small_shot: SmallShot, tmp_path: Path) -> None:
    settings = small_shot.settings(tmp_path / "out", plate=str(tmp_path / "none.####.exr"))
    with real_client(tmp_path / "log") as client:
        job = Job(client, tmp_path, "render", settings.model_dump(mode="json"))
        (*_, last) = events_of(job)
    assert (last["event"], last["exit_code"]) == ("error", 3)
    assert job.state == "failed"
    assert "no file matches" in job.message
    assert state_of(job)["message"] == job.message == last["message"]
    assert job.poll() == []


def test_a_job_whose_worker_dies_has_failed(tmp_path: Path) -> None:
    with fake_client("complaining", tmp_path / "log") as client:
        job = scripted(client, tmp_path)
        (*_, last) = events_of(job)
        assert (job.state, last["exit_code"]) == ("failed", 4)
        assert "no space left" in state_of(job)["message"]
        with pytest.raises(WorkerError, match="no space left"):
            scripted(client, tmp_path)


def test_a_cancelled_job_says_so(small_shot: SmallShot, tmp_path: Path) -> None:
    settings = endless(small_shot, tmp_path / "out").model_dump(mode="json")
    with real_client(tmp_path / "log") as client:
        job = Job(client, tmp_path, "render", settings)
        for event in events_of(job):
            if event["event"] == "progress":
                assert job.state == "running"
                job.cancel()
        assert (job.state, event["event"], state_of(job)["state"]) == ("cancelled",) * 3
        job.cancel()


def test_a_frame_is_told_of_when_its_file_is_there(tmp_path: Path) -> None:
    first, second = tmp_path / "1.exr", tmp_path / "2.exr"
    second.write_bytes(b"exr")
    with fake_client("scripted", tmp_path / "log") as client:
        job = scripted(client, tmp_path, START, frame(1, first), frame(2, second), DONE)
        events: list[dict[str, Any]] = []
        while not events:
            events = job.poll()
        assert ([event["event"] for event in events], job.results) == (["start"], {})
        first.write_bytes(b"")
        assert job.poll() == []
        first.write_bytes(b"exr")
        assert [event["event"] for event in events_of(job)] == ["frame", "frame", "done"]
        assert job.results == {1: first, 2: second}


def test_a_frame_that_cannot_be_seen_from_here_fails_the_job(tmp_path: Path) -> None:
    missing = tmp_path / "elsewhere" / "1.exr"
    with fake_client("scripted", tmp_path / "log", Patience(cancel=0.3)) as client:
        job = scripted(client, tmp_path, START, frame(1, missing), patience=0.05)
        events = list(events_of(job))
        assert [event["event"] for event in events] == ["start", "error"]
        assert job.message.startswith(f"frame 1: {missing} cannot be seen from here")
        assert (job.state, job.results, state_of(job)["done"]) == ("failed", {}, 0)
        while client.epitaph is None:  # this worker follows no wish to stop, which shows that there was one
            client.pump()
        assert "did not stop its job" in client.epitaph


def test_jobs_of_one_moment_have_folders_of_their_own(tmp_path: Path) -> None:
    with fake_client("scripted", tmp_path / "log") as client:
        jobs = [scripted(client, tmp_path / "jobs", DONE) for _ in range(3)]
        assert len({job.folder for job in jobs}) == 3
        for job in jobs:
            assert [event["event"] for event in events_of(job)] == ["done"]


def test_a_folder_that_cannot_be_written_is_an_error_before_anything_is_asked(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    with fake_client("scripted", tmp_path / "log") as client:
        with pytest.raises(WorkerError, match="cannot be written"):
            scripted(client, blocked / "jobs")
        with pytest.raises(WorkerError, match="cannot be written"):
            scripted(client, blocked)


def test_the_record_of_a_job_can_be_lost_without_harm(tmp_path: Path) -> None:
    with fake_client("scripted", tmp_path / "log") as client:
        job = scripted(client, tmp_path / "jobs", START, DONE)
        for file in job.folder.iterdir():
            file.unlink()
        job.folder.rmdir()
        assert [event["event"] for event in events_of(job)] == ["start", "done"]
        assert job.state == "done"

"""Jobs of the worker, as a host asks for them and hears of them."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest
from small_network import with_network
from small_shot import SHOT, SmallShot, differing, leftovers, out, outputs
from worker_process import LAST, PATIENCE, WorkerProcess, endless, worker_process

import vst_core
from vst_core import FrameRange


def names(events: list[dict[str, Any]]) -> list[str]:
    """Kinds of event in order, each repetition left out."""
    kinds = [event["event"] for event in events]
    return [kind for index, kind in enumerate(kinds) if index == 0 or kinds[index - 1] != kind]


def test_hello_says_what_there_is(worker: WorkerProcess) -> None:
    worker.ask("hello")
    hello = worker.event()
    assert (hello["event"], hello["version"], hello["protocol"]) == ("hello", vst_core.__version__, 1)
    assert hello["pid"] == worker.child.pid
    assert hello["device"].startswith(("cpu/", "cuda"))
    assert "optimization" in hello["methods"]
    assert hello["features"].keys() == {"vgg19", "vgg16"}
    assert all(isinstance(styles, list) for styles in hello["networks"].values())


def test_a_whole_shot_comes_out_as_it_does_without_a_worker(
    worker: WorkerProcess, small_shot: SmallShot, rendered: Path, tmp_path: Path
) -> None:
    worker.ask("render", job="whole", settings=small_shot.settings(tmp_path))
    events = worker.until(*LAST)
    assert {event["job"] for event in events} == {"whole"}
    assert names(events)[:3] == ["queued", "start", "progress"]
    assert (events[1]["frames"], events[-1]["event"], events[-1]["frames"]) == (4, "done", 4)
    frames = [event for event in events if event["event"] == "frame"]
    assert [event["frame"] for event in frames] == list(SHOT)
    for event in frames:
        assert event["path"] == str(out(tmp_path, event["frame"]))
        assert (event["kept"], event["notes"], event["seconds"] > 0) == (False, [], True)
    assert differing(rendered, tmp_path, SHOT) == []

    worker.ask("render", job="again", settings=small_shot.settings(tmp_path))
    again = worker.until(*LAST)
    assert names(again) == ["queued", "start", "frame", "done"]
    assert all(event["kept"] for event in again if event["event"] == "frame")


COUNTED = """
    import vst_core.pipeline.method as method

    load_checkpoint = method.load_checkpoint

    def counted(name):
        print("a network is loaded")
        return load_checkpoint(name)

    method.load_checkpoint = counted
"""


def test_jobs_of_one_network_load_it_once(small_shot: SmallShot, small_network: Path, tmp_path: Path) -> None:
    with worker_process(COUNTED) as counted:
        for job in "abc":
            settings = small_shot.settings(tmp_path / job, frames="1001-1002", **with_network(small_network))
            counted.ask("render", job=job, settings=settings)
            assert counted.until(*LAST)[-1] == {"event": "done", "job": job, "frames": 2}
        counted.ask("shutdown")
        assert counted.end() == 0
        assert counted.log.count("a network is loaded\n") == 1
    for job in "bc":
        assert differing(tmp_path / "a", tmp_path / job, FrameRange(1001, 1002)) == []


def test_a_job_is_cancelled_in_the_middle_of_a_frame_and_the_next_one_works(
    worker: WorkerProcess, small_shot: SmallShot, tmp_path: Path
) -> None:
    worker.ask("render", job="a", settings=endless(small_shot, tmp_path / "a"))
    worker.until("progress")
    worker.ask("cancel", job="a")
    end = worker.until(*LAST)[-1]
    assert end == {"event": "cancelled", "job": "a"}
    assert outputs(tmp_path / "a") == []
    assert leftovers(tmp_path) == []
    worker.ask("render", job="a", settings=small_shot.settings(tmp_path / "b", frames="1001"))
    assert worker.until(*LAST)[-1] == {"event": "done", "job": "a", "frames": 1}
    assert outputs(tmp_path / "b") == ["out.1001.exr"]


def test_jobs_wait_for_one_another(worker: WorkerProcess, small_shot: SmallShot, tmp_path: Path) -> None:
    for job in "ab":
        worker.ask("render", job=job, settings=small_shot.settings(tmp_path / job, frames="1001-1002"))
    events = worker.until("done") + worker.until("done")
    assert [event["ahead"] for event in events if event["event"] == "queued"] == [0, 1]
    told = [event["job"] for event in events if event["event"] != "queued"]
    assert told == sorted(told)
    assert outputs(tmp_path / "a") == outputs(tmp_path / "b") == ["out.1001.exr", "out.1002.exr"]


def test_a_waiting_job_is_cancelled_at_once(worker: WorkerProcess, small_shot: SmallShot, tmp_path: Path) -> None:
    worker.ask("render", job="a", settings=endless(small_shot, tmp_path / "a"))
    worker.ask("render", job="b", settings=small_shot.settings(tmp_path / "b"))
    worker.ask("cancel", job="b")
    assert worker.until("cancelled")[-1]["job"] == "b"
    worker.ask("cancel", job="a")
    assert worker.until("cancelled")[-1]["job"] == "a"
    worker.ask("hello")
    assert worker.event()["event"] == "hello"
    assert not (tmp_path / "b").exists()


def test_a_second_job_of_the_same_name_is_refused_and_the_first_goes_on(
    worker: WorkerProcess, small_shot: SmallShot, tmp_path: Path
) -> None:
    worker.ask("render", job="a", settings=endless(small_shot, tmp_path / "a"))
    worker.until("start")
    worker.ask("render", job="a", settings=small_shot.settings(tmp_path / "b"))
    worker.ask("render", job="a", settings={"colour": 3})
    worker.ask("render", job="a", settings=3)
    for _ in range(3):
        error = worker.until("error")[-1]
        assert (error["job"], error["exit_code"]) == (None, 2)
    worker.until("progress")
    worker.ask("cancel", job="a")
    assert worker.until(*LAST)[-1] == {"event": "cancelled", "job": "a"}
    assert not (tmp_path / "b").exists()


def test_a_busy_worker_gives_signs_of_life(worker: WorkerProcess, small_shot: SmallShot, tmp_path: Path) -> None:
    worker.ask("render", job="a", settings=endless(small_shot, tmp_path))
    worker.until("heartbeat")  # which may come as soon as the job has begun
    beats = worker.until("heartbeat")[-1:] + worker.until("heartbeat")[-1:]
    assert [beat["job"] for beat in beats] == ["a", "a"]
    assert 0 < beats[0]["seconds"] < beats[1]["seconds"]
    worker.ask("cancel", job="a")
    worker.until("cancelled")


@pytest.mark.skipif(sys.platform != "linux", reason="the C library of Linux")
def test_without_work_it_gives_memory_back_and_goes_on_when_there_is_some(sample_shot: Path, tmp_path: Path) -> None:
    settings = {"plate": str(sample_shot / "shot.####.exr"), "frames": "1001-1003", "style": {"styles": ["oil"]}}
    with worker_process("import vst_core.worker.server as server; server.IDLE_SECONDS = 1.5") as worker:
        for job in ("a", "b"):
            output = {"output": {"pattern": str(tmp_path / job / "out.####.exr")}}
            worker.ask("render", job=job, settings=settings | output | {"network": "fast", "threads": 1})
            assert worker.until(*LAST)[-1]["event"] == "done"
            busy, end = memory_of(worker), time.monotonic() + PATIENCE
            while memory_of(worker) > busy - (20 << 20):
                assert time.monotonic() < end
                time.sleep(0.1)


def memory_of(worker: WorkerProcess) -> int:
    """Bytes that it has of the machine's memory."""
    return int(psutil.Process(worker.child.pid).memory_info().rss)


def test_a_job_fails_with_the_words_and_the_code_of_the_engine(
    worker: WorkerProcess, small_shot: SmallShot, tmp_path: Path
) -> None:
    shot = small_shot.copy(tmp_path / "plate")
    shot.path(1002).write_bytes(b"")
    worker.ask("render", job="a", settings=shot.settings(tmp_path / "out"))
    events = worker.until(*LAST)
    assert [event["frame"] for event in events if event["event"] == "frame"] == [1001]
    with pytest.raises(vst_core.VstError) as raised:
        shot.render(tmp_path / "same")
    assert events[-1] == {"event": "error", "job": "a", "message": str(raised.value), "exit_code": 3}


@pytest.mark.parametrize("request_name", ["render", "check", "test"])
def test_unknown_settings_are_refused_by_name(worker: WorkerProcess, request_name: str) -> None:
    worker.ask(request_name, job="a", settings={"colour": 3, "plate": "a.####.exr"})
    (event,) = worker.until(*LAST)
    assert (event["job"], event["exit_code"]) == ("a", 2)
    assert "unknown setting 'colour'" in event["message"]


def test_check_tells_every_complaint(worker: WorkerProcess, small_shot: SmallShot, tmp_path: Path) -> None:
    settings = small_shot.settings(tmp_path / "out", style__styles=["none.png"], layer="none")
    worker.ask("check", job="a", settings=settings)
    end = worker.until(*LAST)[-1]
    expected = [{"message": str(error), "exit_code": 3} for error in vst_core.check_shot(settings)]
    assert (end["event"], len(expected), end["complaints"]) == ("done", 2, expected)
    worker.ask("check", job="b", settings=small_shot.settings(tmp_path / "out"))
    assert worker.until(*LAST)[-1] == {"event": "done", "job": "b", "complaints": []}
    assert list(tmp_path.iterdir()) == []

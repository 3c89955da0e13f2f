"""A host's client with the real worker, and with workers that misbehave."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from clients import VST, fake_client, greeted, real_client, until
from exr_files import start_child
from small_shot import SHOT, SmallShot, differing, leftovers, out, outputs
from worker_process import endless, is_running, wait_until_gone

import vst_core
from nodes.client import PROTOCOL, Client, Patience
from nodes.errors import WorkerError
from vst_core.worker.protocol import PROTOCOL as PROTOCOL_OF_THE_WORKER

HASTY = Patience(start=0.3, silence=0.3, cancel=0.3, terminate=0.3)


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """Of a real worker, for all tests that do it no harm."""
    with real_client(tmp_path_factory.mktemp("client") / "worker.log") as client:
        yield client


def data(settings: vst_core.RenderSettings) -> dict[str, Any]:
    return settings.model_dump(mode="json")


def test_client_and_worker_speak_one_protocol(client: Client) -> None:
    assert PROTOCOL == PROTOCOL_OF_THE_WORKER
    hello = greeted(client)
    assert (hello["version"], hello["pid"]) == (vst_core.__version__, client.pid)


def test_ctrl_c_in_the_hosts_terminal_is_not_for_the_worker(client: Client) -> None:
    assert os.getsid(client.pid) != os.getsid(0)


def test_a_shot_is_rendered(client: Client, small_shot: SmallShot, rendered: Path, tmp_path: Path) -> None:
    job = client.submit("render", data(small_shot.settings(tmp_path)))
    events = until(client, job)
    assert [event["path"] for event in events if event["event"] == "frame"] == [str(out(tmp_path, n)) for n in SHOT]
    assert events[-1]["event"] == "done"
    assert differing(rendered, tmp_path, SHOT) == []
    assert client.take(job) == []


def test_a_job_is_cancelled_within_a_frame_and_the_next_one_works(
    client: Client, small_shot: SmallShot, tmp_path: Path
) -> None:
    job = client.submit("render", data(endless(small_shot, tmp_path / "a")))
    until(client, job, "progress")
    client.cancel(job)
    client.cancel(job)
    assert until(client, job)[-1]["event"] == "cancelled"
    assert outputs(tmp_path / "a") == []
    pid = client.pid
    job = client.submit("render", data(small_shot.settings(tmp_path / "b", frames="1001")))
    client.take(job)
    assert until(client, job)[-1]["event"] == "done"
    client.cancel(job)
    assert (client.epitaph, client.pid) == (None, pid)


def test_each_of_two_jobs_hears_of_itself_only(client: Client, small_shot: SmallShot, tmp_path: Path) -> None:
    jobs = [client.submit("render", data(small_shot.settings(tmp_path / name, frames="1001"))) for name in "ab"]
    for job, name in zip(jobs, "ab", strict=True):
        events = until(client, job)
        assert {event["job"] for event in events} == {job}
        assert [Path(event["path"]).parent for event in events if event["event"] == "frame"] == [tmp_path / name]


def test_the_words_of_the_engine_are_passed_on(client: Client, small_shot: SmallShot, tmp_path: Path) -> None:
    job = client.submit("render", {"colour": 1, **data(small_shot.settings(tmp_path))})
    (error,) = until(client, job)
    assert (error["message"], error["exit_code"]) == ("settings: unknown setting 'colour'", 2)


def test_a_worker_that_is_killed_is_an_error_with_its_log(small_shot: SmallShot, tmp_path: Path) -> None:
    log = tmp_path / "logs" / "worker.log"
    with real_client(log) as client:
        jobs = [client.submit("render", data(endless(small_shot, tmp_path / name))) for name in "ab"]
        until(client, jobs[0], "progress")
        os.kill(client.pid, signal.SIGKILL)
        for job in jobs:
            error = until(client, job)[-1]
            assert (error["event"], error["job"], error["exit_code"]) == ("error", job, 137)
            assert error["message"].startswith("the worker was killed (SIGKILL")
            assert error["message"].endswith(f"its log is {log}")
            assert client.take(job) == []
        with pytest.raises(WorkerError, match="was killed"):
            client.submit("check", {})
    assert "job " in log.read_text()


def test_no_worker_outlives_its_host(small_shot: SmallShot, tmp_path: Path) -> None:
    host = """
        import json, sys, time
        from pathlib import Path
        from nodes.client import Client
        client = Client([sys.argv[3], "worker"], Path(sys.argv[1]))
        job = client.submit("render", json.loads(sys.argv[2]))
        while not any(event["event"] == "progress" for event in client.take(job)):
            time.sleep(0.01)
        print(client.pid, flush=True)
        time.sleep(600)
    """
    settings = endless(small_shot, tmp_path / "out").model_dump_json()
    with start_child(host, tmp_path / "log", settings, VST) as child:
        assert child.stdout is not None
        worker = int(child.stdout.readline())
        assert is_running(worker)
        child.kill()
        wait_until_gone(worker)
    assert leftovers(tmp_path) == []


def test_close_leaves_no_process(small_shot: SmallShot, tmp_path: Path) -> None:
    with real_client(tmp_path / "log") as client:
        job = client.submit("render", data(endless(small_shot, tmp_path / "out")))
        until(client, job, "progress")
    assert not is_running(client.pid)
    assert [event["event"] for event in client.take(job)] == ["error"]
    assert client.epitaph == "the worker was closed"
    client.close()


def test_a_job_that_does_not_stop_ends_with_its_worker(tmp_path: Path) -> None:
    with fake_client("slow_to_end", tmp_path / "log", Patience(cancel=0.3, terminate=0.3)) as client:
        job, other = client.submit("render", {}), client.submit("render", {})
        until(client, job, "start")
        client.cancel(job)
        assert until(client, job)[-1] == {"event": "cancelled", "job": job}
        error = until(client, other)[-1]
        assert error["message"].startswith("the worker did not stop its job")
        wait_until_gone(client.pid)


def test_a_worker_that_falls_silent_is_ended(tmp_path: Path) -> None:
    with fake_client("silent", tmp_path / "log", Patience(silence=0.5, terminate=0.3)) as client:
        greeted(client)
        job = client.submit("render", {})
        error = until(client, job)[-1]
        assert error["message"] == f"the worker gave no sign of life for 0.5 s and was ended; its log is {tmp_path}/log"
        wait_until_gone(client.pid)


def test_a_worker_may_be_silent_while_it_has_nothing_to_do(tmp_path: Path) -> None:
    patience = Patience(silence=1.0)
    with closing(Client([VST, "worker"], tmp_path / "log", patience=patience)) as client:
        greeted(client)
        end = time.monotonic() + 2 * patience.silence
        while time.monotonic() < end:
            client.pump()
            time.sleep(0.1)
        assert "plate" in until(client, client.submit("render", {}))[-1]["message"]
        assert client.epitaph is None


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("never_ready", "has not started within 0.3 s"),
        ("of_another_time", "is of version 9.9 and does not match this node; install both from the same release"),
        ("stillborn", "stopped with exit code 1: ModuleNotFoundError: No module named 'torch'"),
        ("complaining", "stopped with exit code 4: no space left; make some"),
    ],
)
def test_a_worker_that_is_of_no_use_is_an_error_that_says_why(tmp_path: Path, kind: str, words: str) -> None:
    log = tmp_path / "log"
    log.write_text("vst: of an earlier worker\n")
    patience = HASTY if kind == "never_ready" else Patience()
    with fake_client(kind, log, patience) as client:
        try:
            message = until(client, client.submit("render", {}))[-1]["message"]
        except WorkerError as error:  # it was gone before it could be asked
            message = str(error)
        assert message == f"the worker {words}; its log is {log}"


def test_what_a_library_prints_goes_to_the_log(tmp_path: Path) -> None:
    with fake_client("talkative", tmp_path / "log") as client:
        job = client.submit("render", {"say": [{"event": "done", "frames": 0}]})
        assert until(client, job) == [{"event": "done", "job": job, "frames": 0}]
    assert (tmp_path / "log").read_text().splitlines() == [
        "client: Welcome to the licence server",
        "client: [1, 2]",
        "client: {}",
    ]


def test_a_worker_that_cannot_be_started_is_an_error_in_one_line(tmp_path: Path) -> None:
    program = tmp_path / "vst"
    with pytest.raises(WorkerError, match=r"cannot be started \(No such file or directory: .*vst\)"):
        Client([str(program), "worker"], tmp_path / "log")
    program.write_bytes(b"\x7fELF nothing")
    program.chmod(0o755)
    with pytest.raises(WorkerError, match=r"cannot be started \(Exec format error"):
        Client([str(program), "worker"], tmp_path / "log")
    with pytest.raises(WorkerError, match="cannot be started"):
        Client([str(program), "worker"], program / "log")


def test_a_megabyte_does_not_hold_up_the_host(client: Client) -> None:
    jobs = [client.submit("check", {"plate": "p" * (1 << 20)}) for _ in range(3)]
    for job in jobs:
        assert until(client, job)[-1]["exit_code"] == 2
    with pytest.raises(ValueError, match="not JSON compliant"):
        client.submit("render", {"scale": float("nan")})

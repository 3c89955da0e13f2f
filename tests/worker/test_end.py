"""How a worker ends, and what never does it any harm."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from small_shot import COMMAND_LINE, SmallShot, differing, leftovers, outputs
from worker_process import LAST, endless, is_running, wait_until_gone, worker_process

from vst_core import FrameRange

NOISE = """
    import os, subprocess, sys
    import vst_core.worker.jobs as jobs

    render_shot = jobs.render_shot

    def loud(*arguments):
        print("noise of Python")
        os.write(1, b"noise of C\\n")
        subprocess.run(["echo", "noise of a child"], check=True)
        sys.stdin.read()
        return render_shot(*arguments)

    jobs.render_shot = loud
"""
BROKEN = """
    import vst_core.worker.jobs as jobs

    def broken(*_):
        raise ValueError("of\\nno use")

    jobs.check_shot = broken
"""
DEAF = """
    import time
    import vst_core.worker.jobs as jobs

    def deaf(*_):
        time.sleep(600)

    jobs.check_shot = deaf
"""


def test_what_libraries_print_is_no_event(small_shot: SmallShot, rendered: Path, tmp_path: Path) -> None:
    with worker_process(NOISE) as worker:
        worker.ask("render", job="a", settings=small_shot.settings(tmp_path, frames="1001-1002"))
        assert worker.until(*LAST)[-1] == {"event": "done", "job": "a", "frames": 2}
        worker.close_input()
        assert worker.rest() == [{"event": "bye"}]
        assert worker.end() == 0, "".join(worker.log[-30:])
        log = "".join(worker.log)
    for who in ("Python", "C", "a child"):
        assert f"noise of {who}\n" in log
    assert differing(rendered, tmp_path, FrameRange(1001, 1002)) == []


def test_a_fault_of_the_engine_is_one_line_and_the_log_says_where(small_shot: SmallShot, tmp_path: Path) -> None:
    with worker_process(BROKEN) as worker:
        for job in "ab":
            worker.ask("check", job=job, settings=small_shot.settings(tmp_path))
            end = worker.until(*LAST)[-1]
            assert (end["event"], end["job"], end["exit_code"]) == ("error", job, 1)
            assert end["message"].startswith("internal error (ValueError: of no use)")
        worker.ask("shutdown")
        assert worker.rest() == [{"event": "bye"}]
        assert worker.end() == 0, "".join(worker.log[-30:])
        log = "".join(worker.log)
    assert log.count("Traceback") == 2
    assert 'raise ValueError("of\\nno use")' in log or "in broken" in log


def test_half_a_line_at_the_end_is_an_error_and_the_end() -> None:
    with worker_process() as worker:
        worker.send(b'{"request": "hello"}\n{"request": "ren')
        worker.close_input()
        hello, error, bye = worker.rest()
        assert (hello["event"], error["event"], bye["event"]) == ("hello", "error", "bye")
        assert "ends in the middle" in error["message"]
        assert worker.end() == 0, "".join(worker.log[-30:])


PATIENT = "import vst_core.worker.server as server; server.GRACE_SECONDS = 100"


@pytest.mark.parametrize("way", ["shutdown", "end of input"])
def test_a_worker_that_has_to_end_gives_up_its_jobs(small_shot: SmallShot, tmp_path: Path, way: str) -> None:
    with worker_process(PATIENT) as worker:
        worker.ask("render", job="a", settings=endless(small_shot, tmp_path / "a"))
        worker.ask("render", job="b", settings=small_shot.settings(tmp_path / "b"))
        worker.until("progress")
        if way == "shutdown":
            worker.ask("shutdown")
        else:
            worker.close_input()
        ends = [event for event in worker.rest() if event["event"] in (*LAST, "bye")]
        assert ends == [{"event": "cancelled", "job": "a"}, {"event": "cancelled", "job": "b"}, {"event": "bye"}]
        assert worker.end() == 0, "".join(worker.log[-30:])
    assert outputs(tmp_path / "a") == []
    assert leftovers(tmp_path) == []


def test_a_job_that_does_not_listen_does_not_keep_the_worker(small_shot: SmallShot, tmp_path: Path) -> None:
    with worker_process(DEAF) as worker:
        worker.ask("check", job="a", settings=small_shot.settings(tmp_path))
        worker.until("heartbeat")
        worker.close_input()
        assert worker.end() == 130


def test_sigterm_ends_a_worker_at_work_as_it_ends_a_render(small_shot: SmallShot, tmp_path: Path) -> None:
    with worker_process() as worker:
        worker.ask("render", job="a", settings=endless(small_shot, tmp_path))
        worker.until("progress")
        worker.child.send_signal(signal.SIGTERM)
        assert worker.end() == 143
        assert any(line.startswith("vst: stopped") for line in worker.log)
    assert leftovers(tmp_path) == []


def test_without_its_host_a_worker_ends_though_its_input_is_open(small_shot: SmallShot, tmp_path: Path) -> None:
    """Another child of the host may have inherited the other end of the pipe."""
    host = """
        import subprocess, sys, time
        worker = subprocess.Popen([sys.executable, "-c", sys.argv[1], "worker"], stdin=0, stdout=1)
        sys.stderr.write(f"{worker.pid}\\n")
        time.sleep(600)
    """
    source, target = os.pipe()
    command = [sys.executable, "-c", textwrap.dedent(host), COMMAND_LINE]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=source, stdout=pipe, stderr=pipe) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        worker = int(process.stderr.readline())
        settings = endless(small_shot, tmp_path).model_dump(mode="json")
        os.write(target, json.dumps({"request": "render", "job": "a", "settings": settings}).encode() + b"\n")
        for line in process.stdout:
            if json.loads(line)["event"] == "progress":
                break
        assert is_running(worker)
        process.kill()
        wait_until_gone(worker)
        process.communicate()
    os.close(source)
    os.close(target)

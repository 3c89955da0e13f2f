"""Stopping a render from outside: farms send SIGTERM, users press Ctrl-C, a reader of the output goes away."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest
from exr_files import start_child
from small_shot import COMMAND_LINE, SHOT, SmallShot, differing, leftovers, outputs, wait_for

from vst_core import read_frame


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_stopped_render_keeps_its_frames_and_goes_on(
    small_shot: SmallShot, rendered: Path, tmp_path: Path, sent: signal.Signals, code: int
) -> None:
    with start_child(COMMAND_LINE, *small_shot.command(tmp_path, "--json")) as child:
        wait_for(child, "frame")
        child.send_signal(sent)
        told, complaints = child.communicate(timeout=60)
    assert child.returncode == code, complaints
    assert len(complaints.splitlines()) == 1
    assert complaints.startswith("vst: stopped; finished frames are kept")
    assert json.loads(told.splitlines()[-1])["exit_code"] == code
    done = outputs(tmp_path)
    assert 1 <= len(done) < 4
    for name in done:
        read_frame(tmp_path / name)
    assert leftovers(tmp_path) == []
    results = small_shot.render(tmp_path)
    assert [result.path.name for result in results if result.kept] == done
    assert differing(rendered, tmp_path, SHOT) == []


def test_ctrl_break_which_farms_send_on_windows_is_their_sigterm(small_shot: SmallShot, tmp_path: Path) -> None:
    with_break = f"import signal; signal.SIGBREAK = signal.SIGUSR2; {COMMAND_LINE}"
    with start_child(with_break, *small_shot.command(tmp_path, "--json")) as child:
        wait_for(child, "frame")
        child.send_signal(signal.SIGUSR2)
        _, complaints = child.communicate(timeout=60)
    assert (child.returncode, complaints[:13]) == (143, "vst: stopped;")
    assert leftovers(tmp_path) == []


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_while_the_engine_loads_is_no_traceback(tmp_path: Path, sent: signal.Signals, code: int) -> None:
    announced = """
        import sys, time
        from importlib.abc import MetaPathFinder
        from vst_core.cli import main

        class Announce(MetaPathFinder):
            def find_spec(self, name, *_):
                if name == "torch":
                    print("loading", flush=True)
                    time.sleep(30)

        sys.meta_path.insert(0, Announce())
        main()
    """
    with start_child(announced, "weights", "list") as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "loading\n"
        child.send_signal(sent)
        _, complaints = child.communicate(timeout=60)
    assert (child.returncode, len(complaints.splitlines())) == (code, 1), complaints
    assert complaints.startswith("vst: stopped")
    assert list(tmp_path.iterdir()) == []


def test_a_reader_that_goes_away_is_no_traceback(small_shot: SmallShot, tmp_path: Path) -> None:
    with start_child(COMMAND_LINE, *small_shot.command(tmp_path, "--json")) as child:
        wait_for(child, "start")
        assert child.stdout is not None
        child.stdout.close()
        assert child.stderr is not None
        complaints = child.stderr.read()
    assert child.returncode == 4
    assert complaints == "vst: the reader of the output is gone\n"
    for name in outputs(tmp_path):
        read_frame(tmp_path / name)
    assert leftovers(tmp_path) == []

"""A bundle in the hands of the engine itself: openjd-cli."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from clients import VST
from small_network import with_network
from small_shot import SHOT, SmallShot, differing, outputs, read_channels, shrunk, snapshot, write_channels

from vst_core import FrameRange
from vst_core.farm.openjd_bundle import write_bundle
from vst_core.farm.plan import Plan, Task, plan_shots
from vst_core.farm.settings import FarmSettings


def test_a_job_is_run_in_one_session_where_the_files_lie_elsewhere(
    small_shot: SmallShot, small_network: Path, tmp_path: Path
) -> None:
    here, there = tmp_path / "hëre a", tmp_path / "there b"
    good = small_shot.copy(here / "plate")
    bad = small_shot.copy(here / "bad")
    bad.path(1002).write_bytes(small_shot.path(1002).read_bytes()[:-100])
    shots = {"good": good, "bad": bad}
    plan = plan_shots(
        [(name, shot.settings(here / name / "out", **with_network(small_network))) for name, shot in shots.items()],
        FarmSettings(chunks="exact", chunk_size=2),
    )
    template = write_bundle(plan, tmp_path / "jöb {{c}}", "night", 0)
    before = snapshot(template.parent)
    here.rename(there)
    rule = {"source_path_format": "POSIX", "source_path": str(here), "destination_path": str(there)}
    (tmp_path / "rules.json").write_text(json.dumps({"version": "pathmapping-1.0", "path_mapping_rules": [rule]}))
    options = ("--path-mapping-rules", f"file://{tmp_path / 'rules.json'}", "--job-param", f"Vst={VST}")
    run = [sys.executable, "-m", "openjd", "run", str(template), *options]
    done = subprocess.run(run, capture_output=True, text=True, timeout=200, check=False)

    assert done.returncode == 1, done.stdout
    steps = [line.rpartition("Running step ")[2] for line in done.stdout.splitlines() if "Running step " in line]
    assert steps == ["'good 1001-1002'", "'good 1003-1004'", "'bad 1001-1002'"]
    assert done.stdout.count("Entering Environment: vst") == done.stdout.count("Exiting Environment: vst") == 1
    assert "openjd_status: frame 1004 is done" in done.stdout
    assert "openjd_progress: 100" in done.stdout
    fails = [line.partition("openjd_fail: ")[2] for line in done.stdout.splitlines() if "openjd_fail: " in line]
    assert len(fails) == 1
    assert fails[0].startswith(f"frame 1002, {there}/bad/shot.1002.exr: ")
    small_shot.render(tmp_path / "whole", **with_network(small_network))
    assert differing(tmp_path / "whole", there / "good" / "out", SHOT) == []
    assert outputs(there / "bad" / "out") == ["out.1001.exr"]
    assert not here.exists()
    assert snapshot(template.parent) == before
    (contact,) = {line.partition("VST_SESSION=")[2] for line in done.stdout.splitlines() if "VST_SESSION=" in line}
    assert not any(contact in (process.info["cmdline"] or ()) for process in psutil.process_iter(["cmdline"]))


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_exact_chunks_of_any_size_are_the_whole_shot_to_the_bit(
    small_shot: SmallShot, sample_shot: Path, small_network: Path, tmp_path: Path
) -> None:
    shot = FrameRange(1001, 1016)
    for frame in shot:
        channels = shrunk(read_channels(sample_shot / f"shot.{frame}.exr"))
        write_channels(tmp_path / f"shot.{frame}.exr", channels)
    small, sizes = replace(small_shot, folder=tmp_path), (1, 7, 16)
    tasks: list[Task] = []
    for size in sizes:
        settings = small.settings(tmp_path / str(size), **with_network(small_network, frames=str(shot)))
        tasks += plan_shots([(f"by {size}", settings)], FarmSettings(chunks="exact", chunk_size=size)).tasks
    template = write_bundle(Plan(tuple(tasks), FarmSettings(chunks="exact")), tmp_path / "job", "night", 0, str(VST))
    done = subprocess.run(
        [sys.executable, "-m", "openjd", "run", str(template)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
    assert done.stdout.count("Running step ") == len(tasks) == 16 + 3 + 1
    small.render(tmp_path / "whole", **with_network(small_network, frames=str(shot)))
    for size in sizes:
        assert differing(tmp_path / "whole", tmp_path / str(size), shot) == []

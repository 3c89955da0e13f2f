"""A bundle in the hands of the engine itself: openjd-cli."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import psutil
from clients import VST
from small_network import with_network
from small_shot import SHOT, SmallShot, differing, outputs, snapshot

from vst_core.farm.openjd_bundle import write_bundle
from vst_core.farm.plan import plan_shots
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

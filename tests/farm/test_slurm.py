"""Jobs on a real Slurm: munged, slurmctld and slurmd, started here."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from clients import VST
from slurm_cluster import SlurmCluster, is_installed, slurm_cluster
from small_network import write_random_network
from small_shot import differing, out, outputs, read_channels, shrunk, write_channels

from vst_core import FrameRange

pytestmark = [pytest.mark.slurm, pytest.mark.timeout(1800)]

SHOT = FrameRange(1001, 1016)
Submit = Callable[..., str]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SlurmCluster]:
    assert is_installed(), "Slurm is not there: run make test-slurm"
    with slurm_cluster(tmp_path_factory.mktemp("cluster")) as started:
        yield started


@pytest.fixture(scope="module")
def plate(tmp_path_factory: pytest.TempPathFactory, sample_shot: Path) -> Path:
    """All frames of the sample shot, at a quarter of their size."""
    folder = tmp_path_factory.mktemp("a pläte")
    for frame in SHOT:
        name = f"shot.{frame}.exr"
        write_channels(folder / name, shrunk(read_channels(sample_shot / name)))
    return folder


@pytest.fixture(scope="module")
def look(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    network = write_random_network(tmp_path_factory.mktemp("network") / "small.safetensors")
    return ["--network", str(network), "--style", "dots", "--precision", "float32", "--threads", "1"]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, plate: Path, look: list[str]) -> Path:
    """Folder of an undisturbed render of the whole shot."""
    folder = tmp_path_factory.mktemp("whole")
    command = [VST, "render", str(plate / "shot.####.exr"), *look, "-o", str(folder / "out.####.exr")]
    subprocess.run(command, check=True, capture_output=True)
    return folder


@pytest.fixture(scope="module")
def broken_plate(tmp_path_factory: pytest.TempPathFactory, plate: Path) -> Path:
    """The plate, of which frame 1004 was cut off."""
    folder = tmp_path_factory.mktemp("broken")
    for frame in SHOT:
        data = (plate / f"shot.{frame}.exr").read_bytes()
        (folder / f"shot.{frame}.exr").write_bytes(data[:-100] if frame == 1004 else data)
    return folder


@pytest.fixture
def submit(cluster: SlurmCluster, plate: Path, look: list[str], tmp_path: Path) -> Submit:
    """Submits the shot, or several that the options tell; returns the numbers of the jobs."""

    def run(*more: object, plate: Path = plate, out: str = "out") -> str:
        files = [str(plate / "shot.####.exr"), "-o", str(tmp_path / out / "out.####.exr")]
        job = ["--engine", "slurm", "--job", str(tmp_path / "a jöb %j")]
        words = [VST, "submit", *files, *look, *job, *map(str, more)]
        environment = cluster.environment | {"SECONDS": "100"}  # as if tasks were at work for longer than they are
        done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr + done.stdout
        return done.stdout.rpartition("submitted as ")[2].strip()

    return run


def log_of(tmp_path: Path, which: str = "*") -> str:
    return "\n".join(log.read_text() for log in sorted((tmp_path / "a jöb %j" / "logs").glob(f"{which}.log")))


@pytest.mark.parametrize("size", [1, 7, 16])
def test_exact_chunks_are_the_whole_shot_to_the_bit(
    cluster: SlurmCluster, submit: Submit, whole: Path, tmp_path: Path, size: int
) -> None:
    jobs = submit("--chunks", "exact", "--chunk-size", size)
    assert len(jobs.split()) == {1: 16, 7: 3, 16: 1}[size]
    states = cluster.wait_until_over(jobs)
    assert set(states.values()) == {"COMPLETED"}, log_of(tmp_path)
    assert differing(whole, tmp_path / "out", SHOT) == []


def test_draft_chunks_are_those_of_any_engine(
    cluster: SlurmCluster, submit: Submit, plate: Path, look: list[str], tmp_path: Path
) -> None:
    draft = ["--chunks", "draft", "--chunk-size", "6", "--preroll", "2"]
    files = [str(plate / "shot.####.exr"), "-o", str(tmp_path / "local" / "out.####.exr")]
    subprocess.run([VST, "submit", *files, *look, *draft], check=True, capture_output=True)
    states = cluster.wait_until_over(submit(*draft))
    assert list(states.values()) == ["COMPLETED"] * 3, log_of(tmp_path)
    assert differing(tmp_path / "local", tmp_path / "out", SHOT) == []


def test_shots_are_an_array_and_one_that_fails_stops_no_other(
    cluster: SlurmCluster, submit: Submit, broken_plate: Path, whole: Path, tmp_path: Path
) -> None:
    (tmp_path / "shots.csv").write_text(f"shot,plate\nbad,{broken_plate}/shot.####.exr\ngood,\n")
    states = cluster.wait_until_over(submit("--shots", tmp_path / "shots.csv", out="{shot}"))
    assert sorted(states.values()) == ["COMPLETED", "FAILED"], log_of(tmp_path)
    assert differing(whole, tmp_path / "good", SHOT) == []
    assert outputs(tmp_path / "bad") == [f"out.{frame}.exr" for frame in (1001, 1002, 1003)]
    assert "vst: frame 1004, " in log_of(tmp_path)


def test_what_needs_a_chunk_that_failed_is_cancelled(cluster: SlurmCluster, submit: Submit, broken_plate: Path) -> None:
    jobs = submit("--chunks", "exact", "--chunk-size", 7, plate=broken_plate)
    assert list(cluster.wait_until_over(jobs).values()) == ["FAILED", "CANCELLED", "CANCELLED"]


def test_a_task_whose_time_is_up_and_one_that_is_killed_go_on_and_disturb_no_other(
    cluster: SlurmCluster, submit: Submit, whole: Path, tmp_path: Path
) -> None:
    (tmp_path / "shots.csv").write_text("shot\nquiet\nkilled\n")
    job = submit("--shots", tmp_path / "shots.csv", out="{shot}")
    render = held_after(tmp_path, "killed", 1002)
    cluster.run("scontrol", "update", f"JobId={job}_1", "TimeLimit=1")
    wait_until(lambda: is_told_to_end(render))
    render.resume()
    start_again_now(cluster, f"{job}_1")
    held_after(tmp_path, "killed", 1006).kill()
    start_again_now(cluster, f"{job}_1")
    assert set(cluster.wait_until_over(job).values()) == {"COMPLETED"}, log_of(tmp_path)
    for shot in ("quiet", "killed"):
        assert differing(whole, tmp_path / shot, SHOT) == []
    assert log_of(tmp_path, f"{job}_1").count("frame 1001 (1/16): kept") == 2
    assert log_of(tmp_path, f"{job}_0").count("frame 1001 (1/16)") == 1


def test_a_task_that_is_cancelled_keeps_its_frames_and_is_not_begun_again(
    cluster: SlurmCluster, submit: Submit, tmp_path: Path
) -> None:
    (tmp_path / "shots.csv").write_text("shot\na\n")
    job = submit("--shots", tmp_path / "shots.csv", out="{shot}")
    held_after(tmp_path, "a", 1002, task=0)
    cluster.run("scancel", job)  # which also lets what is held go on
    assert set(cluster.wait_until_over(job).values()) == {"CANCELLED"}
    assert "stopped; finished frames are kept" in log_of(tmp_path)
    assert outputs(tmp_path / "a")[:2] == ["out.1001.exr", "out.1002.exr"]
    assert not list((tmp_path / "a").rglob("*.tmp*"))


def wait_until(there: Callable[[], object]) -> None:
    deadline = time.monotonic() + 300
    while not there():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def held_after(tmp_path: Path, shot: str, frame: int, task: int = 1) -> psutil.Process:
    """The render of a task, which does nothing more once it has made a frame."""
    wait_until(out(tmp_path / shot, frame).exists)
    settings = str(tmp_path / "a jöb %j" / "tasks" / "0000" / f"{task}.json")
    render = next(each for each in psutil.process_iter(["cmdline"]) if settings in (each.info["cmdline"] or []))
    render.suspend()
    return render


def is_told_to_end(process: psutil.Process) -> bool:
    """Whether SIGTERM waits for a process that is held."""
    lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
    pending = int(next(line.split()[1] for line in lines if line.startswith("ShdPnd:")), 16)
    return bool(pending & 1 << (signal.SIGTERM - 1))


def start_again_now(cluster: SlurmCluster, task: str) -> None:
    """Slurm lets a task that was put back wait for two minutes; it would not take it in the second of its end."""
    wait_until(lambda: "BeginTime" in cluster.run("squeue", "--noheader", "--array", f"--jobs={task}", "--format=%r"))
    cluster.run("scontrol", "update", f"JobId={task}", "StartTime=now+3seconds", "TimeLimit=UNLIMITED")

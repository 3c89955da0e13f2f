"""Paint the five sample style images: ``python samples/make_styles.py --output DIRECTORY``.

Every picture is made of numbers alone, from a fixed seed, so that the samples are free of any rights.
"""

from __future__ import annotations

import argparse
import time
from importlib import import_module
from pathlib import Path

from painting.color import save

STYLES = ("oil", "ink", "mosaic", "watercolor", "woodcut")
_OVERSAMPLING = 2


def main() -> None:
    """Read the arguments, paint and write ``<style>.png`` for each style asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--output", type=Path, default=Path(__file__).parent / "styles", help="directory of the PNGs")
    parser.add_argument("--size", type=int, default=512, help="pixels along a side")
    parser.add_argument("--only", choices=STYLES, help="paint this style alone")
    arguments = parser.parse_args()
    if arguments.size < 16:
        parser.error("--size: needs at least 16 pixels")
    arguments.output.mkdir(parents=True, exist_ok=True)
    for style in [arguments.only] if arguments.only else STYLES:
        started = time.perf_counter()
        path = arguments.output / f"{style}.png"
        save(path, import_module(f"painting.{style}").paint(arguments.size * _OVERSAMPLING), arguments.size)
        print(f"{path}: {path.stat().st_size // 1000} kB in {time.perf_counter() - started:.1f} s")


if __name__ == "__main__":
    main()

"""How long it takes from nothing to painted frames: a fresh clone, an empty home, no cache but the package index.

    python bench/clean_room.py

The demo from the sources, and the sample shot from the wheel; some minutes, most of them the index's.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from table import Table, show

ROOT = Path(__file__).parent.parent
KEPT = ("PIP_", "SSL_", "LANG")
NOTE = """A clone of the sources in an empty folder, `HOME` an empty folder, of the environment nothing but pip's index;
torch is the build that this index offers."""


def timed(*command: object, cwd: Path, home: Path) -> float:
    """Seconds of a program that meets nothing but what a system has."""
    environment = {name: value for name, value in os.environ.items() if name.startswith(KEPT)}
    environment |= {"PATH": f"{sys.base_prefix}/bin:/usr/bin:/bin", "HOME": str(home)}
    start = time.perf_counter()
    subprocess.run(list(map(str, command)), cwd=cwd, env=environment, check=True)  # noqa: S603
    return time.perf_counter() - start


def from_sources(sources: Path, home: Path) -> Iterator[tuple[str, float]]:
    """``make demo``, what it installs apart from what it paints."""
    yield "`make demo`: environment", timed("make", ".venv/ready", cwd=sources, home=home)
    yield "`make demo`: render, contact sheet, measures", timed("make", "demo", cwd=sources, home=home)


def from_wheel(sources: Path, home: Path) -> Iterator[tuple[str, float]]:
    """The wheel into an environment of its own, and the sample shot."""
    timed("make", "wheel", cwd=sources, home=home)
    (wheel,) = (sources / "dist").glob("*.whl")
    python, scripts = Path(sys.base_prefix) / "bin" / "python3", home / "venv" / "bin"
    install = scripts / "pip", "install", "--quiet", "-c", sources / "constraints.txt", wheel
    render = scripts / "vst", "render", sources / "samples/shot/shot.####.exr", "--style", "oil", "-o", "oil.####.exr"
    seconds = timed(python, "-m", "venv", home / "venv", cwd=home, home=home)
    yield "wheel: environment", seconds + timed(*install, cwd=home, home=home)
    yield "wheel: `vst render` of the sample shot", timed(*render, cwd=home, home=home)


def tables() -> Iterator[Table]:
    """Both ways."""
    table = Table("From nothing to painted frames", NOTE, ("step", "s"))
    with tempfile.TemporaryDirectory() as name:
        sources, home, other = (Path(name) / each for each in ("sources", "home", "other"))
        for folder in (home, other):
            folder.mkdir()
        timed("git", "clone", "--quiet", "--no-local", ROOT, sources, cwd=home, home=home)
        for steps in (from_sources(sources, home), from_wheel(sources, other)):
            total = 0.0
            for step, seconds in steps:
                table.add(step, f"{seconds:.0f}")
                total += seconds
            table.add("together", f"{total:.0f}")
    yield table


if __name__ == "__main__":
    show(tables())

"""How long the command line takes to answer, and the package to be imported, beside a Python that does nothing.

python bench/bench_start.py
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from paired import milliseconds, paired, ratio
from table import Table, show

PYTHON = sys.executable
VST = str(Path(PYTHON).with_name("vst"))
NOTHING = "python -c pass"
PROGRAMS = {
    NOTHING: (PYTHON, "-c", "pass"),
    "import vst_core": (PYTHON, "-c", "import vst_core"),
    "vst --help": (VST, "--help"),
    "vst --version": (VST, "--version"),
    "vst render --help": (VST, "render", "--help"),
    "import torch": (PYTHON, "-c", "import torch"),
}


def tables(*, quick: bool = False) -> Iterator[Table]:
    """Each program is a process of its own."""
    table = Table(
        "Start",
        "Each program is a process of its own, started in turn. Medians, and ratios of the same round.",
        ("program", "ms", "times a bare Python"),
    )
    run = partial(subprocess.run, check=True, stdout=subprocess.DEVNULL)
    times = paired({name: partial(run, command) for name, command in PROGRAMS.items()}, 3 if quick else 15, warmup=1)
    for name in PROGRAMS:
        table.add(f"`{name}`", f"{milliseconds(times, name):.0f}", f"{ratio(times, name, NOTHING):.1f}")
    yield table


if __name__ == "__main__":
    show(tables())

"""How long the command line takes to answer, and the package to be imported, beside a Python that does nothing.

    python bench/bench_start.py

Each program is a process of its own, started in turn; times are medians, ratios those of the same round.
"""

from __future__ import annotations

import subprocess
import sys
from functools import partial
from pathlib import Path

from paired import milliseconds, paired, ratio

PYTHON = sys.executable
VST = str(Path(PYTHON).with_name("vst"))
PROGRAMS = {
    "python -c pass": (PYTHON, "-c", "pass"),
    "import vst_core": (PYTHON, "-c", "import vst_core"),
    "vst --help": (VST, "--help"),
    "vst --version": (VST, "--version"),
    "vst render --help": (VST, "render", "--help"),
    "import torch": (PYTHON, "-c", "import torch"),
}


def main() -> None:
    """Print the table."""
    run = partial(subprocess.run, check=True, stdout=subprocess.DEVNULL)
    times = paired({name: partial(run, command) for name, command in PROGRAMS.items()}, rounds=15, warmup=1)
    print("program                ms  times a bare python")
    for name in PROGRAMS:
        print(f"{name:<18}  {milliseconds(times, name):6.0f}  {ratio(times, name, 'python -c pass'):8.1f}")


if __name__ == "__main__":
    main()

"""Runs the whole comparison in one go and writes it to docs/benchmarks.md, with plots beside it.

    python bench/report.py [--quick] [--only PART ...] [--to FOLDER]

Nothing else should run meanwhile; it takes an hour and a half on two slow cores. ``--quick`` shows in minutes, on
less, that all of it works. ``--only`` measures some parts again and keeps the others of ``benchmarks.json``, and those
of machines that compute in another precision; the page says which machine each part was measured on.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import bench_farm
import bench_flow
import bench_frame
import bench_light
import bench_network
import bench_shot
import bench_start
import bench_step
import bench_vectors
import bench_video
import torch
from machine import sources, surroundings
from plots import draw_flicker, draw_flow
from table import Table

from vst_core.device import resolve_device

ROOT = Path(__file__).parent.parent
PARTS = {
    "shot": bench_shot,
    "video": bench_video,
    "flow": bench_flow,
    "vectors": bench_vectors,
    "light": bench_light,
    "network": bench_network,
    "frame": bench_frame,
    "step": bench_step,
    "start": bench_start,
    "farm": bench_farm,
}
USUAL = "float32"
PLOTS = {"shot": draw_flicker, "flow": draw_flow}
SECTIONS = {
    "Quality of a shot": ("shot", "video", "flow", "vectors", "light"),
    "Cost of a frame": ("network", "frame", "step"),
    "Cost of a command": ("start",),
    "Gain from a farm": ("farm",),
}


def measured(part: str, *, quick: bool) -> dict[str, Any]:
    """The tables of a part, and what they belong to."""
    begun = time.monotonic()
    tables = []
    for table in PARTS[part].tables(quick=quick):
        print(table.as_text(), flush=True)
        tables.append(asdict(table))
    minutes = round((time.monotonic() - begun) / 60, 1)
    return {"tables": tables, "sources": sources(), "machine": surroundings(), "minutes": minutes, "quick": quick}


def write_page(found: dict[str, dict[str, Any]], folder: Path) -> None:
    """Page and plots of what was measured, by part and precision."""
    runs, machines = [run for part in found.values() for run in part.values()], []
    for run in runs:
        machines += [run["machine"]] if run["machine"] not in machines else []
    lines = [
        "# Measured comparisons\n",
        "Made by `make bench-report`. What a table compares was measured side by side on one machine.\n",
    ]
    for number, machine in enumerate(machines, start=1):
        lines += [f"Machine {number}:\n", "".join(f"- {line}\n" for line in machine)]
    if any(run["quick"] for run in runs):
        lines.append("**Quick: a trial of the machinery, on a few small frames. These are no results.**\n")
    for heading, parts in SECTIONS.items():
        lines.append(f"## {heading}\n")
        for name, precision in ((each, kind) for each in parts for kind in found.get(each, ())):
            run, other = found[name][precision], "" if precision == USUAL else f", {precision}"
            tables = [Table(**table | {"title": table["title"] + other}) for table in run["tables"]]
            lines += [table.as_markdown() for table in tables]
            if name in PLOTS:
                plot = f"bench_{name}{other.replace(', ', '_')}.png"
                PLOTS[name](tables[0], folder / plot)
                lines.append(f"![{tables[0].title.replace('`', '')}]({plot})\n")
            where = machines.index(run["machine"]) + 1
            lines.append(f"*{run['sources']}, in {run['minutes']} minutes on machine {where}.*\n")
    (folder / "benchmarks.md").write_text("\n".join(lines), encoding="utf-8")


def main() -> None:
    """Measure, write, draw."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="on less, to see that it works")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS), help="parts to measure")
    parser.add_argument("--to", type=Path, default=ROOT / "docs", help="folder of the page")
    options = parser.parse_args()
    torch.manual_seed(0)
    kept = options.to / "benchmarks.json"
    found = json.loads(kept.read_text()) if kept.exists() and len(options.only) < len(PARTS) else {}
    precision = str(resolve_device().dtype).removeprefix("torch.")
    for part in options.only:
        found.setdefault(part, {})[precision] = measured(part, quick=options.quick)
        kept.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
        write_page(found, options.to)


if __name__ == "__main__":
    main()

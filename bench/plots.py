"""Pictures of tables."""

from __future__ import annotations

from pathlib import Path

from matplotlib.figure import Figure
from table import Table


def draw_flicker(table: Table, path: Path) -> None:
    """Flicker against the time of a frame, and against the distance to the style; the first row is the plate.

    What belongs together has one colour; what paints every frame by itself is a cross.
    """
    figure = Figure(figsize=(12, 4.6), layout="constrained")
    by_time, by_style = figure.subplots(1, 2, sharey=True)
    (plate, floor), *ways = table.values.items()
    kinds = list(dict.fromkeys(_kind(name) for name, _ in ways))
    shades = dict.fromkeys(kinds, 0)
    for name, found in ways:
        kind, alone = _kind(name), "each frame alone" in name
        shades[kind] += not alone
        look = {"marker": "x" if alone else "o^s"[(shades[kind] - 1) % 3], "color": f"C{kinds.index(kind)}"}
        for axes, key in ((by_time, "seconds"), (by_style, "style")):
            if key in found:
                label = name.replace("`", "") if axes is by_time else None
                axes.plot(found[key], found["lag1"], linestyle="", markersize=8, label=label, **look)
    for axes in (by_time, by_style):
        axes.axhline(floor["lag1"], color="black", linewidth=1, linestyle=":", label=plate if axes is by_time else None)
        axes.grid(visible=True, which="both", alpha=0.25)
        axes.set_ylim(bottom=0)
    by_time.set(xscale="log", xlabel="seconds a frame", ylabel="flicker: warping error at lag 1")
    by_style.set(xlabel="distance to the style (Wasserstein); 0 is equal")
    figure.legend(loc="outside right upper", frameon=False, fontsize=8)
    figure.savefig(path, dpi=110)


def draw_flow(table: Table, path: Path) -> None:
    """Error of the sources of motion against their time."""
    figure = Figure(figsize=(6, 3.6), layout="constrained")
    axes = figure.subplots()
    for name, found in table.values.items():
        axes.plot(found["milliseconds"], found["error"], marker="o", markersize=8, linestyle="", label=name)
    axes.set(xscale="log", xlabel="ms a pair", ylabel="error after warping")
    axes.grid(visible=True, which="both", alpha=0.25)
    axes.set_ylim(bottom=0)
    figure.legend(loc="outside right upper", frameon=False)
    figure.savefig(path, dpi=110)


def _kind(name: str) -> str:
    return name.partition(",")[0]

"""What a comparison of methods says: a table, a chart, and plain data."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from vst_core.atomic_file import write_bytes
from vst_core.pipeline.compare import Compared

_HEAD = ("method", "seconds a frame", "style W2", "Gram", "content", "warping error, lag {}")
_PLATE = "the plate itself"
_LAG_COLORS = ("#d1495b", "#30638e")
_BARS = "#6b7a8f"


def table(found: Sequence[Compared]) -> str:
    """A Markdown table: a row for each method, and one for the plate, which is the floor of the warping errors."""
    lags = [warping.lag for warping in found[0].report.warping]
    head = [*_HEAD[:-1], *(_HEAD[-1].format(lag) for lag in lags)]
    rows = [
        [
            each.label,
            f"{each.seconds:.2f}",
            f"{each.distances.wasserstein:.3f}",
            f"{each.distances.gram:.3f}",
            f"{each.distances.content:.3f}",
            *(f"{warping.stylized:.4f}" for warping in each.report.warping),
        ]
        for each in found
    ]
    assert found[0].report.style is not None
    plate = found[0].report.style["plate"]
    floor = [f"{warping.source:.4f}" for warping in found[0].report.warping]
    rows.append([_PLATE, "", f"{plate.wasserstein:.3f}", f"{plate.gram:.3f}", f"{plate.content:.3f}", *floor])
    ruler = ["---", *["---:"] * (len(head) - 1)]
    return "".join(f"| {' | '.join(row)} |\n" for row in (head, ruler, *rows))


def write_comparison(folder: Path, found: Sequence[Compared]) -> tuple[Path, ...]:
    """Write ``comparison.md``, ``comparison.png`` and ``comparison.json``.

    Raises:
        OutputError: one cannot be written.
    """
    data = json.dumps([asdict(each) for each in found], indent=1) + "\n"
    files = {"md": table(found).encode(), "png": _chart(found), "json": data.encode()}
    written = []
    for suffix, content in files.items():
        path = folder / f"comparison.{suffix}"
        write_bytes(path, content)
        written.append(path)
    return tuple(written)


def _chart(found: Sequence[Compared]) -> bytes:
    """Bars, a row for each method: flicker against the plate's own, distance to the style, time."""
    logging.getLogger("matplotlib").setLevel(logging.ERROR)  # it tells of its font cache
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 1.2 + 0.42 * len(found)), dpi=100)
    flicker, style, time = figure.subplots(1, 3, sharey=True)
    figure.subplots_adjust(left=0.27, right=0.985, bottom=0.7 / figure.get_figheight(), top=0.92, wspace=0.08)
    rows = range(len(found))
    lags = [warping.lag for warping in found[0].report.warping]
    height = 0.8 / max(1, len(lags))  # a single frame has none
    for index, (lag, color) in enumerate(zip(lags, _LAG_COLORS, strict=False)):
        places = [row + height * (index - (len(lags) - 1) / 2) for row in rows]
        flicker.barh(
            places, [each.report.warping[index].stylized for each in found], height, color=color, label=f"lag {lag}"
        )
        flicker.axvline(found[0].report.warping[index].source, color=color, linestyle=":", linewidth=1.2)
    assert found[0].report.style is not None
    plate = found[0].report.style["plate"].wasserstein
    style.barh(rows, [each.distances.wasserstein for each in found], 0.6, color=_BARS)
    style.axvline(plate, color="0.4", linestyle=":", linewidth=1.2)
    time.barh(rows, [each.seconds for each in found], 0.6, color=_BARS)
    time.set_xscale("log")
    flicker.set_yticks(rows, [each.label for each in found])
    flicker.invert_yaxis()
    flicker.set_title("dotted: the plate itself", fontsize=9, color="0.4", loc="left")
    if lags:
        flicker.legend(frameon=False, fontsize=8)
    for axes, label in (
        (flicker, "warping error"),
        (style, "distance to the style, W2"),
        (time, "seconds a frame"),
    ):
        axes.set_xlabel(label, fontsize=9)
        axes.tick_params(labelsize=9)
        axes.spines[["top", "right"]].set_visible(False)
    image = io.BytesIO()
    figure.savefig(image, format="png")
    return image.getvalue()

"""Draws ``shot.png`` of the README and the pictures of the pages: ``python docs/pictures.py``.

The sample shot through both networks in every style, as ``vst render --passes 2`` paints it; some minutes. Nothing is
retouched.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import imread, imsave

import vst_core as vst
from vst_core.pipeline.sheet import write_sheet

ROOT = Path(__file__).resolve().parents[1]
DOCS, PLATE = ROOT / "docs", str(ROOT / "samples/shot/shot.####.exr")
FRAMES = vst.FrameRange(1001, 1016)
STYLES = ("oil", "ink", "mosaic", "watercolor", "woodcut")
SHEETS = {"quality": ("sheet.png", 4), "fast": ("sheet_fast.png", 2)}  # file, frames of each style
SHOWN, WIDTH = "oil", 320
PART = slice(64, 164), slice(87, 227)  # rows and columns, where much comes into view
OBJECTS = "CryptoObject:balloon,basket,ball,cart,wheel*"
LINES = {"each by itself": "C3", "painted by vst": "C0", "the plate": "black"}


def paint(pattern: str, style: str, **changes: object) -> str:
    """Render the sample shot; the pattern again."""
    data = {"style": {"styles": [style]}, "output": {"pattern": pattern}, **changes}
    for _ in vst.render_shot(vst.RenderSettings.of({"plate": PLATE, **data})):
        pass
    return pattern


def flicker(pattern: str) -> tuple[list[float], list[float]]:
    """Warping error of each frame but the first against the one before it, and that of the plate."""
    pairs = [vst.FrameRange(frame - 1, frame) for frame in list(FRAMES)[1:]]
    errors = [vst.measure_shot(pattern, PLATE, frames=pair, lags=(1,)).warping[0] for pair in pairs]
    return [error.stylized for error in errors], [error.source for error in errors]


def draw_shot(painted: str, alone: str, folder: Path) -> None:
    """Plate and result above, their flicker over the shot below."""
    figure = Figure(figsize=(9.9, 6.2), layout="constrained")
    above, below = figure.subfigures(2, 1, height_ratios=(3.1, 2))
    for axes, pattern, name in zip(above.subplots(2, 1), (PLATE, painted), ("plate", SHOWN), strict=True):
        write_sheet([pattern], folder / f"{name}.png", columns=3, width=WIDTH)
        axes.imshow(imread(folder / f"{name}.png"))
        axes.set_axis_off()
    draw_flicker(below.subplots(), painted, alone)
    figure.savefig(DOCS / "shot.png", dpi=110)


def draw_flicker(axes: Axes, painted: str, alone: str) -> None:
    """A line for each way, and one for the plate."""
    (calm, plate), (wild, _) = flicker(painted), flicker(alone)
    for (name, color), errors in zip(LINES.items(), (wild, calm, plate), strict=True):
        axes.plot(list(FRAMES)[1:], errors, color=color, linestyle=":" if name == "the plate" else "-")
        axes.annotate(name, (FRAMES.last, errors[-1]), xytext=(6, 0), textcoords="offset points", color=color)
    axes.set(xlabel="frame", ylabel="flicker", ylim=(0, None))
    axes.margins(x=0.01)
    axes.spines[["top", "right"]].set_visible(False)


def draw_passes(patterns: Sequence[str], folder: Path) -> None:
    """A part of the last frame of each, side by side, pixel by pixel."""
    parts, last = [], vst.FrameRange(FRAMES.last, FRAMES.last)
    for pattern in patterns:
        write_sheet([pattern], folder / "frame.png", frames=last, width=WIDTH)
        parts.append(imread(folder / "frame.png")[PART])
    imsave(DOCS / "passes.png", np.concatenate(parts, 1).repeat(3, 0).repeat(3, 1))


def main() -> None:
    """Render and draw."""
    with tempfile.TemporaryDirectory() as name:
        painted = {}
        for network, (sheet, columns) in SHEETS.items():
            for style in STYLES:
                painted[network, style] = paint(f"{name}/{network}-{style}.####.exr", style, network=network, passes=2)
            rows = [PLATE, *(painted[network, style] for style in STYLES)]
            write_sheet(rows, DOCS / sheet, columns=columns, width=WIDTH)
        alone = paint(f"{name}/alone.####.exr", SHOWN, temporal=False)
        draw_shot(painted["quality", SHOWN], alone, Path(name))
        once = paint(f"{name}/once.####.exr", SHOWN)
        draw_passes((once, painted["quality", SHOWN], alone), Path(name))
        over = painted["quality", SHOWN]
        both = paint(f"{name}/both.####.exr", "ink", passes=2, matte={"name": OBJECTS}, over=over)
        write_sheet([PLATE, over, both], DOCS / "mattes.png", columns=3, width=WIDTH)


if __name__ == "__main__":
    main()

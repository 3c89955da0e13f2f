"""Pictures of a training's progress: the losses as a chart, and samples of what the network paints."""

from __future__ import annotations

import io
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from vst_core.atomic_file import write_atomically
from vst_core.device import Device
from vst_core.errors import OutputError
from vst_core.methods import read_style
from vst_core.networks import TransformerNet
from vst_core.training.history import PARTS, History
from vst_core.training.recipe import Recipe
from vst_core.training.scenes import random_scene

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_COLORS = dict(zip(PARTS, ("#333333", "#1f77b4", "#d62728", "#9467bd", "#8c564b", "#2ca02c", "#ff7f0e"), strict=True))
# More points than a chart has columns only blacken it.
_POINTS = 2000
# Steps that a smoothed line takes together, at least.
_SMOOTHED = 10
_PLATES = 3
_PLATE_SIDE = 192
_LARGEST = 384
_SMALLEST = 32
_GAP = 4
_TITLE = 20


def write_chart(path: Path, history: History, recipe: Recipe) -> None:
    """Write the chart of the losses: each part against the steps, logarithmic, raw and smoothed, stages marked.

    Args:
        path: a .png file.
        history: of at least one step.
        recipe: says where stages end.

    Raises:
        OutputError: it cannot be written.
    """
    logging.getLogger("matplotlib").setLevel(logging.ERROR)  # it tells of its font cache
    from matplotlib.figure import Figure

    values = history.values
    numbers = np.arange(1, len(values) + 1)
    window = max(_SMOOTHED, len(values) // 40)
    thin = slice(None, None, -(-len(values) // _POINTS))
    figure = Figure(figsize=(10, 6), dpi=100)
    figure.subplots_adjust(left=0.07, right=0.87, bottom=0.09, top=0.94)  # a layout engine draws everything twice
    axes = figure.add_subplot(xlabel="step", ylabel="loss", title=f"{recipe.size}, {recipe.style_loss}", yscale="log")
    for part, column in zip(PARTS, values.T, strict=True):
        column = np.where(column > 0, column, np.nan)  # a part of weight 0 has no place on a logarithmic axis
        if np.isnan(column).all():
            continue
        color = _COLORS[part]
        axes.plot(numbers[thin], column[thin], color=color, alpha=0.2, linewidth=0.8)
        axes.plot(numbers[thin], _smoothed(column, window)[thin], color=color, linewidth=1.8, label=part)
    _mark_stages(axes, recipe, len(values))
    axes.set_xlim(0, len(values) + 1)
    axes.grid(visible=True, which="both", axis="y", color="0.92")
    axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1), frameon=False)
    data = io.BytesIO()
    figure.savefig(data, format="png")
    _write_png(path, data.getvalue())


def _mark_stages(axes: Axes, recipe: Recipe, steps: int) -> None:
    """A line where each stage that was reached begins, and what it is."""
    bottom = axes.get_xaxis_transform()
    for stage, start in zip(recipe.stages, (0, *recipe.stage_ends), strict=False):
        if start < steps:
            axes.axvline(start, color="0.6", linewidth=0.8, linestyle="--")
            words = f"{stage.frames} frame{'s' * (stage.frames > 1)}, {stage.side} px"
            label = axes.annotate(words, (start, 0), (3, 5), xycoords=bottom, textcoords="offset points", rotation=90)
            label.set(fontsize=8, color="0.4", clip_on=True, in_layout=False)


def _smoothed(column: NDArray[np.float64], window: int) -> NDArray[np.float64]:
    """A running mean that leaves out what is missing, and has none where nothing is."""
    there = ~np.isnan(column)
    sums = np.cumsum(np.where(there, column, 0))
    counts = np.cumsum(there)
    before = np.maximum(np.arange(len(column)) - window, -1)
    total = sums - np.where(before >= 0, sums[before], 0)
    count = counts - np.where(before >= 0, counts[before], 0)
    return np.where(there, total / np.maximum(count, 1), np.nan)


def sample_plates(picture: Path | None, seed: int) -> list[Tensor]:
    """The pictures that samples are made of: (1, 3, h, w) each, display [0, 1], sides multiples of 16.

    Args:
        picture: one of the user's; generated scenes, which the training never sees, when None.
        seed: of those scenes.

    Raises:
        InputError: it is no picture.
    """
    if picture is None:
        scenes = [random_scene(_PLATE_SIDE, np.random.default_rng((seed, 4, index))) for index in range(_PLATES)]
        return [torch.from_numpy(scene).permute(2, 0, 1)[None].contiguous() for scene in scenes]
    image = read_style(picture)
    factor = min(1.0, _LARGEST / max(image.shape[-2:]))
    size = [max(_SMALLEST, round(length * factor / 16) * 16) for length in image.shape[-2:]]
    return [F.interpolate(image, size, mode="bilinear", antialias=True, align_corners=False).clamp(0, 1)]


def write_samples(
    path: Path, network: TransformerNet, plates: Sequence[Tensor], styles: Sequence[str], device: Device
) -> None:
    """Write the samples: a row for each plate, which comes first, then each style.

    Args:
        path: a .png file.
        network: is left as it is.
        plates: see ``sample_plates``.
        styles: the name of each style.
        device: where the network lives.

    Raises:
        OutputError: it cannot be written.
    """
    was_training = network.training
    network.eval()
    rows = [[plate, *_stylized(network, plate, device)] for plate in plates]
    network.train(was_training)
    height, width = (max(plate.shape[axis] for plate in plates) for axis in (-2, -1))
    lines, columns = len(rows), len(styles) + 1
    sheet = np.full((_TITLE + lines * (height + _GAP), columns * (width + _GAP) - _GAP, 3), 24, np.uint8)
    for column, name in enumerate(("plate", *styles)):
        left = column * (width + _GAP)
        cv2.putText(sheet, name, (left + 4, 14), cv2.FONT_HERSHEY_SIMPLEX, 0.42, (230, 230, 230), 1, cv2.LINE_AA)
        for line, row in enumerate(rows):
            top, picture = _TITLE + line * (height + _GAP), _pixels(row[column])
            sheet[top : top + picture.shape[0], left : left + picture.shape[1]] = picture
    _, data = cv2.imencode(".png", sheet[..., ::-1])
    _write_png(path, data.tobytes())


@torch.no_grad()
def _stylized(network: TransformerNet, plate: Tensor, device: Device) -> list[Tensor]:
    """A plate in every style, as the first frame of a shot."""
    image = plate.to(device.torch_device)
    nothing, styles = torch.zeros_like(image), torch.eye(network.styles, device=image.device)
    with torch.autocast(image.device.type, device.dtype, device.dtype != torch.float32):
        return [network(image, nothing, nothing[:, :1], mix[None]).float().cpu() for mix in styles]


def _pixels(image: Tensor) -> NDArray[np.uint8]:
    return np.asarray((image[0].clamp(0, 1) * 255).round().byte().permute(1, 2, 0).numpy())


def _write_png(path: Path, data: bytes) -> None:
    def verify(written: Path) -> None:
        if cv2.imdecode(np.fromfile(written, np.uint8), cv2.IMREAD_COLOR) is None:
            raise OutputError("does not read back", where=path)

    write_atomically(path, lambda temporary: temporary.write_bytes(data), verify)

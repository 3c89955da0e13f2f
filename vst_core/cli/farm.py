"""``vst plan``: what a farm would have to do."""

from __future__ import annotations

import json as json_format
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import typer

from vst_core.cli.options import OPTIONS, Option, plate_and_more, put_options, read_settings, require, with_options
from vst_core.farm.plan import Plan, plan_shots
from vst_core.farm.settings import FarmSettings
from vst_core.farm.shots import one_shot
from vst_core.settings import RenderSettings

_OF_ONE_CHUNK = ("chunk", "state", "preroll")


class Submission(RenderSettings):
    """A shot, and how it is cut up."""

    farm: FarmSettings = FarmSettings()


FARM_OPTIONS = (
    Option(("--chunks",), "farm.chunks", str, "whole|exact|draft"),
    Option(("--chunk-size",), "farm.chunk_size", int, "FRAMES"),
    Option(("--preroll",), "farm.preroll", int, "FRAMES"),
    Option(("--seconds-per-frame",), "farm.seconds_per_frame", float, "SECONDS"),
    # The short form of --output is that of a job's own.
    *(replace(option, flags=option.flags[:1]) for option in OPTIONS if option.setting not in _OF_ONE_CHUNK),
)


def plan(made: Plan, json: bool) -> None:
    """Show into which tasks a farm would cut a shot, what each waits for, and what they cost; render nothing."""
    typer.echo(json_format.dumps(made.as_dict()) if json else made.as_text())


def plan_command() -> Callable[..., None]:
    """The command as typer takes it."""

    def command(plate: str | None, settings: Path | None, json: bool, **given: Any) -> None:
        plan(plan_from(plate, settings, given), json)

    return with_options(command, plan, Submission, FARM_OPTIONS, plate_and_more())


def plan_from(plate: str | None, path: Path | None, given: dict[str, Any]) -> Plan:
    """The plan for what was given on the command line.

    Raises:
        VstError: the first thing that is wrong.
    """
    data = read_settings(plate, path)
    put_options(data, FARM_OPTIONS, given)
    farm = FarmSettings.of(data.pop("farm", {}), where="farm")
    require(data, {"plate": "PLATE", "style": "--style", "output": "--output"}, "vst plan")
    return plan_shots(one_shot(data), farm)

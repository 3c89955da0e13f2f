"""``vst plan``: what a farm would have to do."""

from __future__ import annotations

import json as json_format
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from vst_core.cli.options import OPTIONS, Option, plate_and_more, put_options, read_settings, require, with_options
from vst_core.farm.settings import FarmSettings
from vst_core.settings import RenderSettings

if TYPE_CHECKING:
    from vst_core.farm.plan import Plan

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


@with_options(Submission, FARM_OPTIONS, plate_and_more())
def plan(plate: str | None, settings: Path | None, json: bool, **given: Any) -> None:
    """Show into which tasks a farm would cut a shot, what each waits for, and what they cost; render nothing."""
    made = plan_from(plate, settings, given)
    typer.echo(json_format.dumps(made.as_dict()) if json else made.as_text())


def plan_from(plate: str | None, path: Path | None, given: dict[str, Any]) -> Plan:
    """The plan for what was given on the command line.

    Raises:
        VstError: the first thing that is wrong.
    """
    from vst_core.farm.plan import plan_shots
    from vst_core.farm.shots import one_shot

    data = read_settings(plate, path)
    put_options(data, FARM_OPTIONS, given)
    farm = FarmSettings.of(data.pop("farm", {}), where="farm")
    require(data, {"plate": "PLATE", "style": "--style", "output": "--output"}, "vst plan")
    return plan_shots(one_shot(data), farm)

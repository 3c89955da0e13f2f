"""``vst plan`` and ``vst submit``: what a farm would have to do, and the order to do it."""

from __future__ import annotations

import json as json_format
import shlex
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vst_core.cli.lines import complain, emit
from vst_core.cli.options import AsJson, Option, SettingsFile, option_name, put_options, require, with_options
from vst_core.cli.shot_options import NEEDED, OPTIONS, Plate, read_settings
from vst_core.errors import SettingsError, VstError
from vst_core.farm.settings import FarmSettings, SubmitSettings
from vst_core.farm.shot_list import Row, is_table, read_shot_list
from vst_core.settings import RenderSettings

if TYPE_CHECKING:
    from vst_core.farm.plan import Plan

_OF_ONE_CHUNK = ("chunk", "state", "preroll")


class Submission(RenderSettings):
    """A shot, how it is cut up, and who works on it."""

    farm: FarmSettings = FarmSettings()
    submit: SubmitSettings = SubmitSettings()


SHOT_OPTIONS = tuple(option for option in OPTIONS if option.setting not in _OF_ONE_CHUNK)
PLAN_OPTIONS = (
    Option(("--chunks",), "farm.chunks", str, "whole|exact|draft"),
    Option(("--chunk-size",), "farm.chunk_size", int, "FRAMES"),
    Option(("--preroll",), "farm.preroll", int, "FRAMES"),
    Option(("--find-cuts/--no-find-cuts",), "farm.find_cuts", bool),
    Option(("--handles",), "farm.handles", int, "FRAMES"),
    Option(("--seconds-per-frame",), "farm.seconds_per_frame", float, "SECONDS"),
    *SHOT_OPTIONS,
)
SUBMIT_OPTIONS = (
    Option(("--engine",), "submit.engine", str, "local|openjd|slurm"),
    Option(("--cores",), "submit.cores", int, "THREADS"),
    Option(("--memory",), "submit.memory", float, "GB"),
    Option(("--retries",), "submit.retries", int),
    Option(("--job",), "submit.job", Path, "FOLDER"),
    Option(("--name",), "submit.name", str),
    Option(("--run/--no-run",), "submit.run", bool),
    Option(("--vst",), "submit.vst", str, "COMMAND"),
    *PLAN_OPTIONS,
)
COLUMNS = ("plate", *map(option_name, SHOT_OPTIONS))
ShotList = Annotated[Path | None, typer.Option("--shots", metavar="FILE", help="List of shots: .csv, .tsv, .otio.")]


@with_options(Submission, PLAN_OPTIONS)
def plan(
    plate: Plate = None, settings: SettingsFile = None, json: AsJson = False, shots: ShotList = None, **given: Any
) -> None:
    """Show into which tasks a farm would cut shots, what each waits for, and what they cost; render nothing.

    For several shots, --shots takes a table or a timeline, as for vst submit.
    """
    made = _plan(read_settings(plate, settings, PLAN_OPTIONS, given), shots, "vst plan")
    typer.echo(json_format.dumps(made.as_dict()) if json else made.as_text())


@with_options(Submission, SUBMIT_OPTIONS)
def submit(
    plate: Plate = None, settings: SettingsFile = None, json: AsJson = False, shots: ShotList = None, **given: Any
) -> None:
    """Render shots in parallel, or hand them to a farm. A shot that was begun goes on after its last good frame.

    PLATE and the options are those of vst render. For several shots, --shots takes a table (.csv, .tsv) or an editor's
    timeline (.otio): {shot} in PLATE, --output and the like stands for a shot's name. A table's first line names its
    columns: shot, and any of plate, output, frames, style and the other options; an empty cell takes what the command
    line says. Of a timeline, every video clip is a shot, with the frames that the cut uses, as far as its media is an
    image sequence (else all on disk), and options of its own, as in a table's cells, in the clip's metadata under
    "vst". Paths in a list are understood from its folder.

    --engine local works here, as many tasks at a time as cores and memory allow. --engine openjd writes a bundle of
    Open Job Description into the folder --job, for openjd-cli (--run does that, too) and AWS Deadline Cloud; its tasks
    start again where they were, find their files by the engine's path mapping, and share one worker a session. --engine
    slurm writes scripts into --job and hands them to sbatch, unless --no-run: what is preempted, out of time or crashed
    is queued again and goes on. Partition, account and time limit are those of SBATCH_PARTITION and the like.

    Everything that vst check looks at is looked at for all shots first. A task computes on one thread of the
    processor, in float32, unless --threads, --device and --precision say otherwise: so it can be tried again anywhere.
    """
    data = read_settings(plate, settings, SUBMIT_OPTIONS, given)
    to = SubmitSettings.of(data.pop("submit", {}), where="submit")
    _check_job(to)
    made = _plan(data, shots, "vst submit")
    _check(made, json, here=to.engine == "local")
    if to.engine == "local":
        _run_here(made, to, json)
    elif to.engine == "openjd":
        _write_bundle(made, to, _job_name(made, to, shots))
    else:
        _hand_to_slurm(made, to, _job_name(made, to, shots))


def _plan(data: dict[str, Any], shots: Path | None, command: str) -> Plan:
    """The plan for what was given on the command line.

    Raises:
        VstError: the first thing that is wrong.
    """
    from rich.console import Console

    from vst_core.farm.plan import plan_shots
    from vst_core.farm.shots import listed_shots, one_shot

    farm = FarmSettings.of(data.pop("farm", {}), where="farm")
    if shots is None:
        require(data, NEEDED, command)
        named = one_shot(data)
    else:
        rows = read_shot_list(shots, COLUMNS, needs_media="plate" not in data)
        if not is_table(shots) and "frames" not in data:
            _note_whole_clips(shots, rows)
        named = listed_shots(data, rows, _of_row, shots.absolute().parent)
    with Console(stderr=True).status("looking for cuts" if farm.find_cuts else "planning"):
        return plan_shots(named, farm)


def _note_whole_clips(timeline: Path, rows: list[Row]) -> None:
    """Say of which clips a timeline does not say the frames: their media is no image sequence, or they are retimed."""
    whole = ", ".join(row.shot for row in rows if "frames" not in row.values)
    if whole:
        what = f"which frames the cut uses is not said of clips that are retimed or no image sequence ({whole})"
        typer.echo(f"warning: {timeline}: {what}; using all frames on disk", err=True)


def _of_row(row: Row) -> dict[str, Any]:
    """The settings that a row's cells say, which are what would be typed."""
    data: dict[str, Any] = {}
    kinds = {option_name(option): option.kind for option in SHOT_OPTIONS}
    given = {name: [cell] if kinds.get(name) == list[str] else cell for name, cell in row.values.items()}
    if "plate" in given:
        data["plate"] = given.pop("plate")
    put_options(data, SHOT_OPTIONS, given)
    return data


def _check(made: Plan, json: bool, *, here: bool) -> None:
    """Say everything that stands in the way, each as an error of one line, and leave if anything does."""
    from vst_core.farm.check import check_plan

    several = len({task.shot for task in made.tasks}) > 1
    first: VstError | None = None
    for shot, complaint in check_plan(made, here=here):
        first = first or complaint
        complain(f"{shot}: {complaint}" if several else str(complaint))
        if json:
            emit("complaint", shot=shot, message=str(complaint), exit_code=int(complaint.exit_code))
    if first is not None:
        raise typer.Exit(int(first.exit_code))


def _check_job(to: SubmitSettings) -> None:
    if to.engine != "local" and to.job is None:
        raise SettingsError("is missing", where="--job", remedy=f"name the folder for what --engine {to.engine} writes")
    if to.engine == "local" and (to.job is not None or to.run is not None or to.vst):
        where = "--job" if to.job is not None else "--vst" if to.vst else "--run"
        raise SettingsError("does not apply to the local engine", where=where, remedy="give --engine, or leave it out")


def _job_name(made: Plan, to: SubmitSettings, shots: Path | None) -> str:
    return to.name or (made.tasks[0].shot if shots is None else shots.stem)


def _write_bundle(made: Plan, to: SubmitSettings, name: str) -> None:
    """Write a bundle, say what to do with it, and run it if that is wanted."""
    from vst_core.farm.openjd_bundle import write_bundle
    from vst_core.farm.openjd_run import run_bundle

    assert to.job is not None
    template = write_bundle(made, to.job, name, to.retries, to.vst)
    if to.run:
        run_bundle(template)
        return
    typer.echo(f"{template}\nhere: {shlex.join(['openjd', 'run', str(template)])}")
    typer.echo(f"on AWS Deadline Cloud: {shlex.join(['deadline', 'bundle', 'submit', str(to.job)])}")


def _hand_to_slurm(made: Plan, to: SubmitSettings, name: str) -> None:
    """Write scripts, and submit them unless that is not wanted yet."""
    from vst_core.farm.slurm import submit as sbatch
    from vst_core.farm.slurm import write_scripts

    assert to.job is not None
    script = write_scripts(made, to.job, name, to.retries, to.vst)
    if to.run is False:
        typer.echo(f"{script}\nto submit: {shlex.join(['bash', str(script)])}")
    else:
        typer.echo(f"{script}\nsubmitted as {sbatch(script)}")


def _run_here(made: Plan, to: SubmitSettings, json: bool) -> None:
    """Work on a plan on this machine and tell of it.

    Raises:
        JobError: tasks failed.
    """
    from vst_core.cli.farm_progress import JsonJob, TerminalJob
    from vst_core.farm.local import failure, run_plan
    from vst_core.pipeline.seams import find_seams

    failed: list[Any] = []
    with JsonJob(made) if json else TerminalJob(made) as reporter, closing(run_plan(made, to)) as events:  # type: ignore[type-var]  # it is a generator
        for event in events:
            reporter.tell(event)
            failed += [event] if event.happening == "failed" else []
        for shot, output in made.outputs().items() if made.farm.chunks == "draft" else ():
            for seam in find_seams(output):
                reporter.seam(shot, seam)
    if failed:
        raise failure(failed, len(made.tasks))

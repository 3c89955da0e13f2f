"""``vst publish``: the gate between a render and everybody else."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vst_core.cli.each_shot import each_shot
from vst_core.cli.lines import emit
from vst_core.cli.options import AsJson, Option, put_options, require, with_options
from vst_core.cli.review import read_rate
from vst_core.errors import ExitCode, VstError
from vst_core.publish.settings import PublishSettings
from vst_core.sequence import check_goes_down

if TYPE_CHECKING:
    from vst_core.publish.gate import Outcome, Row
    from vst_core.sequence import FrameSequence

OPTIONS = (
    Option(("--to",), "to", Path, "FOLDER"),
    Option(("--flicker",), "flicker", float, "ERROR"),
    Option(("--coverage",), "coverage", float, "SHARE"),
    Option(("--rate",), "rate", str, "FPS"),
    Option(("--repair/--no-repair",), "repair", bool),
    Option(("--skip",), "skip", list[str], "PLUGIN"),
)
_OUTPUTS = typer.Argument(metavar="OUT…", help="Frames, as out.####.exr, a manifest, or a folder with some.")
_PLUGINS = typer.Option("--plugins", help="Print the folder of the plug-ins, for PYTHONPATH, and do nothing else.")


@with_options(PublishSettings, OPTIONS)
def publish(
    outputs: Annotated[list[str] | None, _OUTPUTS] = None,
    plugins: Annotated[bool, _PLUGINS] = False,
    json: AsJson = False,
    **given: Any,
) -> None:
    """Let shots pass the publish gate, each on its own: one that passes becomes a version, all at once.

    The gate is made of plug-ins for pyblish; a studio's own, on PYBLISHPLUGINPATH, are run with them. Exit code 0: all
    passed. 3: a folder or a manifest cannot be read. 4: something is wrong with one. 6: frames of one are missing, and
    nothing else is wrong.
    """
    from vst_core.publish import plugin_folder

    if plugins:
        typer.echo(plugin_folder())
        return
    data: dict[str, Any] = {}
    put_options(data, OPTIONS, given)
    require({**data, **({"outputs": outputs} if outputs else {})}, {"outputs": "OUT", "to": "--to"}, "vst publish")
    settings = PublishSettings.of(data)
    read_rate(settings.rate)
    check_goes_down(settings.to)
    code = each_shot(outputs or (), lambda shot: _publish(shot, settings, json), json=json)
    raise typer.Exit(int(code))


def _publish(shot: FrameSequence, settings: PublishSettings, json: bool) -> ExitCode:
    from vst_core.pipeline.journal import manifest_path
    from vst_core.publish import publish_shot

    table = _JsonTable() if json else _Table(shot.pattern)
    outcome = publish_shot(str(manifest_path(shot)), settings, run_here, table.add)
    table.end(outcome)
    return outcome.exit_code


def run_here(*arguments: str) -> tuple[int, str, str]:
    """A command of ``vst`` in this process: exit code, what it printed, and its complaint, which stands alone."""
    from vst_core.cli.commands import vst

    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        try:
            code = vst(list(arguments), standalone_mode=False, prog_name="vst")
        except VstError as error:
            return int(error.exit_code), "", str(error)
    if code == ExitCode.INTERRUPTED:  # which typer makes of Ctrl-C
        raise KeyboardInterrupt
    return int(code or 0), printed.getvalue(), ""


class _JsonTable:
    """One object for each plug-in, and one for the shot."""

    def add(self, row: Row) -> None:
        """A plug-in is done."""
        emit("plugin", **row.as_dict())

    def end(self, outcome: Outcome) -> None:
        """The shot is done."""
        version = None if outcome.version is None else str(outcome.version)
        emit(
            "published" if version else "refused", shot=outcome.shot, version=version, exit_code=int(outcome.exit_code)
        )


class _Table:
    """A line for each plug-in, as it is done."""

    def __init__(self, shot: str) -> None:
        typer.echo(shot)

    def add(self, row: Row) -> None:
        """A plug-in is done."""
        time = f"{row.seconds:.1f} s" if row.status in ("passed", "failed") else ""
        typer.echo(f"  {row.status:<8}  {row.plugin:<30}  {time:>7}  {row.message}".rstrip())

    def end(self, outcome: Outcome) -> None:
        """The shot is done."""
        typer.echo(f"  {outcome.version}" if outcome.version else "  not published")

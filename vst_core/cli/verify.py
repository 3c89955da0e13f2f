"""``vst verify``: a shot on disk against its manifest."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from vst_core.cli.each_shot import each_shot
from vst_core.cli.lines import emit
from vst_core.errors import ExitCode
from vst_core.frames import counted
from vst_core.pipeline.limits import Limits

if TYPE_CHECKING:
    from vst_core.pipeline.verify import Verification
    from vst_core.sequence import FrameSequence


def _help(setting: str) -> str:
    return str(Limits.model_fields[setting].description)


def verify(
    outputs: Annotated[
        list[str], typer.Argument(metavar="OUT…", help="Frames, as out.####.exr, a manifest, or a folder with some.")
    ],
    full: Annotated[
        bool, typer.Option("--full", help="Compare with the plate, too, and look at flicker, weights and colour space.")
    ] = False,
    flicker: Annotated[float | None, typer.Option("--flicker", metavar="ERROR", help=_help("flicker"))] = None,
    coverage: Annotated[float | None, typer.Option("--coverage", metavar="SHARE", help=_help("coverage"))] = None,
    repair: Annotated[
        bool, typer.Option("--repair", help="Make again what is broken or missing, with the settings of the manifest.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Compare the frames of shots with their manifests: that all are there, whole, and as they were written.

    Of draft chunks it also says how far they are apart at each seam.

    Exit code 0: all is well. 3: a folder or a manifest cannot be read. 4: something is wrong. 6: frames, or their lines
    in the manifest, are missing, and nothing else is wrong.
    """
    given = {name: value for name, value in (("flicker", flicker), ("coverage", coverage)) if value is not None}
    limits = Limits.of(given, where="--flicker, --coverage") if full or given else None
    code = each_shot(outputs, lambda output: _verify(output, limits, repair, json), json=json)
    raise typer.Exit(int(code))


def _verify(output: FrameSequence, limits: Limits | None, repair: bool, json: bool) -> ExitCode:
    from vst_core.cli.progress import JsonReporter, TerminalReporter
    from vst_core.pipeline.journal import publish
    from vst_core.pipeline.repair import plan_repair, repair_shot

    found = _look(output, limits, json)
    if repair and found.exit_code != ExitCode.OK:
        publish(output)
        for each in plan_repair(found):
            frames = len(each.settings.chunk or each.run.shot)
            with JsonReporter(frames) if json else TerminalReporter(frames) as reporter:
                for result in repair_shot(each, reporter.progress):
                    reporter.frame(result)
        found = _look(output, limits, json)
    return found.exit_code


def _look(output: FrameSequence, limits: Limits | None, json: bool) -> Verification:
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn

    from vst_core.cli.terminal import new_bar
    from vst_core.pipeline.findings import grouped
    from vst_core.pipeline.inspect import inspect_shot
    from vst_core.pipeline.seams import find_seams
    from vst_core.pipeline.verify import verify_shot

    columns = TextColumn("verifying"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with new_bar(*columns, transient=True) as bar:
        task = bar.add_task("", total=len(output.frames_on_disk()))
        found = verify_shot(output, lambda _: bar.advance(task))
        if limits is not None:
            bar.reset(task)
            found = inspect_shot(found, limits, lambda _: bar.advance(task))
    for group in grouped(found.findings):
        if json:
            emit("finding", **group.as_dict())
        else:
            typer.echo(str(group))
    for seam in find_seams(output):
        if json:
            emit("seam", shot=output.pattern, **asdict(seam))
        else:
            typer.echo(f"{output.pattern}: {seam}")
    frames, broken, missing = len(found.expected), len(found.broken), len(found.missing)
    if json:
        shown = {"broken": list(found.broken), "missing": list(found.missing)}
        emit("verified", shot=output.pattern, frames=frames, **shown, exit_code=int(found.exit_code))
    elif found.findings:
        typer.echo(f"{output.pattern}: of {counted(frames, 'frame')}, {broken} broken, {missing} missing")
    else:
        typer.echo(f"{output.pattern}: {counted(frames, 'frame')}, all as they were written")
    return found

"""``vst doctor``: what is installed, what is wrong, how to mend it."""

from __future__ import annotations

import json as json_format
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vst_core import __version__
from vst_core.errors import OutputError

if TYPE_CHECKING:
    from vst_core.doctor import Finding

_COLORS = {"ok": "green", "note": "yellow", "wrong": "red"}


def doctor(
    bundle: Annotated[
        Path | None,
        typer.Option("--bundle", metavar="FILE", help="Write a report for an issue, without private paths."),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Say what is installed here, what is wrong with it and how to mend it; exit code 0, or that of the first fault."""
    from vst_core.doctor import examine

    findings = examine()
    if json:
        told = {"version": __version__, "findings": [finding.as_dict() for finding in findings]}
        typer.echo(json_format.dumps(told, indent=2))
    else:
        show(findings)
    if bundle is not None:
        _write(bundle, findings)
        if not json:
            typer.echo(f"report: {bundle}")
    raise typer.Exit(next((int(finding.exit_code) for finding in findings if finding.state == "wrong"), 0))


def show(findings: Sequence[Finding]) -> None:
    """Print them, in colours on a terminal."""
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False)
    console.print(f"vst {__version__}", markup=False)
    for finding in findings:
        line = Text.assemble((f"{finding.state:5}", _COLORS[finding.state]), f"  {finding.subject}: {finding.text}")
        console.print(line, soft_wrap=True)
        if finding.remedy:
            console.print(f"       -> {finding.remedy}", markup=False, soft_wrap=True)


def _write(path: Path, findings: Sequence[Finding]) -> None:
    from vst_core.doctor.bundle import write_bundle

    try:
        path.write_text(write_bundle(findings), encoding="utf-8")
    except OSError as error:
        raise OutputError(f"cannot be written ({error.strerror})", where=path) from None

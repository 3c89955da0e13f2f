"""``vst export``: a network's styles for other programs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer

from vst_core.cli.options import Option, put_options, require, with_options
from vst_core.export.settings import ExportSettings

_STYLE = "Styles of the network by name, as vst styles lists them; several are blended in equal parts."
OPTIONS = (
    Option(("--format",), "format", str, "torchscript|cat-kit|onnx"),
    Option(("--style",), "style.styles", list[str], "NAME", _STYLE),
    Option(("--style-mix",), "style", str, "A:0.3,B:0.7"),
    Option(("--output", "-o"), "output", Path, "FILE|FOLDER"),
    Option(("--strength",), "strength", float),
    Option(("--network",), "network", str, "quality|fast|FILE"),
    Option(("--color-space",), "color_space", str, "NAME"),
    Option(("--traced/--no-traced",), "traced", bool),
)


@with_options(ExportSettings, OPTIONS)
def export(**given: Any) -> None:
    """Write a network's styles as a model that other programs run: a preview, each frame on its own."""
    from vst_core.export import export as run

    data: dict[str, Any] = {}
    put_options(data, OPTIONS, given)
    require(data, {"format": "--format", "style": "--style", "output": "--output"}, "vst export")
    settings = ExportSettings.of(data)
    run(settings)
    typer.echo(settings.output)

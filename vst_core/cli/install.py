"""``vst install``: hands its arguments to the installer, which knows nothing of the engine."""

from __future__ import annotations

from typing import Annotated

import typer

from vst_core.shipped import load_installer, this_program

_app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


@_app.command("install", context_settings={"ignore_unknown_options": True, "help_option_names": []})
def _install(
    arguments: Annotated[list[str] | None, typer.Argument(autocompletion=lambda: ["blender", "nuke"])] = None,
) -> None:
    """Put nodes and plug-ins into hosts."""
    raise typer.Exit(load_installer().main(arguments or [], worker=this_program()))


install = typer.main.get_command(_app)
"""The command ``vst install``."""

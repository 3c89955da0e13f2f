"""``vst install``: hands its arguments to the installer, which knows nothing of the engine."""

from __future__ import annotations

import sysconfig
from pathlib import Path
from typing import Annotated

import typer

from vst_core.shipped import load_installer

_app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


@_app.command("install", context_settings={"ignore_unknown_options": True, "help_option_names": []})
def _install(
    arguments: Annotated[list[str] | None, typer.Argument(autocompletion=lambda: ["blender", "nuke"])] = None,
) -> None:
    """Put nodes and plug-ins into hosts."""
    raise typer.Exit(load_installer().main(arguments or [], worker=_this_program()))


def _this_program() -> str:
    """The ``vst`` of this environment, whichever way this code was started."""
    folder = Path(sysconfig.get_path("scripts"))
    return next((str(folder / name) for name in ("vst", "vst.exe") if (folder / name).is_file()), "")


install = typer.main.get_command(_app)
"""The command ``vst install``."""

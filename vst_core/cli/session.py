"""``vst farm``: what the template of a job has a farm's machines run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from vst_core.cli.lazy import Row, lazy_group

_Contact = typer.Argument(metavar="FILE", help="Written once the session can be reached; it ends when that is removed.")


def start(
    folder: Annotated[Path, typer.Option("--folder", metavar="FOLDER", help="The farm's own session ends with it.")],
    settings: Annotated[
        Path | None, typer.Option("--settings", metavar="FILE", help="Settings of all tasks, NAME=VALUE a line.")
    ] = None,
) -> None:
    """Start a session in the background, and print how its tasks find it: a worker that keeps its network."""
    from vst_core.farm.task import start_session

    start_session(folder.absolute(), settings)


def task(
    settings: Annotated[Path, typer.Option("--settings", metavar="FILE", help="JSON file with settings of the shot.")],
    chunk: Annotated[str | None, typer.Option("--chunk", metavar="FIRST-LAST", help="Frames to deliver.")] = None,
    part: Annotated[
        str | None,
        typer.Option("--part", metavar="FIRST-LAST", help="Frames between two cuts; no preroll leaves them."),
    ] = None,
    path_mapping: Annotated[
        Path | None, typer.Option("--path-mapping", metavar="FILE", help="Where files are on this machine.")
    ] = None,
) -> None:
    """Render a shot or a chunk in the session. It goes on after the last good frame; SIGTERM keeps what is done."""
    from vst_core.farm.task import run_task, task_settings

    run_task(task_settings(settings, chunk, part, path_mapping))


def stop() -> None:
    """Stop the session."""
    from vst_core.farm.task import stop_session

    stop_session()


def serve(contact: Annotated[Path, _Contact]) -> None:
    """Be the session; start runs this in the background."""
    from vst_core.farm.session import serve as run

    run(contact)


_COMMANDS = (
    Row("start", "session:start", "Start a session: a worker that keeps its network."),
    Row("task", "session:task", "Render a shot or a chunk in it."),
    Row("stop", "session:stop", "Stop it."),
    Row("serve", "session:serve", "Be it; start runs this in the background."),
)


_ABOUT = "What a job of vst submit has a farm's machines run, in an environment of Open Job Description."

farm = lazy_group("farm", _ABOUT, _COMMANDS)
"""The command ``vst farm``."""

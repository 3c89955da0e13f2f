"""Groups of commands that load a command's module when it is run: to list them, their names and one line each do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from vst_core.cli.sections import SectionedCommand

_WIDEST = 120  # columns of help on a wide terminal


@dataclass(frozen=True, slots=True)
class Row:
    """A command in the list of its group.

    Attributes:
        name: as typed.
        target: ``module:name`` in this package, a function as typer takes it, or a command that is made.
        help: what it does, a line in the list; the function's docstring says more.
        section: heading in the list.
    """

    name: str
    target: str
    help: str
    section: str = "Commands"


class Placeholder(TyperCommand):
    """Stands for a command in its group's list."""

    def __init__(self, row: Row) -> None:
        super().__init__(name=row.name, help=row.help)
        self.row = row

    def load(self) -> Any:
        """The command itself, a group or a command of typer's click."""
        module, _, name = self.row.target.partition(":")
        target = getattr(import_module(f"vst_core.cli.{module}"), name)
        if isinstance(target, TyperGroup | TyperCommand):
            return target
        app = _app()
        app.command(self.row.name, cls=SectionedCommand)(target)
        return typer.main.get_command(app)


class LazyGroup(TyperGroup):
    """A group of placeholders; the one that is run becomes a command."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Name, command and what is left of the arguments."""
        name, command, rest = super().resolve_command(ctx, args)
        return name, command.load() if isinstance(command, Placeholder) else command, rest

    def format_commands(self, _: Any, formatter: Any) -> None:
        """Write the list, under its headings."""
        rows = [command.row for command in self.commands.values() if isinstance(command, Placeholder)]
        widest = max(len(row.name) for row in rows)
        for section in dict.fromkeys(row.section for row in rows):
            with formatter.section(section):
                # The column of names is as wide in every section.
                formatter.write_dl([(row.name.ljust(widest), row.help) for row in rows if row.section == section])


def show_help(context: typer.Context) -> None:
    """What a group without options does where no command is given."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


def lazy_group(name: str, about: str, rows: Sequence[Row], callback: Callable[..., None] = show_help) -> LazyGroup:
    """A group whose options are those of ``callback``, which is run before each command, and without one."""
    app = _app()
    app.callback(cls=LazyGroup, invoke_without_command=True, help=about)(callback)
    group = typer.main.get_command(app)
    assert isinstance(group, LazyGroup)
    group.name = name
    for row in rows:
        group.add_command(Placeholder(row), row.name)
    return group


def _app() -> typer.Typer:
    return typer.Typer(
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"max_content_width": _WIDEST},
    )

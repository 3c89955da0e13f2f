"""``vst install``: the command line."""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

from . import blender, nuke
from .errors import USAGE, InstallError
from .plan import Plan

_ABOUT = "Put nodes and plug-ins into host programs, or take them out as if they had never been there."
_EPILOG = "exit codes: 0 done, 2 wrong arguments, 3 no host found or it does not see the node, 4 cannot be written"

Work = tuple[Plan, Callable[[], str]]
"""An installation, and what tells afterwards how it went."""


def main(arguments: Sequence[str], worker: str = "") -> int:
    """Install into a host, or take out of it.

    Args:
        arguments: of the command line.
        worker: the program of the worker that the nodes are to run, where the arguments name none.

    Returns:
        The exit code; what went wrong is on standard error.
    """
    code = 0
    try:
        given = _parser().parse_args(list(arguments))
        for plan, told in given.work(given):
            try:
                _do(given, str(given.worker or worker), plan, told)
            except InstallError as error:  # the other hosts are not to blame
                code = code or _complain(error)
    except InstallError as error:
        code = _complain(error)
    except SystemExit as asked:  # for help
        code = int(asked.code or 0)
    return code


class _Help(argparse.HelpFormatter):
    def add_usage(self, usage: Any, actions: Any, groups: Any, prefix: str | None = None) -> None:
        super().add_usage(usage, actions, groups, prefix or "Usage: ")


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise InstallError(message, remedy=f"{self.prog} --help lists the options", exit_code=USAGE)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="vst install", description=_ABOUT, epilog=_EPILOG, formatter_class=_Help)
    hosts = parser.add_subparsers(metavar="HOST", title="hosts", required=True, prog=parser.prog)
    for name, work, about in (
        ("blender", _blender, "The compositor node, into every Blender from 4.2 on that is found."),
        ("nuke", _nuke, "The node, into the user's .nuke folder."),
    ):
        host = hosts.add_parser(name, help=about, description=about, epilog=_EPILOG, formatter_class=_Help)
        host.set_defaults(work=work)
        host.add_argument("--dry-run", action="store_true", help="say what would be done, and do nothing")
        host.add_argument("--uninstall", action="store_true", help="put everything back as it was")
        host.add_argument("--link", action="store_true", help="link the files instead of copying them, for development")
        host.add_argument("--prefix", type=_path, metavar="FOLDER", help="the host's user folder, or one for everybody")
        host.add_argument(
            "--worker", type=_program, metavar="PROGRAM", help="the vst that the node runs; this one when left out"
        )
        if name == "blender":
            host.add_argument("--program", type=_program, help="a Blender that was not found, or a Python that has bpy")
            host.add_argument("--zip", type=Path, metavar="FILE", help="only write the extension as a zip")
    return parser


def _path(text: str) -> Path:
    """A path that means the same to a host, and to who uninstalls from another folder."""
    return Path(text).absolute()


def _program(text: str) -> Path:
    """The same of a program, which may lie on the PATH; one of another machine is left as it was given."""
    path = _path(text)
    return path if path.exists() else Path(shutil.which(text) or text)


def _blender(given: argparse.Namespace) -> Iterator[Work]:
    if given.zip is not None:
        _say(blender.make_zip(given.zip))
        return
    for host in blender.find(given.prefix, given.program):
        yield blender.plan(host), partial(blender.check, host)


def _nuke(given: argparse.Namespace) -> Iterator[Work]:
    yield nuke.plan(given.prefix), partial(nuke.hint, given.prefix)


def _do(given: argparse.Namespace, worker: str, plan: Plan, told: Callable[[], str]) -> None:
    installed = plan.record()
    if given.uninstall and installed is None:
        _say(f"{plan.host}: nothing is installed in {plan.folder}")
    elif given.uninstall and given.dry_run:
        _say(f"{plan.host}: {plan.folder} would be restored")
    elif given.uninstall and installed is not None:
        installed.undo()
        _say(f"{plan.host}: {plan.folder} is restored")
    elif given.dry_run:
        for line in plan.lines(link=given.link):
            _say(line)
    else:
        plan.carry_out(blender.version(), worker, link=given.link)
        _say(f"{plan.host}: installed in {plan.folder / plan.own}")
        _say(told())


def _say(line: object) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _complain(error: InstallError) -> int:
    sys.stderr.write(f"vst: {error}\n")
    return error.exit_code

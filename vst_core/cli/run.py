"""The ``vst`` command and its exit codes."""

from __future__ import annotations

import os
import signal
import sys
from typing import Any, NoReturn

import typer

from vst_core.cli import ENDINGS
from vst_core.cli.commands import vst
from vst_core.cli.completion import VARIABLE, complete
from vst_core.cli.lines import complain, emit
from vst_core.errors import Cancelled, ExitCode, VstError, is_out_of_memory

# Typer brings its own copy of click, or uses the installed one, depending on its version; this is the base in either.
_UsageError: Any = typer.BadParameter.__bases__[0]

_PREFIX = ": Value error, "  # which pydantic puts before what typer says of a choice

_STOPPED = "stopped; finished frames are kept, and the same command, less any --overwrite, goes on from there"


class Terminated(BaseException):
    """SIGTERM or its like arrived. No ``Exception``, so that nothing on the way out takes it for an error."""


def run() -> NoReturn:
    """Run ``vst`` and leave with one of the documented exit codes; no traceback reaches the user."""
    _on_ending(_terminate)
    if VARIABLE in os.environ:
        complete(vst)
    try:
        code = ExitCode(vst(standalone_mode=False, prog_name="vst") or 0)
        message = _STOPPED if code is ExitCode.INTERRUPTED else ""  # typer turns Ctrl-C into its exit code
    except VstError as error:
        code, message = error.exit_code, str(error)
    except _UsageError as error:
        code, message = ExitCode.USAGE, error.format_message().replace(_PREFIX, ": ", 1)
    except Terminated:
        code, message = ExitCode.TERMINATED, _STOPPED
    except (KeyboardInterrupt, typer.Abort, Cancelled):
        code, message = ExitCode.INTERRUPTED, _STOPPED
    except (BrokenPipeError, SystemExit):  # which is what typer makes of it
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python complains again while it exits
        code, message = ExitCode.OUTPUT, "the reader of the output is gone"
    except Exception as error:  # noqa: BLE001 - the last resort before the user
        if is_out_of_memory(error):
            code, message = ExitCode.MODEL, "out of memory; lower --scale"
        else:
            code, message = ExitCode.INTERNAL, _internal(error)
    _leave(code, message)


def _leave(code: ExitCode, message: str) -> NoReturn:
    if message:
        line = complain(message)
        if "--json" in sys.argv[1:] and sys.stdout.isatty() is False:
            emit("error", message=line, exit_code=int(code))
    sys.exit(int(code))


def _internal(error: Exception) -> str:
    if os.environ.get("VST_TRACEBACK"):
        raise error
    return f"internal error ({type(error).__name__}: {error}); set VST_TRACEBACK=1 to see where, and report it"


def _terminate(*_: Any) -> NoReturn:
    _on_ending(signal.SIG_IGN)
    raise Terminated


def _on_ending(handler: Any) -> None:
    for ending in ENDINGS:
        signal.signal(ending, handler)

"""The command line: parse, build settings, call."""

import io
import os
import signal
import sys
from typing import NoReturn

__all__ = ["main"]

ENDINGS = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGBREAK") if hasattr(signal, name))
"""What asks a process to end: on Windows nobody can send SIGTERM, and farms send Ctrl-Break."""


def main() -> NoReturn:
    """Run ``vst``. Loading the engine takes seconds, in which a signal must not end in a traceback either."""
    for ending in ENDINGS:
        signal.signal(ending, _terminated)
    _print_any_name()
    # Threads of torch that wait for one another spin, for long. Beside the threads that read and write frames, or
    # another task on the machine, that costs several times what they do. To be said before torch is loaded.
    os.environ.setdefault("GOMP_SPINCOUNT", "20000")
    try:
        from vst_core.allocator import keep_freed_memory
        from vst_core.error_output import set_apart

        keep_freed_memory()
        set_apart()
        from vst_core.cli.run import run
    except KeyboardInterrupt:
        _stop(130)
    run()


def _print_any_name() -> None:
    """A name that the code page of a pipe lacks, on Windows, or that is not UTF-8, is spelled out, as in complaints."""
    if isinstance(sys.stdout, io.TextIOWrapper) and sys.stdout.errors == "strict":
        sys.stdout.reconfigure(errors="backslashreplace")


def _terminated(*_: object) -> NoReturn:
    _stop(143)


def _stop(code: int) -> NoReturn:
    sys.stderr.write("vst: stopped before anything was done\n")
    sys.exit(code)

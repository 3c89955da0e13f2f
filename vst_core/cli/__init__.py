"""The command line: parse, build settings, call."""

import signal
import sys
from typing import NoReturn

__all__ = ["main"]


def main() -> NoReturn:
    """Run ``vst``. Loading the engine takes seconds, in which a signal must not end in a traceback either."""
    signal.signal(signal.SIGTERM, _terminated)
    try:
        from vst_core.cli.run import run
    except KeyboardInterrupt:
        _stop(130)
    run()


def _terminated(*_: object) -> NoReturn:
    _stop(143)


def _stop(code: int) -> NoReturn:
    sys.stderr.write("vst: stopped before anything was done\n")
    sys.exit(code)

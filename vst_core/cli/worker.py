"""The command that hosts start."""

from __future__ import annotations


def worker() -> None:
    """Serve a host: requests as lines of JSON on standard input, events on standard output, a log on standard error."""
    from vst_core.worker import serve

    serve()

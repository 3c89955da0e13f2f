"""The error output of a process, which Python's messages share with those of C libraries."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_LIBRARIES = 2  # the descriptor that they write to
_silencing = threading.Lock()
_is_apart = False


def set_apart() -> None:
    """Give Python's messages a descriptor of their own; they go where they went. For a program at its start."""
    global _is_apart
    here = sys.stderr
    try:
        if here.fileno() != _LIBRARIES:
            return
    except (AttributeError, OSError):  # there is none, or it is no file
        return
    sys.stderr = os.fdopen(os.dup(_LIBRARIES), "w", buffering=1, encoding=here.encoding, errors=here.errors)
    _is_apart = True


@contextmanager
def silent_libraries() -> Iterator[None]:
    """Drop what C libraries say meanwhile, where it can be told from Python's messages: after ``set_apart``."""
    if not _is_apart:
        yield
        return
    with _silencing:
        usual, nowhere = os.dup(_LIBRARIES), os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, _LIBRARIES)
        os.close(nowhere)
        try:
            yield
        finally:
            os.dup2(usual, _LIBRARIES)
            os.close(usual)

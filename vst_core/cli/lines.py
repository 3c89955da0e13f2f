"""Lines that ``vst`` says: JSON on standard output, for programs that run it, and errors, for everybody."""

from __future__ import annotations

import json
import sys
from typing import Any


def emit(event: str, **values: Any) -> None:
    """Print one JSON line."""
    sys.stdout.write(json.dumps({"event": event} | values) + "\n")
    sys.stdout.flush()


def complain(message: str) -> str:
    """Write an error on standard error, as one line, which is returned without the program's name."""
    line = " ".join(message.split())
    sys.stderr.write(f"vst: {line}\n")
    return line

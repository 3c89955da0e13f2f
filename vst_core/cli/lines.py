"""Lines of JSON on standard output, for programs that run ``vst``."""

from __future__ import annotations

import json
import sys
from typing import Any


def emit(event: str, **values: Any) -> None:
    """Print one JSON line."""
    sys.stdout.write(json.dumps({"event": event} | values) + "\n")
    sys.stdout.flush()

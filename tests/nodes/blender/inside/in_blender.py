"""Runs a function inside Blender: ``in_blender.py MODULE.FUNCTION ARGUMENTS``, its module beside this file.

A Python with a registered node does not always leave in peace, so the process ends at once after its result.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import traceback

from nodes import blender as add_on


def main(name: str, arguments: str) -> int:
    """Print what a function returns, behind a mark; returns the exit code."""
    module, _, function = name.partition(".")
    add_on.register()
    try:
        result = getattr(importlib.import_module(module), function)(*json.loads(arguments))
        print("RESULT " + json.dumps(result))
    except Exception:
        traceback.print_exc()
        return 1
    finally:
        add_on.unregister()
    return 0


if __name__ == "__main__":
    code = main(*sys.argv[1:])
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)

"""The command line: parse, build settings, call."""

import os

# Threads of torch that wait for one another spin; beside the threads that read and write frames, or another task on the
# same machine, that costs several times what they do. It has to be said before torch is loaded.
os.environ.setdefault("GOMP_SPINCOUNT", "0")

from vst_core.cli.main import main

__all__ = ["main"]

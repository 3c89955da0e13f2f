"""The command line: parse, build settings, call."""

from vst_core.cli.main import main

__all__ = ["main"]

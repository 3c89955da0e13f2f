"""Colours are for people at a terminal who want them."""

from __future__ import annotations

import os
import pty
import subprocess
import sys

PROGRAM = """
from vst_core.cli.doctor import show
from vst_core.doctor.finding import Finding
show([Finding("OCIO", "cannot be read", "wrong", "correct it")])
"""


def shown(**environment: str) -> str:
    """What a terminal is sent."""
    ours, theirs = pty.openpty()
    clean = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR", "COLORTERM")}
    command = [sys.executable, "-c", PROGRAM]
    subprocess.run(command, stdout=theirs, env=clean | {"TERM": "xterm"} | environment, check=True)
    os.close(theirs)
    text = os.read(ours, 10_000).decode()
    os.close(ours)
    return text


def test_a_terminal_has_colours_unless_they_are_unwanted() -> None:
    assert "\x1b[31m" in shown()
    for unwanted in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
        assert "\x1b[3" not in shown(**unwanted)
    assert "wrong  OCIO: cannot be read" in shown(NO_COLOR="1")

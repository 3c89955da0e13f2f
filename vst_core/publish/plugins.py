"""The plug-ins of the gate, which lie outside this package, and whether pyblish has found them all."""

from __future__ import annotations

import contextlib
import io
import logging
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from vst_core.errors import OutputError, SettingsError
from vst_core.shipped import shipped_files

HOST = "shell"


def plugin_folder() -> Path:
    """The folder that belongs on ``PYTHONPATH`` where pyblish is to find the plug-ins."""
    return shipped_files() / "plugin" / "pyblish"


@contextmanager
def gate() -> Iterator[ModuleType]:
    """The plug-ins' package, known to pyblish for the time being."""
    folder = str(plugin_folder())
    sys.path.insert(0, folder)
    import vst_publish

    vst_publish.register(HOST)
    try:
        yield vst_publish
    finally:
        vst_publish.unregister(HOST)
        sys.path.remove(folder)


def discover(package: ModuleType, skip: Sequence[str]) -> list[Any]:
    """Every plug-in that is to be run: those of the gate, and a studio's own on ``$PYBLISHPLUGINPATH``.

    Raises:
        OutputError: one of the gate's is missing. pyblish leaves out what it cannot load, and says so in its log alone.
        SettingsError: there is none of a name that is to be left out.
    """
    import pyblish.api

    with quietly() as said:
        found = pyblish.api.discover()
    names = {plugin.__name__ for plugin in found}
    missing = [name for name in package.expected(HOST) if name not in names]
    if missing:
        why = f" ({said[0]})" if said else ""
        what = f"is incomplete, so nothing can pass: {', '.join(missing)} could not be loaded{why}"
        raise OutputError(what, where="the publish gate", remedy="install vst again")
    unknown = [name for name in skip if name not in names]
    if unknown:
        remedy = f"choose one of {', '.join(sorted(names))}"
        raise SettingsError(f"unknown plug-in {unknown[0]}", where="--skip", remedy=remedy)
    order = {name: number for number, name in enumerate(package.expected(HOST))}
    found.sort(key=lambda plugin: (plugin.order, order.get(plugin.__name__, len(order))))
    return [plugin for plugin in found if plugin.__name__ not in skip]


@contextmanager
def quietly() -> Iterator[list[str]]:
    """Keep from the user's screen what pyblish prints and logs; yields the errors among the latter."""
    said: list[str] = []

    class Handler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            said.append(" ".join(record.getMessage().split()))

    log, handler = logging.getLogger("pyblish"), Handler(logging.ERROR)
    propagates, log.propagate = log.propagate, False
    log.addHandler(handler)
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            yield said
    finally:
        log.removeHandler(handler)
        log.propagate = propagates

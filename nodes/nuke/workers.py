"""The worker of this Nuke: one process, warm between runs."""

from __future__ import annotations

import atexit
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..client import Client, Patience
from ..environment import find_worker

PATIENCE = Patience()

_client: Client | None = None
_made_for: Any = None


def worker_log() -> Path:
    """The log of the worker."""
    return Path.home() / ".cache" / "vst" / "nuke-worker.log"


def get_client(program: str, variables: Mapping[str, str]) -> Client:
    """The worker that runs, or a new one.

    Args:
        program: where it is; empty where it is to be found.
        variables: environment variables that it needs.

    Raises:
        WorkerError: there is none, or it cannot be started.
    """
    global _client, _made_for
    wanted = find_worker(program), dict(variables)
    if _client is not None:
        _client.pump()
        if _client.epitaph is None and wanted == _made_for:
            return _client
        threading.Thread(target=_client.close, daemon=True).start()  # which may take seconds
    _client, _made_for = Client([str(wanted[0]), "worker"], worker_log(), variables, PATIENCE), wanted
    return _client


def close_client() -> None:
    """End the worker, where there is one."""
    global _client
    if _client is not None:
        _client.close()
        _client = None


atexit.register(close_client)

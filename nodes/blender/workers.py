"""The worker of this Blender: one process, warm between runs."""

from __future__ import annotations

import atexit
import threading
from pathlib import Path

import bpy  # type: ignore[import-not-found]

from ..client import Client
from ..environment import find_worker
from .preferences import cache_folder, preferences

_client: Client | None = None
_program: Path | None = None


def worker_log() -> Path:
    """The log of the worker."""
    return cache_folder() / "worker.log"


def find_program() -> Path:
    """The program of the worker.

    Raises:
        WorkerError: there is none; the message says how to install it.
    """
    return find_worker(bpy.path.abspath(preferences().worker_path))


def get_client() -> Client:
    """The worker that runs, or a new one.

    Raises:
        WorkerError: there is none, or it cannot be started.
    """
    global _client, _program
    program = find_program()
    if _client is not None:
        _client.pump()
        if _client.epitaph is None and program == _program:
            return _client
        threading.Thread(target=_client.close, daemon=True).start()  # which may take seconds
    _client, _program = Client([str(program), "worker"], worker_log()), program
    return _client


def close_client() -> None:
    """End the worker, where there is one."""
    global _client
    if _client is not None:
        _client.close()
        _client = None


atexit.register(close_client)

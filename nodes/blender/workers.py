"""The worker of this Blender: one process, warm between runs."""

from __future__ import annotations

from pathlib import Path

import bpy  # type: ignore[import-not-found]

from ..client import Client
from ..environment import find_worker
from ..warm import WarmClient
from .preferences import cache_folder, preferences

_warm = WarmClient()


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
    program = find_program()
    return _warm.get(program, lambda: Client([str(program), "worker"], worker_log()))


def close_client() -> None:
    """End the worker, where there is one."""
    _warm.close()

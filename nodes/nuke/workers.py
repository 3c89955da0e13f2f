"""The worker of this Nuke: one process, warm between runs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ..client import Client, Patience
from ..environment import find_worker, log_folder
from ..warm import WarmClient

PATIENCE = Patience()

_warm = WarmClient()


def worker_log() -> Path:
    """The log of the worker."""
    return log_folder() / "nuke-worker.log"


def get_client(program: str, variables: Mapping[str, str]) -> Client:
    """The worker that runs, or a new one.

    Args:
        program: where it is; empty where it is to be found.
        variables: environment variables that it needs.

    Raises:
        WorkerError: there is none, or it cannot be started.
    """
    wanted = find_worker(program), dict(variables)
    return _warm.get(wanted, lambda: Client([str(wanted[0]), "worker"], worker_log(), variables, PATIENCE))


def close_client() -> None:
    """End the worker, where there is one."""
    _warm.close()

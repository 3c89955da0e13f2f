"""The one worker of a host's process, kept warm from run to run."""

from __future__ import annotations

import atexit
import threading
from collections.abc import Callable

from .client import Client


class WarmClient:
    """Keeps a worker for as long as it lives and is the one that is wanted; ends it with the host.

    Attributes:
        client: the one there is.
    """

    def __init__(self) -> None:
        self.client: Client | None = None
        self._made_for: object = None
        atexit.register(self.close)

    def get(self, wanted: object, start: Callable[[], Client]) -> Client:
        """The worker that runs, or a new one.

        Args:
            wanted: what the worker is made from; another one than before asks for a new worker.
            start: makes one.

        Raises:
            WorkerError: it cannot be started.
        """
        if self.client is not None:
            self.client.pump()
            if self.client.epitaph is None and wanted == self._made_for:
                return self.client
            threading.Thread(target=self.client.close, daemon=True).start()  # which may take seconds
        self.client, self._made_for = start(), wanted
        return self.client

    def close(self) -> None:
        """End the worker, where there is one."""
        if self.client is not None:
            self.client.close()
            self.client = None

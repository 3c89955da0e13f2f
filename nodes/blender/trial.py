"""A trial of the worker, as the button in the preferences asks for."""

from __future__ import annotations

import time

from ..client import LAST_EVENTS
from .preferences import preferences
from .workers import get_client


class Trial:
    """One trial, in steps that never wait.

    Attributes:
        over: whether nothing will follow.
        message: version, device and time for a frame, or what is wrong.
        exit_code: 0, or as that of ``vst render``.

    Raises:
        WorkerError: there is no worker, or it cannot be started.
    """

    def __init__(self) -> None:
        self.over, self.message, self.exit_code = False, "", 0
        self._begun = time.monotonic()
        self._client = get_client()
        self._job = self._client.submit("test", {"device": preferences().device})

    def cancel(self) -> None:
        """Ask for the end."""
        self._client.cancel(self._job)

    def step(self) -> None:
        """Hear what the worker has said."""
        for event in self._client.take(self._job):
            if event["event"] not in LAST_EVENTS:
                continue
            self.over = True
            if event["event"] == "done":
                seconds = event["seconds"]
                frame = "no network is installed" if seconds is None else f"{seconds:.2f} s for a frame"
                size = f"{event['width']} x {event['height']}"
                self.message = f"vst {event['version']} on {event['device']}, {frame} of {size}"
            else:
                self.message, self.exit_code = event.get("message", "cancelled"), event.get("exit_code", 130)

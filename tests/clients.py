"""Clients of the real worker, and of workers that misbehave."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import fake_worker

from nodes.client import LAST_EVENTS, Client, Patience
from nodes.pipes import Event

VST = str(Path(sys.executable).with_name("vst"))
_PATIENCE = 120.0


def real_client(log: Path) -> closing[Client]:
    """The client of the worker that belongs to these tests."""
    return closing(Client([VST, "worker"], log))


def fake_client(
    kind: str, log: Path, patience: Patience | None = None, variables: Mapping[str, str] | None = None
) -> closing[Client]:
    """The client of a fake worker of a kind."""
    assert kind in fake_worker.KINDS
    return closing(Client([sys.executable, fake_worker.__file__, kind], log, variables, patience or Patience()))


def greeted(client: Client) -> Event:
    """What a worker says about itself."""
    end = time.monotonic() + _PATIENCE
    while client.greeting is None and client.epitaph is None and time.monotonic() < end:
        client.pump()
        time.sleep(0.01)
    assert client.greeting is not None, client.epitaph
    return client.greeting


def until(client: Client, job: str, *names: str) -> list[Event]:
    """The events of a job up to the first that has one of these names, as a host polls them; or to its last."""
    events: list[Event] = []
    end = time.monotonic() + _PATIENCE
    while not any(event["event"] in (*names, *LAST_EVENTS) for event in events):
        assert time.monotonic() < end, events
        events += client.take(job)
        time.sleep(0.01)
    return events

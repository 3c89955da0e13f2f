"""Workers that misbehave, as programs: ``python fake_worker.py KIND``. They speak the protocol as far as they go."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any


def say(event: str, **values: Any) -> None:
    sys.stdout.write(json.dumps({"event": event} | values) + "\n")
    sys.stdout.flush()


def requests() -> Iterator[dict[str, Any]]:
    """Requests other than hello, which is answered."""
    for line in sys.stdin:
        request = json.loads(line)
        if request["request"] == "hello":
            say("hello", protocol=1, version="0", environment=dict(os.environ))
        elif request["request"] == "shutdown":
            return
        else:
            yield request


def scripted() -> None:
    """Says what the settings of a job have as ``say``."""
    for request in requests():
        for event in request.get("settings", {}).get("say", []):
            say(job=request["job"], **event)


def slow_to_end() -> None:
    """Accepts jobs, and follows no other wish, nor a signal that can be ignored."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    for request in requests():
        if request["request"] != "cancel":
            say("start", job=request["job"], frames=9)
            continue
        while True:
            say("heartbeat", job=request["job"], seconds=1)
            time.sleep(0.05)
    time.sleep(600)


def silent() -> None:
    """Accepts jobs and is not heard of again."""
    for request in requests():
        say("start", job=request["job"], frames=9)


def talkative() -> None:
    """Prints what is no event, too."""
    sys.stdout.write("Welcome to the licence server\n[1, 2]\n{}\n")
    scripted()


def never_ready() -> None:
    time.sleep(600)


def of_another_time() -> None:
    say("hello", protocol=2, version="9.9")
    time.sleep(600)


def stillborn() -> None:
    sys.stderr.write("ModuleNotFoundError: No module named 'torch'\n")
    sys.exit(1)


def complaining() -> None:
    """Ends with the engine's own words, after which a library goes on talking."""
    next(requests())
    sys.stderr.write("vst: no space left; make some\nleaked 3 instances\n")
    sys.exit(4)


KINDS: dict[str, Callable[[], None]] = {
    kind.__name__: kind
    for kind in (scripted, slow_to_end, silent, talkative, never_ready, of_another_time, stillborn, complaining)
}

if __name__ == "__main__":
    KINDS[sys.argv[1]]()

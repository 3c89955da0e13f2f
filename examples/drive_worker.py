"""Drives the worker as a host does: one process, lines of JSON both ways. Needs nothing but Python.

python examples/drive_worker.py .venv/bin/vst 'samples/shot/shot.####.exr' ink 'out/ink.####.exr'
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys


def main(program: str, plate: str, style: str, output: str, frames: str | None, network: str) -> int:
    """Returns the exit code of the job."""
    settings = {"plate": plate, "style": {"styles": [style]}, "network": network, "output": {"pattern": output}}
    pipe = subprocess.PIPE
    with subprocess.Popen([program, "worker"], stdin=pipe, stdout=pipe, text=True, encoding="utf-8") as worker:

        def ask(request: str, **values: object) -> None:
            worker.stdin.write(json.dumps({"request": request, **values}) + "\n")
            worker.stdin.flush()

        ask("hello")
        ask("render", job="a", settings=settings | {"frames": frames})
        code = 1
        for line in worker.stdout:  # it stays warm between jobs; its log goes to standard error
            event = json.loads(line)
            if event["event"] == "hello":
                print(f"vst {event['version']} on {event['device']}")
            elif event["event"] == "frame":
                print(event["path"])
            elif event["event"] in ("done", "error", "cancelled"):  # the last after ask("cancel", job="a")
                code = event.get("exit_code", 0)
                print(event.get("message", event["event"]))
                ask("shutdown")
    return code


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    for name in ("program", "plate", "style", "output"):
        parser.add_argument(name)
    parser.add_argument("--frames", metavar="FIRST-LAST")
    parser.add_argument("--network", default="quality")
    sys.exit(main(**vars(parser.parse_args())))

"""A bundle, run on this machine with the engine's own command line: one session, one task after the other."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from vst_core.errors import ExitCode, JobError
from vst_core.shipped import this_program


def run_bundle(template: Path) -> None:
    """Run a bundle, in which this very ``vst`` is called. Its log goes to standard output.

    What stops this process is passed on, and the task at work then keeps the frames that are done.

    Raises:
        JobError: a task failed; the engine does not go on after the first one.
    """
    vst = this_program() or "vst"
    command = [sys.executable, "-P", "-m", "openjd", "run", str(template), "--job-param", f"Vst={vst}"]
    with subprocess.Popen(command) as engine:  # noqa: S603 - our own command, and no shell
        try:
            code = engine.wait()
        except BaseException:
            engine.terminate()
            raise
    if code:
        remedy = "the log above says why; the same command goes on from what is done"
        raise JobError("a task of the job failed", ExitCode.INTERNAL, remedy=remedy)

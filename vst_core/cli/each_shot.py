"""What a command does with every shot that someone names."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from vst_core.cli.lines import complain, emit
from vst_core.errors import ExitCode, VstError

if TYPE_CHECKING:
    from vst_core.sequence import FrameSequence


def each_shot(targets: Iterable[str], work: Callable[[FrameSequence], ExitCode], *, json: bool) -> ExitCode:
    """Work on every shot; one that fails keeps no other from it.

    Args:
        targets: frames, manifests, and folders with some.
        work: done with each shot; says how it went.
        json: tell of failures in JSON, too.

    Returns:
        4 where a shot came to that, else 6 where one did, else 0.

    Raises:
        VstError: the last failure, at the end; all others have been told.
    """
    from vst_core.pipeline.journal import find_shots

    failures: list[VstError] = []
    shots: list[FrameSequence] = []
    for target in targets:
        with _put_off(failures):
            shots += find_shots(target, failures.append)
    codes = []
    for shot in shots:
        with _put_off(failures):
            codes.append(work(shot))
    told = list({str(failure): failure for failure in failures}.values())
    for failure in told[:-1]:
        line = complain(str(failure))
        if json:
            emit("error", message=line, exit_code=int(failure.exit_code))
    if told:
        raise told[-1]
    return next((code for code in (ExitCode.OUTPUT, ExitCode.PARTIAL) if code in codes), ExitCode.OK)


@contextmanager
def _put_off(failures: list[VstError]) -> Iterator[None]:
    try:
        yield
    except VstError as error:
        failures.append(error)

"""One shot through the gate: collect, validate, extract, integrate, and what became of it.

``pyblish publish`` ends with exit code 0 whatever happens, and one bad shot keeps all others from being extracted. So
each shot has a context of its own here, and what counts is what each plug-in did.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from vst_core.errors import ExitCode, InputError, OutputError
from vst_core.pipeline.limits import Limits
from vst_core.publish.plugins import discover, gate, quietly
from vst_core.publish.settings import PublishSettings

Status = Literal["passed", "failed", "not run", "left out"]
_REPAIR = "MakeAgain"

RunVst = Callable[..., tuple[int, str, str]]
"""Given the arguments of a command of ``vst``: its exit code, what it printed, and its complaint."""


@dataclass(frozen=True, slots=True)
class Row:
    """What a plug-in did.

    Attributes:
        plugin: its name.
        label: what people call it.
        status: how it went.
        message: what is wrong, or empty.
        seconds: time it took.
    """

    plugin: str
    label: str
    status: Status
    message: str = ""
    seconds: float = 0.0

    def as_dict(self) -> dict[str, Any]:
        """Plain data, for JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a shot.

    Attributes:
        shot: its name.
        rows: plug-ins in their order.
        version: its new folder; None where it did not pass.
    """

    shot: str
    rows: tuple[Row, ...]
    version: Path | None

    @property
    def exit_code(self) -> ExitCode:
        """0 where it passed; 6 where all that is wrong is that frames are missing; 4 otherwise."""
        failed = {row.plugin for row in self.rows if row.status == "failed"}
        if self.version is not None and not failed:
            return ExitCode.OK
        return ExitCode.PARTIAL if failed == {"ValidateComplete"} else ExitCode.OUTPUT


def publish_shot(
    output: str, settings: PublishSettings, run: RunVst, on_row: Callable[[Row], object] = lambda _: None
) -> Outcome:
    """Let one shot pass the gate.

    Args:
        output: its frames or its manifest.
        settings: how.
        run: runs ``vst`` with some arguments.
        on_row: told of each plug-in as it is done; those that were not run come last.

    Raises:
        OutputError: the gate itself is not whole.
        InputError: there is no shot.
    """
    with gate() as package:
        plugins = discover(package, settings.skip)
        context, rows = _run(plugins, _context(output, settings, run), on_row)
        if settings.repair and _repair(plugins, context):
            context, rows = _run(plugins, _context(output, settings, run), on_row)
        try:
            instance = next(iter(context), None)
            if instance is None:
                message = next((row.message for row in rows if row.status == "failed"), "nothing was collected")
                raise InputError(message, where="" if output in message else output)
        finally:
            package.discard(context)
    done = {row.plugin for row in rows}
    rest = [Row(each.__name__, each.label or each.__name__, "not run") for each in plugins if each.__name__ not in done]
    rest += [Row(name, name, "left out") for name in settings.skip]
    for row in rest:
        on_row(row)
    version = instance.data.get("vst_version")
    return Outcome(str(instance.data["name"]), (*rows, *rest), None if version is None else Path(version))


def _run(plugins: Sequence[Any], context: Any, on_row: Callable[[Row], object]) -> tuple[Any, list[Row]]:
    """One round of all plug-ins; the context that they leave, and what each did."""
    import pyblish.util

    rows: list[Row] = []
    results = pyblish.util.publish_iter(context, plugins)
    while True:
        with quietly():
            found = next(results, None)
        if found is None:
            return context, rows
        rows.append(_row(found))
        on_row(rows[-1])


def _row(result: dict[str, Any]) -> Row:
    plugin, error = result["plugin"], result["error"]
    message = "" if error is None else " ".join(str(error).split()) or type(error).__name__
    status: Status = "passed" if error is None else "failed"
    return Row(plugin.__name__, plugin.label or plugin.__name__, status, message, round(result["duration"] / 1000, 3))


def _repair(plugins: Sequence[Any], context: Any) -> bool:
    """Run the repair of the first plug-in that failed and has one; whether there was one."""
    import pyblish.plugin

    failed = {result["plugin"] for result in context.data["results"] if result["error"]}
    for plugin in plugins:
        action = next((each for each in plugin.actions if each.__name__ == _REPAIR), None)
        if action is not None and plugin in failed:
            with quietly():
                result = pyblish.plugin.process(plugin, context, None, action.id)
            if result["error"]:
                raise OutputError(" ".join(str(result["error"]).split()))
            return True
    return False


def _context(output: str, settings: PublishSettings, run: RunVst) -> Any:
    """What the plug-ins are told."""
    import pyblish.api

    context = pyblish.api.Context()
    context.data["vst_outputs"] = [output]
    context.data["vst_publish_to"] = str(settings.to)
    context.data["vst_limits"] = settings.model_dump(include=set(Limits.model_fields), exclude_none=True)
    context.data["vst_rate"] = settings.rate
    context.data["vst_run"] = run
    return context

"""``vst train``: the options of a training, and what it says while it runs."""

from __future__ import annotations

import signal
import time
from contextlib import closing
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, Self

import typer
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from vst_core.cli import ENDINGS
from vst_core.cli.lines import emit
from vst_core.cli.options import AsJson, Option, SettingsFile, put_options, require, with_options
from vst_core.cli.terminal import Terminal
from vst_core.errors import ExitCode, VstError
from vst_core.training.recipe import read_recipe
from vst_core.training.settings import TrainingSettings

if TYPE_CHECKING:
    from vst_core.training.loop import Step

OPTIONS = (
    Option(("--style",), "recipe.styles", list[Path], "IMAGE"),
    Option(("--data",), "recipe.data", str, "FOLDER|synthetic"),
    Option(("--output", "-o"), "output", Path, "FILE"),
    Option(("--size",), "recipe.size", str, "quality|fast"),
    Option(("--start",), "recipe.start", Path, "NETWORK"),
    Option(("--steps",), "recipe.steps", int),
    Option(("--learning-rate",), "recipe.learning_rate", float),
    Option(("--style-loss",), "recipe.style_loss", str, "gram|wasserstein"),
    Option(("--style-side",), "recipe.style_side", int, "PIXELS"),
    Option(("--content-weight",), "recipe.content_weight", float),
    Option(("--style-weight",), "recipe.style_weight", float),
    Option(("--temporal-weight",), "recipe.temporal_weight", float),
    Option(("--tv-weight",), "recipe.tv_weight", float),
    Option(("--spike-weight",), "recipe.spike_weight", float),
    Option(("--keep",), "recipe.keep", float),
    Option(("--normalization",), "recipe.normalization", str, "instance|batch|none"),
    Option(("--seed",), "recipe.seed", int),
    Option(("--features",), "recipe.features", str, "vgg19|vgg16"),
    Option(("--weights",), "weights", Path, "FILE"),
    Option(("--samples",), "samples", Path, "IMAGE"),
    Option(("--license",), "license", str, "TEXT"),
    Option(("--device",), "device", str, "auto|cpu|cuda"),
    Option(("--precision",), "precision", str, "auto|float32|bfloat16"),
    Option(("--threads",), "threads", int),
    Option(("--overwrite/--no-overwrite",), "overwrite", bool),
)

# Where there is no terminal, a line after so many seconds.
_LINE_SECONDS = 10.0


@with_options(TrainingSettings, OPTIONS)
def train(settings: SettingsFile = None, json: AsJson = False, **given: Any) -> None:
    """Train a network on styles. A training that was begun goes on after its last state.

    --settings names a recipe in JSON, which also says what no option does: the stages.
    """
    from vst_core.training.run import train as run

    chosen = settings_from(settings, given)
    result = chosen.output if chosen.makes_network else chosen.folder
    with JsonReporter(result) if json else TerminalReporter(result) as reporter, closing(run(chosen)) as steps:
        reporter.step(next(steps))
        with HeldSignals() as held:
            for step in steps:
                reporter.step(step)
                if held.received is not None:
                    raise Stopped(held.received, step)


def settings_from(path: Path | None, given: dict[str, Any]) -> TrainingSettings:
    """Settings from a recipe's file, overridden by what was given on the command line.

    Raises:
        SettingsError: something is missing, unknown or out of range.
    """
    data: dict[str, Any] = {"recipe": {} if path is None else read_recipe(path)}
    put_options(data, OPTIONS, given)
    require(data["recipe"], {"styles": "--style"}, "vst train")
    require(data, {"output": "--output"}, "vst train")
    return TrainingSettings.of(data)


class Stopped(VstError):  # noqa: N818 - it is no error, it is the user's wish
    """A signal ended the training between two steps, its state saved.

    Args:
        number: the signal's.
        step: the last one that was done.
    """

    def __init__(self, number: signal.Signals, step: Step) -> None:
        super().__init__(
            f"stopped after step {step.number} of {step.steps}",
            remedy="the same command, less any --overwrite, goes on from there",
        )
        self.exit_code = ExitCode.INTERRUPTED if number is signal.SIGINT else ExitCode.TERMINATED


class HeldSignals:
    """Ctrl-C and SIGTERM wait for the end of a step, where the state is whole; the second one is let through at once.

    Attributes:
        received: the one that came.
    """

    _SIGNALS = (signal.SIGINT, *ENDINGS)

    def __init__(self) -> None:
        self.received: signal.Signals | None = None
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        self._before = {number: signal.signal(number, self._receive) for number in self._SIGNALS}
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._restore()

    def _receive(self, number: int, _: FrameType | None) -> None:
        self.received = signal.Signals(number)
        self._restore()

    def _restore(self) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)


class JsonReporter:
    """One JSON object a line on standard output, each with an ``event``: start, progress, done."""

    def __init__(self, result: Path) -> None:
        self._result = result

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            emit("done", path=str(self._result))

    def step(self, step: Step) -> None:
        """Emit ``start`` or ``progress``."""
        told = {"step": step.number, "steps": step.steps, "notes": list(step.notes)}
        if step.loss:
            emit("progress", **told, loss=step.loss)
        else:
            emit("start", **told)


class TerminalReporter(Terminal):
    """A progress bar with step, loss and time left; where there is no terminal, a line now and then."""

    def __init__(self, result: Path) -> None:
        self._result = result
        super().__init__(
            TextColumn("step"),
            MofNCompleteColumn(),
            BarColumn(),
            TextColumn("{task.fields[loss]}"),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            loss="",
        )
        self._said = 0.0

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        super().__exit__(kind)
        if kind is None:
            typer.echo(self._result)

    def step(self, step: Step) -> None:
        """Move the bar and print what is worth saying."""
        if step.loss:
            self._bar.update(self._row, completed=step.number, loss=f"loss {step.loss['total']:.4g}")
            self._line(step)
        else:
            self._bar.reset(self._row, total=step.steps, completed=step.number)
            if step.number == step.steps:
                self._print(f"{self._result}: is trained already")
            elif step.number:
                self._print(f"goes on after step {step.number} of {step.steps}")
        for note in step.notes:
            self._print(f"warning: {note}")

    def _line(self, step: Step) -> None:
        now = time.monotonic()
        if not self._is_terminal and (now - self._said >= _LINE_SECONDS or step.number == step.steps):
            self._said = now
            parts = ", ".join(f"{name} {value:.4g}" for name, value in step.loss.items() if name != "total")
            self._print(f"step {step.number}/{step.steps}: loss {step.loss['total']:.4g} ({parts})")

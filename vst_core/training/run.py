"""The training run: a generator of steps that a kill cannot harm.

    recipe -> inputs -> state on disk? -> steps, with state and pictures now and then -> network

What a step computes depends on the state and its number alone. So it does not matter when states were saved: a run that
goes on after one of them ends in the bits of an undisturbed one, where the device always computes the same. A processor
does; a graphics card may not.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from dataclasses import replace
from pathlib import Path

from vst_core.errors import ModelError, OutputError, SettingsError, is_out_of_memory
from vst_core.methods import color_moments
from vst_core.training.card import card_of, model_card, write_network
from vst_core.training.data import Clips
from vst_core.training.folder import LossLog, TrainingFolder
from vst_core.training.history import History
from vst_core.training.inputs import open_inputs
from vst_core.training.loop import Step, Trainer
from vst_core.training.report import sample_plates, write_chart, write_samples
from vst_core.training.settings import TrainingSettings
from vst_core.training.state import State, load_state, save_state

# A state is saved after so many seconds, or after so many times the seconds that saving one takes.
SAVE_SECONDS = 30.0
SAVE_SHARE = 50
# Chart and samples are made so many times, unless their steps come too close or too far apart.
_PICTURES = 20
_PICTURE_STEPS = (50, 500)


def train(settings: TrainingSettings) -> Generator[Step, None, None]:
    """Train a network; a training that was begun goes on after its last state.

    The first thing yielded is where the training goes on: that step's number, 0 for a new one, and no loss. Of a
    training that is finished nothing else is. The network is written after the last step was yielded.

    Closing the generator saves the state. An exception that is raised within a step, Ctrl-C for one, leaves that of up
    to half a minute before.

    Args:
        settings: the training's.

    Raises:
        VstError: one line; what is on disk is good for the next run.
    """
    run = _Run(settings)
    with run.folder.lock(settings.output):
        try:
            yield from run.steps()
        except (MemoryError, RuntimeError) as error:
            if not is_out_of_memory(error):
                raise
            raise ModelError(
                "out of memory", where="the training", remedy="lower the side or batch of the stages in its recipe"
            ) from None


class _Run:
    def __init__(self, settings: TrainingSettings) -> None:
        if settings.output.is_dir():
            raise SettingsError("is a folder", where=settings.output, remedy="choose another output")
        self.folder = TrainingFolder(settings.folder)
        self._settings, self._recipe = settings, settings.recipe
        self._notes: list[str] = []
        self._plates = sample_plates(settings.samples, settings.recipe.seed)
        self._inputs = open_inputs(settings, self._skip)
        self._saved_at, self._saving_took = time.monotonic(), 0.0

    def steps(self) -> Iterator[Step]:
        """The steps that are left; see ``train``."""
        settings, recipe, steps = self._settings, self._recipe, self._recipe.steps
        if self._is_written():
            yield Step(steps, steps, {})
            return
        state = self._resumed()
        if state is not None and len(state.history) == steps and not settings.makes_network:
            yield Step(steps, steps, {})
            return
        inputs = self._inputs
        clips = Clips(inputs.pictures, recipe.seed)
        trainer = Trainer(recipe, inputs.features, inputs.styles, clips, inputs.device, inputs.start)
        history = History()
        if state is not None:
            history = state.history
            trainer.restore(len(history), state.tensors)
        if not settings.makes_network:
            self._notes.append(
                f"normalization {recipe.normalization} is for comparison: no network is written, only {settings.folder}"
            )
        with LossLog(self.folder.losses, history) as log:
            yield Step(len(history), steps, {}, self._told())
            for step in trainer.run():
                log.write(history.append(step.loss))
                self._keep(trainer, history)
                try:
                    yield replace(step, notes=self._told())
                except GeneratorExit:
                    self._save(trainer, history)
                    raise
        trainer.network.keep_more(recipe.keep)
        self._draw(trainer, history)
        if settings.makes_network:
            card = model_card(inputs.about, trainer.network, history, settings.license)
            colors = [color_moments(style) for style in inputs.styles]
            write_network(settings.output, self.folder.network, trainer.network, recipe.style_names, card, colors)

    def _is_written(self) -> bool:
        """Whether the network is there already.

        Raises:
            OutputError: another one is.
        """
        output, settings = self._settings.output, self._settings
        if settings.overwrite or not settings.makes_network or not output.exists():
            return False
        card = card_of(output)
        if card.get("fingerprint") != self._inputs.fingerprint:
            raise OutputError(
                "was made with different settings, or by another program",
                where=output,
                remedy="choose another output, or give --overwrite to start over",
            )
        return bool(card.get("license") == settings.license)  # with another one, the card is written anew

    def _resumed(self) -> State | None:
        if not self._settings.overwrite:
            return load_state(self.folder.state, self._inputs.fingerprint, self._notes.append)
        self.folder.clear(*([self._settings.output] if self._settings.makes_network else []))
        return None

    def _keep(self, trainer: Trainer, history: History) -> None:
        """Save and draw where it is time to."""
        due = time.monotonic() - self._saved_at >= max(SAVE_SECONDS, SAVE_SHARE * self._saving_took)
        if due or len(history) in self._recipe.stage_ends:
            self._save(trainer, history)
        least, most = _PICTURE_STEPS
        if len(history) % min(max(self._recipe.steps // _PICTURES, least), most) == 0:
            self._draw(trainer, history)

    def _save(self, trainer: Trainer, history: History) -> None:
        start = time.monotonic()
        save_state(self.folder.state, State(trainer.state(), history), self._inputs.fingerprint)
        self._saved_at = time.monotonic()
        self._saving_took = self._saved_at - start

    def _draw(self, trainer: Trainer, history: History) -> None:
        write_chart(self.folder.chart, history, self._recipe)
        write_samples(self.folder.samples, trainer.network, self._plates, self._recipe.style_names, self._inputs.device)

    def _skip(self, path: Path) -> None:
        self._notes.append(f"{path}: does not decode as a picture and is left out")
        self.folder.note_skipped(path.relative_to(self._recipe.data))

    def _told(self) -> tuple[str, ...]:
        notes, self._notes = tuple(self._notes), []
        return notes

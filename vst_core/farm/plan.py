"""What a farm has to do: tasks, what each one waits for, and what they cost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from vst_core.errors import SettingsError
from vst_core.farm.cost import memory_of
from vst_core.farm.settings import FarmSettings
from vst_core.frames import FrameRange, counted
from vst_core.pipeline.cuts import find_cuts
from vst_core.pipeline.destination import check_output
from vst_core.pipeline.journal import manifest_path
from vst_core.pipeline.mix import mixed_files
from vst_core.pipeline.motion_source import used_flow
from vst_core.pipeline.sequences import check_frames, open_sequences
from vst_core.pipeline.span import check_cuts
from vst_core.sequence import FrameSequence
from vst_core.settings import RenderSettings


@dataclass(frozen=True, slots=True)
class Task:
    """What one process does: a shot, or a chunk of it.

    Attributes:
        shot: name of the shot.
        settings: of the render; they say the frames of the shot, and the chunk.
        part: the frames between two cuts that they are among, or all of the shot.
        frames: what is delivered.
        preroll: frames that are computed before them.
        after: frames of the shot's task that has to be done before, if any.
        memory: bytes that it takes, about.
    """

    shot: str
    settings: RenderSettings
    part: FrameRange
    frames: FrameRange
    preroll: int
    after: FrameRange | None
    memory: int

    @property
    def computed(self) -> int:
        """How many frames it computes; a network computes them in every pass, optimization shares its steps out."""
        frames = self.preroll + len(self.frames)
        return frames * self.settings.passes if self.settings.method == "feedforward" else frames

    @property
    def has_card(self) -> bool:
        """Whether its network lives on a card, which it has for itself."""
        return self.settings.device != "cpu"

    def __str__(self) -> str:
        return f"{self.shot} {self.frames}"


@dataclass(frozen=True, slots=True)
class Plan:
    """The tasks of some shots, shot after shot, each shot's in the order of its frames.

    Attributes:
        tasks: what there is to do.
        farm: how it was cut up.
    """

    tasks: tuple[Task, ...]
    farm: FarmSettings

    def chains(self) -> list[list[Task]]:
        """Tasks that have to be done one after the other; the chains can be worked on beside one another."""
        chains: list[list[Task]] = []
        for task in self.tasks:
            if task.after is None:
                chains.append([])
            chains[-1].append(task)
        return chains

    def outputs(self) -> dict[str, FrameSequence]:
        """Where the frames of each shot go."""
        return {task.shot: FrameSequence.parse(task.settings.output.pattern) for task in self.tasks}

    @property
    def delivered(self) -> int:
        """How many frames there will be."""
        return sum(len(task.frames) for task in self.tasks)

    @property
    def computed(self) -> int:
        """How many frames are computed in all."""
        return sum(task.computed for task in self.tasks)

    @property
    def longest(self) -> int:
        """How many frames have to be computed one after the other, on however many machines."""
        return max(sum(task.computed for task in chain) for chain in self.chains())

    def as_dict(self) -> dict[str, Any]:
        """Plain data, for JSON; times in seconds, memory in bytes."""
        second = self.farm.seconds_per_frame
        return {
            "chunks": self.farm.chunks,
            "tasks": [
                {
                    "shot": task.shot,
                    "frames": str(task.frames),
                    "computed": task.computed,
                    "preroll": task.preroll,
                    "after": None if task.after is None else str(task.after),
                    "memory": task.memory,
                    "seconds": None if second is None else round(second * task.computed, 3),
                }
                for task in self.tasks
            ],
            "delivered": self.delivered,
            "computed": self.computed,
            "longest": self.longest,
            "seconds": None if second is None else round(second * self.computed, 3),
            "seconds_at_best": None if second is None else round(second * self.longest, 3),
        }

    def as_text(self) -> str:
        """A table for people."""
        rows = [("shot", "frames", "computed", "after", "memory")]
        rows += [
            (task.shot, str(task.frames), str(task.computed), str(task.after or "-"), f"{task.memory / 2**30:.1f} GB")
            for task in self.tasks
        ]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
        there_are = f"{counted(len(self.tasks), 'task')}, {counted(self.delivered, 'frame')}"
        total = f"{there_are}, {self.computed} computed, {self.longest} in a row"
        if self.farm.seconds_per_frame is not None:
            all_of_it, at_best = (_duration(self.farm.seconds_per_frame * n) for n in (self.computed, self.longest))
            total += f"; {all_of_it} on one machine, {at_best} on enough of them"
        return "\n".join([*lines, "", total])


def plan_shots(shots: Iterable[tuple[str, RenderSettings]], farm: FarmSettings) -> Plan:
    """Cut shots up into tasks.

    Args:
        shots: name and settings of each.
        farm: how.

    Raises:
        SettingsError: two shots have one name, or one manifest.
        InputError: a plate is not there, or misses frames.
        OutputError: results cannot be written.
    """
    shots = list(shots)
    _refuse_twins("shots are called", [name for name, _ in shots], "tell them apart")
    outputs = [settings.output.pattern for _, settings in shots]
    manifests = [str(manifest_path(FrameSequence.parse(output)).resolve()) for output in outputs]
    remedy = "put {shot} into the pattern, which stands for a shot's name"
    _refuse_twins("shots write", outputs, remedy, manifests)  # however they are spelled
    return Plan(tuple(task for name, settings in shots for task in _tasks(name, settings, farm)), farm)


def _refuse_twins(what: str, values: Sequence[str], remedy: str, keys: Sequence[str] = ()) -> None:
    counts = Counter(keys or values)
    twin = next((value for value, key in zip(values, keys or values, strict=True) if counts[key] > 1), None)
    if twin is not None:
        raise SettingsError(f"two {what} {twin}", where="shots", remedy=remedy)


def _tasks(name: str, settings: RenderSettings, farm: FarmSettings) -> Iterator[Task]:
    sequences = open_sequences(settings)
    whole = _with_handles(sequences.frames, sequences.plate, farm.handles)
    check_frames(used_flow(settings), sequences.plate, whole)
    beside = mixed_files(settings)
    for files in beside:
        files.check(whole)
    check_cuts(settings, whole)
    check_output(whole, sequences.plate, sequences.output, *beside)
    settings = settings.model_copy(update={"frames": whole} | _decided(settings))
    memory = memory_of(settings, sequences.plate.path(whole.first))
    if farm.chunks == "whole" or settings.passes > 1:  # passes go from one end of a shot to the other
        yield Task(name, settings, whole, whole, 0, None, memory)
        return
    if farm.find_cuts and settings.temporal and settings.cuts == "auto" and (cuts := list(find_cuts(settings, whole))):
        settings = settings.model_copy(update={"cuts": ",".join(map(str, cuts))})
    draft = farm.chunks == "draft" and settings.temporal
    before: FrameRange | None = None
    for part in _between(whole, settings.cut_frames):
        for chunk in _cut_up(part, farm.chunk_size):
            preroll = min(farm.preroll, chunk.first - part.first) if draft else 0
            update = {"chunk": chunk, "preroll": preroll if draft else None}
            yield Task(name, settings.model_copy(update=update), part, chunk, preroll, before, memory)
            before = chunk if settings.temporal and not draft else None


def _decided(settings: RenderSettings) -> dict[str, Any]:
    """What machines would decide each for itself: bits depend on it, and a task may be tried again on another one."""
    decided: dict[str, Any] = {"threads": settings.threads or 1}
    if settings.device in ("auto", "cpu"):
        decided["device"] = "cpu"
        if settings.precision == "auto":
            decided["precision"] = "float32"
    return decided


def _with_handles(frames: FrameRange, plate: FrameSequence, handles: int) -> FrameRange:
    """As many frames more at each end as are wanted and there."""
    present = set(plate.frames_on_disk())
    first, last = frames.first, frames.last
    while first - 1 in present and frames.first - first < handles:
        first -= 1
    while last + 1 in present and last - frames.last < handles:
        last += 1
    return FrameRange(first, last)


def _between(whole: FrameRange, cuts: Sequence[int]) -> Iterator[FrameRange]:
    """The parts of a shot between its cuts."""
    for first, after in pairwise((whole.first, *cuts, whole.last + 1)):
        yield FrameRange(first, after - 1)


def _cut_up(part: FrameRange, size: int) -> Iterator[FrameRange]:
    for first in range(part.first, part.last + 1, size):
        yield FrameRange(first, min(first + size - 1, part.last))


def _duration(seconds: float) -> str:
    if seconds < 600:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 36_000 else f"{seconds / 3600:.1f} h"

"""The dry run of a plan: everything that would stop one of its tasks, before anything is handed to a farm."""

from __future__ import annotations

from collections.abc import Iterator

from vst_core.errors import VstError
from vst_core.farm.plan import Plan, Task
from vst_core.pipeline.cache import RenderCache
from vst_core.pipeline.check import check_shot
from vst_core.settings import RenderSettings


def check_plan(plan: Plan, *, here: bool) -> Iterator[tuple[str, VstError]]:
    """The complaints about each shot, by its name, as ``check_shot`` has them; ``here`` as there."""
    cache = RenderCache()
    told: set[tuple[str, str]] = set()
    for task in plan.tasks:
        if task.after is not None:  # the first one of its chain stands for the whole shot
            continue
        for complaint in check_shot(_checked(task), cache, here=here):
            if (task.shot, str(complaint)) not in told:
                told.add((task.shot, str(complaint)))
                yield task.shot, complaint


def _checked(task: Task) -> RenderSettings:
    """Exact chunks are the whole shot, whose first one needs no state."""
    if task.settings.stands_alone:
        return task.settings
    return task.settings.model_copy(update={"chunk": None})

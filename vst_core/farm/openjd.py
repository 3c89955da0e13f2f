"""A job as a template of Open Job Description.

An environment keeps one worker, and with it the network, for all tasks of a session. A whole shot is a step; so is an
exact chunk, which depends on the one before it; draft chunks are the tasks of one step for each part of a shot between
its cuts.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import groupby, islice
from typing import Any

from vst_core.farm.openjd_parameters import Parameter, without
from vst_core.farm.plan import Plan, Task
from vst_core.frames import FrameRange, counted

_NOTIFY_SECONDS = 120
"""Between SIGTERM and the certain end: time for the frame at work to be given up, and others to be written."""
_MOST_TASKS = 1024  # of a step
_LONGEST_STEP = 64
_LONGEST_JOB = 128


def job_template(plan: Plan, name: str, parameters: Sequence[Parameter], vst: str) -> dict[str, Any]:
    """The template.

    Args:
        plan: what there is to do.
        name: of the job.
        parameters: settings that can be changed for all shots at once.
        vst: how the farm's machines call ``vst``.
    """
    shots = counted(len({task.shot for task in plan.tasks}), "shot")
    command = {
        "name": "Vst",
        "type": "STRING",
        "description": "How vst is called on the farm's machines.",
        "default": vst,
        "userInterface": {"control": "LINE_EDIT", "label": "Command", "groupLabel": "Farm"},
    }
    return {
        "specificationVersion": "jobtemplate-2023-09",
        "name": _plain(name)[:_LONGEST_JOB],
        "description": f"{shots}, {counted(plan.delivered, 'frame')}, by vst submit.",
        "parameterDefinitions": [command, *(each.definition | {"default": each.typed} for each in parameters)],
        "jobEnvironments": [_environment(parameters)],
        "steps": list(_steps(plan, parameters)),
    }


def _environment(parameters: Sequence[Parameter]) -> dict[str, Any]:
    start = ["farm", "start", "--folder", "{{Session.WorkingDirectory}}", "--settings", "{{Env.File.Settings}}"]
    lines = "\n".join([*(parameter.line for parameter in parameters), ""])
    return {
        "name": "vst",
        "description": "A worker that keeps the network from task to task.",
        "script": {
            "embeddedFiles": [{"name": "Settings", "type": "TEXT", "data": lines}],
            "actions": {
                "onEnter": {"command": "{{Param.Vst}}", "args": start, "timeout": 600},
                "onExit": {"command": "{{Param.Vst}}", "args": ["farm", "stop"], "timeout": 120},
            },
        },
    }


def _steps(plan: Plan, parameters: Sequence[Parameter]) -> Iterator[dict[str, Any]]:
    names = _Names()
    for part, after, group in _groups(plan):
        first = group[0]
        name = names.of(first.shot, _frames(group))
        step: dict[str, Any] = {"name": name}
        if after is not None:
            step["dependencies"] = [{"dependsOn": names.of(first.shot, after)}]
        args = ["farm", "task", "--settings", "{{Task.File.Shot}}"]
        args += ["--path-mapping", "{{Session.PathMappingRulesFile}}"]
        if first.settings.stands_alone:
            step["parameterSpace"] = _chunks(group)
            # With an equals sign, since the first frame may be a negative one.
            args += ["--chunk={{Task.Param.Frames}}", f"--part={part}"]
        elif first.settings.chunk is not None:
            args.append(f"--chunk={first.frames}")
        yield step | {
            "hostRequirements": _machine(first),
            "script": {
                "embeddedFiles": [{"name": "Shot", "type": "TEXT", "data": _shot(first, plan, parameters)}],
                "actions": {
                    "onRun": {
                        "command": "{{Param.Vst}}",
                        "args": args,
                        "cancelation": {"mode": "NOTIFY_THEN_TERMINATE", "notifyPeriodInSeconds": _NOTIFY_SECONDS},
                    }
                },
            },
        }


def _groups(plan: Plan) -> Iterator[tuple[FrameRange, FrameRange | None, list[Task]]]:
    """Tasks that make one step, with their part and what they wait for: one, or draft chunks of a part."""
    for (_, part, after), tasks in groupby(plan.tasks, lambda task: (task.shot, task.part, task.after)):
        while group := list(islice(tasks, _MOST_TASKS)):
            yield part, after, group


def _chunks(tasks: Sequence[Task]) -> dict[str, Any]:
    """Draft chunks by their frames: an engine that cuts a range up by itself would move the boundaries."""
    frames = {"name": "Frames", "type": "STRING", "range": [str(task.frames) for task in tasks]}
    return {"taskParameterDefinitions": [frames]}


def _frames(tasks: Sequence[Task]) -> FrameRange:
    return FrameRange(tasks[0].frames.first, tasks[-1].frames.last)


def _machine(task: Task) -> dict[str, Any]:
    amounts = {"amount.worker.vcpu": task.settings.threads, "amount.worker.memory": -(-task.memory >> 20)}
    if task.has_card:
        amounts["amount.worker.gpu"] = 1
    return {"amounts": [{"name": name, "min": amount} for name, amount in amounts.items()]}


def _shot(task: Task, plan: Plan, parameters: Sequence[Parameter]) -> str:
    """What a task's shot has of its own, as JSON; the chunk is an argument, which a draft's preroll depends on."""
    settings = task.settings.model_dump(mode="json", exclude={"chunk", "preroll"}, exclude_defaults=True)
    settings = without(settings, parameters)
    if task.settings.preroll is not None:
        settings["preroll"] = plan.farm.preroll
    text = json.dumps(settings, indent=1, ensure_ascii=False)
    # Only texts have two braces side by side, where the engine would put a value in.
    return text.replace("{{", "{\\u007b").replace("}}", "}\\u007d")


def _plain(name: str) -> str:
    """A name as Open Job Description takes it, in which it finds nothing to put a value in."""
    printable = "".join(letter if letter.isprintable() else "?" for letter in name)
    return printable.replace("{{", "{ {").replace("}}", "} }")


class _Names:
    """Names of steps: a shot, or a shot and frames; no longer than they may be, and no two alike."""

    def __init__(self) -> None:
        self._given: dict[tuple[str, FrameRange], str] = {}

    def of(self, shot: str, frames: FrameRange) -> str:
        """The name; the same for the same."""
        if (shot, frames) not in self._given:
            whole = _plain(f"{shot} {frames}")
            name, number = whole[:_LONGEST_STEP], 2
            while name in self._given.values():
                name = f"{whole[: _LONGEST_STEP - 8]} ({number})"
                number += 1
            self._given[shot, frames] = name
        return self._given[shot, frames]

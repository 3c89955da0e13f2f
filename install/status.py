"""What is installed where."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from . import blender, nuke
from .errors import InstallError
from .places import find_blenders, nuke_folder
from .plan import Plan
from .record import NAME


@dataclass(frozen=True)
class Status:
    """Of one folder of a host.

    Attributes:
        host: for example ``Blender 4.5``.
        folder: the host's.
        version: of what is installed; empty where nothing is, or by other means than ``vst install``.
        worker: the program that its nodes are told to run; empty where they look for one.
        problem: what is wrong with it; empty where nothing is.
        command: installs it there.
    """

    host: str
    folder: Path
    version: str = ""
    worker: str = ""
    problem: str = ""
    command: str = ""


def look() -> list[Status]:
    """Every folder of a host that was found; folders that ``NUKE_PATH`` names, where something of ours is in them."""
    plans = [blender.plan(host) for host in find_blenders()]
    own = nuke_folder()
    if own.is_dir():
        plans.append(nuke.plan(None))
    named = [Path(name).resolve() for name in os.environ.get("NUKE_PATH", "").split(os.pathsep) if name]
    studios = dict.fromkeys(path.parent for path in named if path.name == nuke.OWN and (path / NAME).is_file())
    plans += [nuke.plan(folder) for folder in studios if folder != own.resolve()]
    return [_status(plan) for plan in plans]


def _status(plan: Plan) -> Status:
    studio = plan.host == "Nuke" and not plan.blocks
    command = f"vst install {plan.host.partition(' ')[0].lower()}" + (f' --prefix "{plan.folder}"' if studio else "")
    try:
        record = plan.record()
    except InstallError as error:
        return Status(plan.host, plan.folder, problem=str(error), command=command)
    if record is None:
        return Status(plan.host, plan.folder, command=command)
    missing = [name for name in (*plan.sources, *plan.files) if not _is_there(plan, name)]
    if missing:
        problem = f"{', '.join(missing)} {'is' if len(missing) == 1 else 'are'} no longer there"
    elif record.version != blender.version():
        problem = f"it is of version {record.version}"
    elif record.worker and not os.access(record.worker, os.X_OK):
        problem = f"its worker {record.worker} is no longer there"
    else:
        problem = ""
    return Status(plan.host, plan.folder, record.version, record.worker, problem, command)


def _is_there(plan: Plan, name: str) -> bool:
    return (plan.folder / (name if name in plan.files else f"{plan.own}/{name}")).exists()

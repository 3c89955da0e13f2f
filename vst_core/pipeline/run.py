"""What the manifest says of a run."""

from __future__ import annotations

import os
import platform
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from secrets import token_hex

from vst_core import __version__
from vst_core.networks import ARCHITECTURES
from vst_core.pipeline.manifest import Run
from vst_core.pipeline.shot import Shot
from vst_core.settings import RenderSettings

_PROGRAMS = ("torch", "OpenImageIO", "numpy", "opencv-contrib-python-headless", "safetensors")


def describe_run(shot: Shot, number: int) -> Run:
    """What is known of a run when it begins.

    Args:
        shot: what is rendered.
        number: higher than that of every earlier run of the same frames.
    """
    return Run(
        id=token_hex(8),
        number=number,
        settings=with_whole_paths(shot.settings).model_dump(mode="json"),
        fingerprint=shot.fingerprint,
        shot=shot.sequences.span.shot,
        frames=shot.sequences.frames,
        color_space=shot.transform.color_space,
        device=str(shot.device.torch_device),
        precision=str(shot.device.dtype).removeprefix("torch."),
        threads=shot.device.threads,
        weights=shot.weights,
        styles=shot.styles,
        versions={"vst": __version__, "python": platform.python_version()} | _versions(),
        host=platform.node(),
        process=os.getpid(),
        started=datetime.now(UTC),
    )


def with_whole_paths(settings: RenderSettings) -> RenderSettings:
    """The same settings, good from every folder; they have the same fingerprint."""
    flow, style = settings.flow, settings.style
    if flow.is_pattern:
        flow = flow.model_copy(update={"source": _whole(flow.source), "forward": flow.forward and _whole(flow.forward)})
    if flow.raft_weights is not None:
        flow = flow.model_copy(update={"raft_weights": flow.raft_weights.absolute()})
    matte = settings.matte.model_copy(update={"file": settings.matte.file and _whole(settings.matte.file)})
    if settings.method == "optimization":
        style = style.model_copy(update={"styles": tuple(_whole(each) for each in style.styles)})
    return settings.model_copy(
        update={
            "plate": _whole(settings.plate),
            "state": settings.state and settings.state.absolute(),
            "flow": flow,
            "matte": matte,
            "over": settings.over and _whole(settings.over),
            "style": style,
            "network": settings.network if settings.network in ARCHITECTURES else _whole(settings.network),
            "weights": settings.weights and settings.weights.absolute(),
            "output": settings.output.model_copy(update={"pattern": _whole(settings.output.pattern)}),
        }
    )


def _whole(path: str) -> str:
    return str(Path(path).absolute())


def _versions() -> dict[str, str]:
    found = {}
    for name in _PROGRAMS:
        try:
            found[name] = version(name)
        except PackageNotFoundError:  # built from source, or under another name
            continue
    return found
